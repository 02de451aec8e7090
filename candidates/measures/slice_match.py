"""Whether a slice stands out among rows that the model answered alike, or is only a name for some of its answers.

What acts on all rows (outcomes turned round, labels of one outcome missing, a shifted function) harms some answers more
than others; a slice that holds these answers then looks degraded. Held against the other rows with the same answers
its growth vanishes, while that of a slice that is degraded stays.

References
----------
Rosenbaum and Rubin, "The central role of the propensity score", Biometrika 70(1), 1983 (subclassification).
"""

import numpy as np

from candidates.measures.outcome import answer_bins
from candidates.measures.row_errors import RowErrors
from schemas.evidence import BoolArray, FloatArray, Rows

PRIOR = 20.0
"""Rows of a bin that weigh as much as all other rows together in what the other rows of the bin did."""
FEWEST = 10
COVERED = 0.5
"""Share of the slice's rows, with others answered alike, from which the comparison counts in full."""


def matched(rows: Rows, task: str, errors: RowErrors, inside: BoolArray) -> float:
    """Return the share of a slice's growth that is left against other rows answered alike, [0, 1].

    Parameters
    ----------
    errors
        The N rows read, as they were scanned.
    inside
        (N,) rows of the slice.
    """
    after = rows.after[errors.rows]
    # answers that are judged themselves are held against those of rows that used to be answered alike
    answers = rows.prediction[errors.rows] if errors.expected is None else errors.expected
    place, size = answer_bins(answers, after, task)
    mass, moment = errors.gain**2, errors.gain * errors.residual

    def amplitude(which: BoolArray) -> float:
        return float(moment[which].sum() / max(float(mass[which].sum()), 1e-12))

    own = inside & after
    growth = amplitude(own) - amplitude(inside & ~after)
    elsewhere = amplitude(~inside & after) - amplitude(~inside & ~after)
    if not own.any() or growth <= elsewhere:
        return 0.0
    alike, count = _growth_by_bin(place, size, (mass, moment), ~inside, after)
    alike = (count * alike + PRIOR * elsewhere) / (count + PRIOR)
    expected = float((alike[place[own]] * mass[own]).sum() / max(float(mass[own].sum()), 1e-12))
    covered = float((count[place[own]] >= FEWEST).mean()) / COVERED
    return float(np.clip((growth - expected) / (growth - elsewhere), 0, 1) * min(covered, 1.0))


def _growth_by_bin(
    place: np.ndarray, size: int, sums: tuple[FloatArray, FloatArray], which: BoolArray, after: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return, by bin, the growth of the amplitude of some rows and how many there are on the side that has fewer."""
    level, count = [], []
    for side in (which & ~after, which & after):
        mass, moment = (np.bincount(place[side], one[side], minlength=size) for one in sums)
        level.append(np.divide(moment, mass, out=np.zeros(size), where=mass > 1e-12))
        count.append(np.bincount(place[side], minlength=size).astype(np.float64))
    return level[1] - level[0], np.minimum(*count)
