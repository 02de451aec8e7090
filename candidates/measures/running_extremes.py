"""The extremes of the running sums of a row of integers, kept while single numbers of the row change.

Two ways lead to them. A segment tree mends one change in O(log n): node k has the children 2k and 2k + 1 and
holds, of its part of the row, the sum and the extremes of the running sums. A scan of the whole row costs O(n),
but at a sixtieth of the price per number. The scan is taken when so many changes wait that it is cheaper than
walking the tree for each, so a change costs amortised O(log n) whatever the order of changes and questions.

References
----------
Bentley, "Solutions to Klee's rectangle problems", Carnegie Mellon University, 1977 (segment tree); Karlin et al.,
"Competitive snoopy caching", Algorithmica 3, 1988 (when to rebuild: once the waiting has cost as much).
"""

import numpy as np

from schemas.evidence import IntArray

WALK = 60
"""Numbers that are scanned in the time of one level of the tree."""
CALL = 2000
"""Numbers that are scanned in the time that a scan takes whatever its length."""
PATIENCE = 16
"""Scans that take as long as building the tree anew."""


class RunningExtremes:
    """Largest distance from 0 of the running sums of a row, under changes by `+step` and `-step`.

    Parameters
    ----------
    row
        (n,) integers, n >= 1.
    step
        By how much a change raises or lowers one of them.

    Examples
    --------
    >>> row = RunningExtremes(np.array([0, -2, 0, -2]), step=2)
    >>> row.waiting += [0, ~3]
    >>> row.extent()
    4
    """

    def __init__(self, row: IntArray, step: int) -> None:
        self._row, self._step = row.astype(np.int64), step
        self._scanned = np.empty_like(self._row)
        self._levels = max(1, (row.size - 1).bit_length())
        self._width = 1 << self._levels
        self.waiting: list[int] = []
        """Changes to come: `k` raises the number at k, `~k` lowers it."""
        self._walked = 0  # how many of those waiting are in the tree already
        self._patience = PATIENCE
        self._sum: list[int] = []  # the tree; empty while it is not up to date
        self._high: list[int] = []
        self._low: list[int] = []

    def extent(self) -> int:
        """Return the largest distance of a running sum from 0, after all changes that wait."""
        fresh = len(self.waiting) - self._walked
        if fresh * self._levels * WALK >= self._row.size + CALL:
            self._patience = PATIENCE
            return self._scan()
        if not self._sum:
            if self._patience:
                self._patience -= 1
                return self._scan()
            self._build()
        self._walk()
        return max(self._high[1], -self._low[1])

    def _settle(self) -> None:
        """Put what waits into the row."""
        codes = np.array(self.waiting, dtype=np.int64)
        up = codes >= 0
        np.add.at(self._row, np.where(up, codes, ~codes), np.where(up, self._step, -self._step))
        self.waiting.clear()
        self._walked = 0

    def _scan(self) -> int:
        self._settle()
        self._sum = []
        sums = np.cumsum(self._row, out=self._scanned)
        return max(int(sums.max()), -int(sums.min()), 0)

    def _build(self) -> None:
        """Build the tree of the row, level by level."""
        self._settle()
        sums = np.zeros(2 * self._width, dtype=np.int64)
        sums[self._width : self._width + self._row.size] = self._row
        high, low = np.maximum(sums, 0), np.minimum(sums, 0)
        for level in range(self._levels - 1, -1, -1):
            own = slice(1 << level, 2 << level)
            left, right = slice(2 << level, 4 << level, 2), slice((2 << level) + 1, 4 << level, 2)
            sums[own] = sums[left] + sums[right]
            high[own] = np.maximum(high[left], sums[left] + high[right])
            low[own] = np.minimum(low[left], sums[left] + low[right])
        self._sum, self._high, self._low = sums.tolist(), high.tolist(), low.tolist()

    def _walk(self) -> None:
        """Mend the tree's path from each changed number to the root."""
        for code in self.waiting[self._walked :]:
            if code >= 0:
                self._mend(self._width + code, self._step)
            else:
                self._mend(self._width + ~code, -self._step)
        self._walked = len(self.waiting)
        if self._walked > self._row.size:
            self._settle()

    def _mend(self, node: int, change: int) -> None:
        sums, high, low = self._sum, self._high, self._low
        own = sums[node] = sums[node] + change
        high[node], low[node] = (own, 0) if own > 0 else (0, own)
        while node > 1:
            left = node & -2
            node >>= 1
            sums[node] += change
            shift = sums[left]
            first, second = high[left], shift + high[left + 1]
            high[node] = first if first > second else second  # noqa: FURB136 - a call costs three times as much
            first, second = low[left], shift + low[left + 1]
            low[node] = first if first < second else second  # noqa: FURB136
