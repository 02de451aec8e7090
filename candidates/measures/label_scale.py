"""Numeric labels that are written otherwise: on another scale, or in other steps.

What the world does moves outcomes and keeps the values in which they are written; a value in the midst of all others
that nobody records any more says that the labels are read from another scale. Labels without steps are held against
the model's answers: times one known factor in level, slope and scatter alike, they are in another unit.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.signatures import KNOWN_FACTORS
from schemas.evidence import BoolArray, FloatArray, Rows

FEW = 200
"""Fewer labels on a side show no steps and no scale."""
STEPS = 100
"""Most values of labels that are written in steps."""
OFTEN = 20.0
"""Rows since that a value must have been expected in, to be missed."""
GONE = 0.1
"""Share of the earlier labels whose values must be gone from the midst of the others."""
FACTORS = (2.0, 5.0, 20.0, *KNOWN_FACTORS)
"""Factors between scales and units, and their inverses."""
CLOSE = 0.06
"""How far level, slope and scatter may each lie from one factor, in logarithms, ..."""
ERRORS = 3.0
"""... or in standard errors of the slope."""


@dataclass(frozen=True, slots=True)
class Rescaled:
    """How numeric labels are written otherwise: `label_vocabulary` or `label_unit`, and a clause."""

    mechanism: str
    words: str


def rescaled(rows: Rows) -> Rescaled | None:
    """Return how the numbers that labels are written in changed; None where they did not, or too few are known."""
    known = np.isfinite(rows.label)
    if min((known & rows.after).sum(), (known & ~rows.after).sum()) < FEW:
        return None
    return _other_steps(rows.label[known & ~rows.after], rows.label[known & rows.after]) or _other_unit(rows, known)


def _other_steps(before: FloatArray, since: FloatArray) -> Rescaled | None:
    values, counts = np.unique(before, return_counts=True)
    if len(values) > STEPS or not len(since):
        return None
    share, now = counts / len(before), np.unique(since)
    amidst = (values > now[0]) & (values < now[-1]) & (share * len(since) >= OFTEN)
    missing = amidst & ~np.isin(values, now)
    if share[missing].sum() < GONE:
        return None
    new = float(np.mean(~np.isin(since, values)))
    words = f"labels of {_some(values[missing])} are gone (were {share[missing].sum():.0%})"
    fresh = f", {new:.0%} have values never written before ({_some(now[~np.isin(now, values)])})" if new > 0 else ""
    return Rescaled("label_vocabulary", words + fresh)


def _some(values: FloatArray) -> str:
    return ", ".join(f"{value:g}" for value in values[:4]) + (", ..." if len(values) > 4 else "")


def _other_unit(rows: Rows, known: BoolArray) -> Rescaled | None:
    """Tell labels that are a known factor of what they were beside the same answers: level, slope and scatter alike."""
    known = known & np.isfinite(rows.prediction)
    sides = [(rows.prediction[side & known], rows.label[side & known]) for side in (~rows.after, rows.after)]
    if min(len(label) for _, label in sides) < FEW or any(said.std() == 0 for said, _ in sides):
        return None
    middle = float(np.mean([said.mean() for said, _ in sides]))
    (level, slope, scatter, _), (level_now, slope_now, scatter_now, error) = (_line(*side, middle) for side in sides)
    if min(abs(level), abs(slope), scatter) <= 0:
        return None
    ratios = np.array([level_now / level, slope_now / slope, scatter_now / scatter])
    if (ratios <= 0).any():
        return None
    allowed = np.array([CLOSE, max(CLOSE, ERRORS * error / abs(slope_now)), CLOSE])
    for factor in (*FACTORS, *(1 / one for one in FACTORS)):
        if (np.abs(np.log(ratios / factor)) <= allowed).all():
            times = f"{factor:g} times" if factor >= 1 else f"1/{1 / factor:g} of"
            return Rescaled("label_unit", f"labels are {times} what they were beside the same answers")
    return None


def _line(said: FloatArray, label: FloatArray, middle: float) -> tuple[float, float, float, float]:
    """Return (level at `middle`, slope, scatter, standard error of the slope) of labels over answers."""
    centred = said - said.mean()
    slope = float((centred * label).sum() / (centred**2).sum())
    left = label - label.mean() - slope * centred
    scatter = float(left.std())
    error = scatter / float(np.sqrt((centred**2).sum()))
    return float(label.mean() + slope * (middle - said.mean())), slope, scatter, error
