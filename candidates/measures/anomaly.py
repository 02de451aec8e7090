"""How anomalous whole rows are: rare in several columns at once, columns that do not belong together, or copies.

Every score leaves out the row's single strangest column, so that a fault of one column makes no row anomalous.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.surprise import Surprise
from schemas.evidence import BoolArray, FloatArray, IntArray

RIDGE = 0.05
SUBSETS, FEWEST_COPIES, COPIED, TIMES = 5, 12, 0.015, 10.0
"""Near copies: so many rows at least, and so large a share, alike in half of the columns, so many times as usual."""
FEWEST_COLUMNS, FEWEST_ALIKE = 4, 5
RARELY, THROUGHOUT, TOGETHER = 0.005, 0.8, 0.4
"""Shares of the window's rows off a column's grid: at least, less than a change of processing; off in two at least."""
LEVELS = (0.9, 0.95, 0.98, 0.995)
PURE = 0.75
"""Share of the rows beyond a level that must be in excess, for a lower level to be taken."""


def rarity(found: Surprise) -> FloatArray:
    """Return (N,) the sum of a row's surprises without the largest one, nats."""
    return np.asarray(found.amount.sum(axis=1) - found.amount.max(axis=1, initial=0.0))


def structure(found: Surprise, base: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return (N,) Mahalanobis distances, squared, of the normal scores from the baseline, worst column left out.

    Also (N, C) what leaving out each column takes away.

    Leaving column c out takes (P z)_c^2 / P_cc from z' P z, P the inverse of the (ridged) correlation matrix.
    """
    z = found.score
    if z.shape[1] < 3 or base.sum() < 2 * z.shape[1]:
        return np.zeros(len(z)), np.zeros(z.shape)
    precision = np.linalg.inv(z[base].T @ z[base] / base.sum() + RIDGE * np.eye(z.shape[1]))
    pulled = z @ precision
    parts = pulled**2 / np.diag(precision)
    return np.asarray((z * pulled).sum(axis=1) - parts.max(axis=1)), np.asarray(parts)


def made_up(off: BoolArray, after: BoolArray) -> BoolArray:
    """Return (N,) which rows hold a number that its column could not, where such numbers come together.

    One column off its grid was processed otherwise. Of made-up requests the same ones are off in several columns: most
    rows that are off in one are so in another, far beyond what columns that do not know of each other would show.

    Parameters
    ----------
    off
        (N, C) which values lie off their column's grid.
    after
        (N,) rows of the window.
    """
    touched = off[after].mean(axis=0) if after.any() else np.zeros(off.shape[1])
    odd = off[:, (touched >= RARELY) & (touched < THROUGHOUT)]
    count = odd.sum(axis=1)
    some, several = np.asarray(count > 0), np.asarray(count > 1)
    if odd.shape[1] < 2 or not some[after].any():
        return np.zeros(len(off), dtype=bool)
    rate = odd[after].mean(axis=0)
    alone = float(np.prod(1 - rate))
    chance = 1 - alone - float((rate / (1 - rate)).sum()) * alone
    together, any_one = float(several[after].mean()), float(some[after].mean())
    clear = together - chance > TOGETHER * max(any_one - chance, 0.0)
    return some if clear else np.zeros(len(off), dtype=bool)


def copies(places: IntArray, after: BoolArray, fresh: BoolArray) -> BoolArray:
    """Return (N,) which window rows are near copies of many others there, as the baseline's rows never are.

    Rows are compared by the bins of all columns, and of a few random halves of them (locality-sensitive
    hashing, Indyk and Motwani, STOC 1998): a small change leaves most bins as they are.

    Parameters
    ----------
    places
        (N, C) bin positions.
    after, fresh
        (N,) rows of the window; rows that do not merely repeat one logged before.
    """
    out, columns = np.zeros(len(after), dtype=bool), places.shape[1]
    if columns < FEWEST_COLUMNS or not after.any() or after.all():
        return out
    rng, window = np.random.default_rng(0), after & fresh
    weights = np.asarray(rng.integers(1, 2**62, size=columns, dtype=np.int64))
    scale = after.sum() / (~after).sum()
    for number in range(SUBSETS):
        chosen = (
            np.ones(columns, dtype=bool)
            if number == 0
            else rng.permutation(columns) < max((columns + 1) // 2, FEWEST_ALIKE)
        )
        # integer products wrap around: a hash
        code = np.sum(places[:, chosen] * weights[chosen], axis=1, dtype=np.int64)
        group = np.unique(code, return_inverse=True)[1]
        size = int(group.max()) + 1
        now, then = (np.bincount(group[side], minlength=size) for side in (window, ~after))
        many = (now >= max(FEWEST_COPIES, COPIED * int(after.sum()))) & (now > TIMES * scale * (then + 1))
        out |= window & many[group]
    return out


@dataclass(frozen=True, slots=True)
class Excess:
    """Rows beyond a level of the baseline's own scores: strange `rows` (N,), their `share` now and `usual` share.

    `z` is the clearest excess at any level, in standard errors.
    """

    rows: BoolArray
    share: float
    usual: float
    z: float


def excess(score: FloatArray, after: BoolArray) -> Excess:
    """Return the rows beyond a level of the baseline at which the window has an excess.

    The level of the clearest excess, or a lower one at which most of the rows beyond it are still in excess.

    References
    ----------
    Donoho and Jin, "Higher criticism for detecting sparse heterogeneous mixtures", Annals of Statistics 32(3), 2004.
    """
    looks = [_beyond(score, after, float(np.quantile(score[~after], level))) for level in LEVELS]
    best = max(looks, key=lambda look: look.z)
    pure = next((look for look in looks if look.share > 0 and 1 - look.usual / look.share >= PURE), best)
    return Excess(pure.rows, pure.share, pure.usual, best.z)


def _beyond(score: FloatArray, after: BoolArray, level: float) -> Excess:
    rows = score > level
    now, then = float(rows[after].mean()), float(rows[~after].mean())
    error = np.sqrt(max(then * (1 - then), 1e-9) * (1 / after.sum() + 1 / (~after).sum()))
    return Excess(rows, now, then, float((now - then) / max(error, 1 / after.sum())))
