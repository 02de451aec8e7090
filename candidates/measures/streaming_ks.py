"""The Kolmogorov-Smirnov test in a rolling window, at amortised O(log n) a value.

The difference of two empirical distribution functions is a running sum over the pooled values in order: up
for a value of the window, down for a value of the reference. The statistic is its largest distance from 0.
Dos Reis et al. keep it in a treap, since both of their samples may change; with a fixed reference its n values
are known beforehand, and a static row does: the reference's distinct values and the gaps between them (where in
a gap a value lies does not matter). So there are no rotations, lazy additions and random numbers, ties are exact by
construction, and the window's length does not matter.

Two more facts save most of the work. The statistic is an integer in units of 1 / lcm(n, window), so one threshold,
found once, replaces all p-values. And a new value moves it by at most n steps: far from the threshold the
next verdicts are known without looking.

References
----------
dos Reis, Flach, Matwin and Batista, "Fast Unsupervised Online Drift Detection Using Incremental
Kolmogorov-Smirnov Test", KDD 2016.
"""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from candidates.measures.ks_test import Method, checked, critical_distance, p_value
from candidates.measures.running_extremes import RunningExtremes
from schemas.evidence import FloatArray


def rolling_ks(
    reference: FloatArray, values: Iterable[float], window: int, alpha: float, method: Method = "auto"
) -> Iterator[int]:
    """Yield the positions at which the last `window` values differ from the reference with p < alpha.

    Parameters
    ----------
    reference
        (n,) sample to compare with; repeated values and infinities are fine.
    values
        The stream, read one value at a time: a position is yielded before the next value is asked for.
    window
        Values in the window. Positions count from 0 and the first test is at `window - 1`; a shorter
        stream yields nothing.
    alpha
        Level of each single test, in (0, 1). Windows overlap and are many: over a long stream some
        pass by chance.
    method
        Of the p-value, as for `ks_test`.

    Raises
    ------
    ValueError
        At once when the reference is empty or holds NaN, or the window or alpha is out of range; when it
        comes, for a NaN in the stream.

    Examples
    --------
    >>> stream = iter([2.0, 9.0, 1.0, 4.0, 9.0, 8.0, 9.0, 9.0, 5.0])
    >>> list(rolling_ks(np.arange(1.0, 8.0), stream, window=4, alpha=0.05))
    [7]
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie in (0, 1), not {alpha}")
    rolling = RollingKs(reference, window, method)
    return _alarms(rolling, values, rolling.critical(alpha))


def _alarms(rolling: "RollingKs", values: Iterable[float], critical: int) -> Iterator[int]:
    take, step = rolling.take, rolling.step
    known, alarm = rolling.window - 1, False  # verdicts known beforehand: none before the window is full
    for position, value in enumerate(values.tolist() if isinstance(values, np.ndarray) else values):
        take(value)
        if known:
            known -= 1
        else:
            away = rolling.distance - critical
            alarm = away >= 0
            known = away // step if alarm else (-1 - away) // step
        if alarm:
            yield position


class RollingKs:
    """The statistic and p-value of a rolling window against a fixed reference.

    Parameters
    ----------
    reference, window, method
        As for `rolling_ks`.

    Examples
    --------
    >>> rolling = RollingKs(np.array([1.0, 2.0, 2.0, 3.0]), window=2)
    >>> for value in (2.0, 3.0, 9.0):
    ...     rolling.take(value)
    >>> rolling.statistic, rolling.p_value
    (0.75, 0.4)
    """

    def __init__(self, reference: FloatArray, window: int, method: Method = "auto") -> None:
        if window < 1:
            raise ValueError(f"the window must hold at least one value, not {window}")
        ordered = checked(reference, "reference")
        self.window, self._n, self._method = window, ordered.size, method
        self.step = self._n // math.gcd(self._n, window)
        distinct, counts = np.unique(ordered, return_counts=True)
        self._distinct: list[float] = [*distinct.tolist(), math.inf]
        row = np.zeros(2 * len(self._distinct), dtype=np.int64)  # gap, value, gap, value, ..., gap, infinity
        row[1:-1:2] = -counts * (window // math.gcd(self._n, window))
        self._sums = RunningExtremes(row, self.step)
        self._held: deque[int] = deque()
        self._taken = 0

    def take(self, value: float) -> None:
        """Take in the stream's next value and drop the oldest."""
        value = float(value)
        if value != value:  # noqa: PLR0124 - NaN, at the least cost
            raise ValueError(f"value {self._taken} of the stream is NaN, which has no order; leave it out first")
        self._taken += 1
        place = bisect_left(self._distinct, value)
        own = 2 * place + (self._distinct[place] == value)
        self._held.append(own)
        if self._taken <= self.window:
            self._sums.waiting.append(own)
        elif own != (oldest := self._held.popleft()):
            self._sums.waiting += (own, ~oldest)

    def critical(self, alpha: float) -> int:
        """Return the smallest distance with p < alpha; one beyond the largest possible when none has."""
        return critical_distance(self._n, self.window, alpha, self._method)

    def _p(self, steps: int) -> float:
        return p_value(self._n, self.window, steps, self._method)

    @property
    def distance(self) -> int:
        """The statistic in units of 1 / lcm(n, window), once the window is full."""
        return self._sums.extent()

    @property
    def statistic(self) -> float:
        """Largest distance between the distribution functions, in [0, 1]; NaN until the window is full."""
        return self.distance / math.lcm(self._n, self.window) if self._taken >= self.window else math.nan

    @property
    def p_value(self) -> float:
        """The batch test's p-value of the present window; NaN until the window is full."""
        return self._p(self.distance) if self._taken >= self.window else math.nan
