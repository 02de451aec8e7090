"""Whether a model without a log only hands on what broke in a column that it reads.

The same model still answers as before where the column still has its old values; where the model itself changed, it
answers otherwise there too. The rows are the ones of the model that reads both the column and the answers.
"""

import numpy as np

from candidates.measures.distances import jensen_shannon, shares
from schemas.evidence import FloatArray, IntArray, Rows

NEW = 5.0
"""Growth of a bin's share from which its values are new."""
FEWEST = 100
"""Rows with old values, and with new ones, that are needed to tell."""


def handed_on(rows: Rows, column: str, outputs: tuple[str, ...]) -> float | None:
    """Return the share of the answers' movement that came with the column's new values, [0, 1].

    None where all rows have new values or hardly any have, or where the answers did not move.

    Parameters
    ----------
    column, outputs
        Keys of the bins of a column, and of the answers of the model that reads it too.
    """
    place = rows.bins[column]
    bins = int(place.max(initial=0)) + 1
    before, after = (shares(np.bincount(place[side], minlength=bins).astype(float)) for side in _sides(rows))
    new = (after > NEW * before)[place]
    if min(int((rows.after & new).sum()), int((rows.after & ~new).sum()), int((~rows.after & ~new).sum())) < FEWEST:
        return None
    # the old values in the proportions that they have now
    ratio = np.divide(after, before, out=np.zeros(bins), where=before > 0)
    weight = np.where(rows.after, 1.0, ratio[place])
    moved = [(_moved(rows, key, np.ones(len(place))), _moved(rows, key, weight * ~new)) for key in outputs]
    whole, rest = max(moved)
    return float(np.clip(1 - rest / whole, 0.0, 1.0)) if whole > 0 else None


def _sides(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    return ~rows.after, rows.after


def _moved(rows: Rows, key: str, weight: FloatArray) -> float:
    """Return the divergence of an answer's two distributions over weighted rows (N,), beyond what chance gives it."""
    place: IntArray = rows.bins[key]
    bins = int(place.max(initial=0)) + 1
    counts = [np.bincount(place[side], weight[side], minlength=bins).astype(float) for side in _sides(rows)]
    rows_of = [weight[side].sum() ** 2 / max(float((weight[side] ** 2).sum()), 1e-12) for side in _sides(rows)]
    # Jensen-Shannon of two samples of one distribution: an eighth of chi-square with the bins in use less one
    used = int(np.count_nonzero(counts[0] + counts[1]))
    chance = (used - 1) / 8 * sum(1 / max(float(n), 1.0) for n in rows_of)
    return float(jensen_shannon(shares(counts[0]), shares(counts[1]))) - chance
