"""Whether a column still moved among rows that are alike in another one.

If the rows were chosen by column j, then those with the same value of j are as before in all else. So within each bin
of j the others are held against the baseline's rows of that bin, each along its own direction (the log-ratio of its
new to its old shares), learned from the other half of the rows.

References
----------
Cochran, "The effectiveness of adjustment by subclassification in removing bias in observational studies", Biometrics
24, 1968 (comparison within strata); Shimodaira, "Improving predictive inference under covariate shift", J. Stat.
Planning and Inference 90, 2000 (what selection on one variable leaves alone).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.evidence import BoolArray, FloatArray, IntArray

MAX_ROWS = 6_000
FAINT, CARRIED, COARSE = 3.0, 0.5, 0.1
"""Standard errors that are chance; shares of a shift, and of its standard errors, that may remain (bins are coarse)."""
SURELY = 2.0
"""Standard errors by which a share must lie below."""
REST, CLEARLY = 0.2, 4.0
"""Share of a column's shift that is more than coarse bins leave; standard errors beyond which it is none of chance."""
FEWEST, MOST = 3, 0.5
"""Rows of a bin on either side, for the bin to be compared; share of the window's rows in bins that can be."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far column k still moved among rows alike in column j.

    Parameters
    ----------
    z, share, error
        (n, n) in standard errors; as a share of how far it moved among all rows, and the share's standard error.
    whole
        (n,) how far each moved among all rows, in standard errors.
    """

    z: FloatArray
    share: FloatArray
    error: FloatArray
    whole: FloatArray

    @property
    def carried(self) -> BoolArray:
        """Return (n, n) whether column j moved only as the rows that column k chose: it stands among their equals.

        A column that holds other values now has few equals in the baseline: that nothing is seen there says little.
        """
        chance = (FAINT + COARSE * self.whole)[:, None]
        found = ((self.share + SURELY * self.error).T < CARRIED) & (chance > self.z.T) & (self.whole > FAINT)[:, None]
        np.fill_diagonal(found, val=False)
        return np.asarray(found)

    @property
    def half_led(self) -> IntArray:
        """Return (n,) how many columns clearly moved with column j and yet otherwise than its rows were chosen.

        Of the one by which rows were chosen the others keep nothing of their own; one that moved by itself keeps all.
        """
        part = (self.share - SURELY * self.error > REST) & (self.share + SURELY * self.error < 1 - REST)
        return np.asarray((part & (self.z > CLEARLY) & (self.whole > 2 * CLEARLY)[None, :]).sum(axis=1))


def standing(
    bins: Mapping[str, IntArray], sizes: Mapping[str, int], after: BoolArray, columns: Sequence[str]
) -> Standing:
    """Return how far each column still moved, its way, among rows alike in each other.

    Parameters
    ----------
    bins, sizes
        Key -> (N,) bin positions and number of bins.
    after
        (N,) True for rows of the window.
    columns
        The n keys.
    """
    chosen = np.concatenate([_spread(np.flatnonzero(side)) for side in (~after, after)])
    late, half = after[chosen], np.arange(len(chosen)) % 2 == 0
    places = [bins[c][chosen] for c in columns]
    n = len(columns)
    moved, variance, compared = np.zeros((n + 1, n)), np.zeros((n + 1, n)), np.zeros(n + 1)
    for part in (half, ~half):
        told = [_direction(p[~part], late[~part], sizes[c])[p[part]] for p, c in zip(places, columns, strict=True)]
        strata = [(place[part], sizes[c]) for place, c in zip(places, columns, strict=True)]
        for j, (alike, size) in enumerate([*strata, (np.zeros(int(part.sum()), dtype=np.int64), 1)]):
            compared[j] += _compared(alike, size, late[part]) / 2
            change, noise = _within(alike, size, told, late[part])
            moved[j] += change
            variance[j] += noise
    z = moved / np.sqrt(np.maximum(variance, 1e-12))
    unit = np.maximum(compared[:n, None], 1e-9) * np.where(np.abs(moved[n]) > 0, moved[n], 1.0)
    alone = compared[:n, None] < MOST  # few rows have their equals in the baseline: nothing is explained
    share, error = moved[:n] / unit, np.sqrt(variance[:n]) / np.abs(unit)
    return Standing(np.where(alone, z[n], z[:n]), np.where(alone, 1.0, share), error, z[n])


def _spread(rows: IntArray) -> IntArray:
    return rows if len(rows) <= MAX_ROWS else rows[np.linspace(0, len(rows) - 1, MAX_ROWS).astype(int)]


def _direction(place: IntArray, late: BoolArray, size: int) -> FloatArray:
    """Return (size,) the log-ratio of the new to the old shares, drawn to 0 where there are few rows."""
    was, now = (np.bincount(place[side], minlength=size) + 1.0 for side in (~late, late))
    return np.asarray(np.log(now / now.sum()) - np.log(was / was.sum()))


def _compared(strata: IntArray, size: int, late: BoolArray) -> float:
    """Return the share of the window's rows whose stratum holds rows of both sides."""
    was, now = (np.bincount(strata[side], minlength=size) for side in (~late, late))
    return float(now[(was >= FEWEST) & (now >= FEWEST)].sum() / max(int(now.sum()), 1))


def _within(strata: IntArray, size: int, told: Sequence[FloatArray], late: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return (K,) the window's excess of quantities over the baseline's rows of the same strata, and its variance."""
    code = strata + size * late

    def sums(value: FloatArray | None = None) -> FloatArray:
        return np.asarray(np.bincount(code, value, minlength=2 * size).reshape(2, size))

    count = sums()
    fine = (count >= FEWEST).all(axis=0)
    count = count[:, fine]
    total = np.stack([sums(one)[:, fine] for one in told])
    square = np.stack([sums(one**2)[:, fine] for one in told])
    mean, both = total / count, count.sum(axis=0)
    spread = np.maximum(square.sum(axis=1) / both - (total.sum(axis=1) / both) ** 2, 0.0)
    change = (count[1] * (mean[:, 1] - mean[:, 0])).sum(axis=1)
    return change, (count[1] ** 2 * spread * (1 / count[0] + 1 / count[1])).sum(axis=1)
