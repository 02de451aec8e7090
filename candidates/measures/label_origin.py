"""Who recorded the outcomes, where a logged column says so, and whether others record them otherwise."""

import re
from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import Outcomes
from schemas.evidence import ColumnProfile, FloatArray, ModelEvidence

NAMES = re.compile(
    r"label(?!_?ts)|annotat|adjudicat|ground_?truth|(?:outcome|truth|target)_?(?:source|from|origin|by)"
    r"|(?:rated|coded|graded|tagged|reviewed|verified|confirmed|judged)_?by|(?:^|_)(?:rater|coder|grader|tagger)(?:_|$)",
    re.IGNORECASE,
)
"""What a column is called that tells who recorded the outcome."""
KINDS = frozenset({"category", "boolean"})
GAINED = 0.1
"""Share of the rows that new origins must have gained."""
FEWEST = 30
"""Fewer outcomes of one origin say nothing of how it records them."""


@dataclass(frozen=True, slots=True)
class LabelOrigin:
    """Outcomes that others record now.

    Parameters
    ----------
    column
        The column that tells who recorded an outcome.
    gained
        Who records more of them than before.
    before, after
        Their share of the rows.
    z
        By how many standard errors their outcomes lie farther from what the inputs let expect than those of
        the others in the same window; NaN where too few of either are known.
    """

    column: str
    gained: tuple[str, ...]
    before: float
    after: float
    z: float


def label_origin(model: ModelEvidence, looks: list[Outcomes]) -> LabelOrigin | None:
    """Return who records the outcomes of a model since, by the column that gained most; None where none says so."""
    found = [
        origin
        for key, profile in sorted(model.columns.items())
        if profile.kind in KINDS and NAMES.search(profile.column)
        if (origin := _origin(model, key, profile, looks)) is not None
    ]
    return max(found, key=lambda one: one.after - one.before, default=None)


def _origin(model: ModelEvidence, key: str, profile: ColumnProfile, looks: list[Outcomes]) -> LabelOrigin | None:
    was, now = (side / max(float(side.sum()), 1.0) for side in (profile.before, profile.after))
    gained = np.flatnonzero((now - was > GAINED / 2) & (np.array(profile.roles) != "null"))
    before, after = float(was[gained].sum()), float(now[gained].sum())
    if after - before < GAINED or not profile.before.any():
        return None
    names = tuple("others" if profile.roles[place] == "unseen" else profile.labels[place] for place in gained)
    z = float("nan")
    if looks and model.rows is not None and key in model.rows.bins:
        found = looks[0]
        place = model.rows.bins[key][found.rows]
        square = (found.residual**2).sum(axis=1)
        theirs = found.after & np.isin(place, gained)
        z = _farther(square[theirs], square[found.after & ~np.isin(place, gained)])
    return LabelOrigin(profile.column, names, before, after, z)


def _farther(theirs: FloatArray, others: FloatArray) -> float:
    if min(len(theirs), len(others)) < FEWEST:
        return float("nan")
    error = np.sqrt(theirs.var() / len(theirs) + others.var() / len(others))
    return float((theirs.mean() - others.mean()) / max(error, 1e-12))
