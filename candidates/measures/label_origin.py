"""Who recorded the outcomes, where a logged column says so, and whether others record them otherwise."""

import re
from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import Outcomes
from schemas.evidence import ColumnProfile, FloatArray, ModelEvidence

NAMES = re.compile(
    r"(?:.*[_.\- ])?(?:(?:label(?:l?ed|l?ing)?|annotat(?:ed|ion)|adjudicat(?:ed|ion)|ground_?truth|outcome|truth"
    r"|target)[_.\- ]?(?:source|origin|by|from|provider|vendor|team)|(?:rated|coded|graded|tagged)[_.\- ]?by"
    r"|(?:labell?er|annotator|adjudicator|rater|coder|grader|tagger)s?(?:[_.\- ]?(?:id|name|team|source))?)",
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
        the others in the same window; NaN where nobody of the others is left to compare.
    """

    column: str
    gained: tuple[str, ...]
    before: float
    after: float
    z: float


def label_origin(model: ModelEvidence, looks: list[Outcomes]) -> LabelOrigin | None:
    """Return who records the outcomes of a model since, by the column that gained most; None where none says so.

    No input that is declared as one says so, and nothing does without outcomes of theirs.
    """
    inputs = {*(model.node.features or ()), *model.producers}
    found = [
        origin
        for key, profile in sorted(model.columns.items())
        if profile.kind in KINDS and profile.column not in inputs and NAMES.fullmatch(profile.column)
        if looks and (origin := _origin(model, key, profile, looks[0])) is not None
    ]
    return max(found, key=lambda one: one.after - one.before, default=None)


def _origin(model: ModelEvidence, key: str, profile: ColumnProfile, found: Outcomes) -> LabelOrigin | None:
    was, now = (side / max(float(side.sum()), 1.0) for side in (profile.before, profile.after))
    gained = np.flatnonzero((now - was > GAINED / 2) & (np.array(profile.roles) != "null"))
    before, after = float(was[gained].sum()), float(now[gained].sum())
    if after - before < GAINED or not profile.before.any() or model.rows is None or key not in model.rows.bins:
        return None
    mine = np.isin(model.rows.bins[key][found.rows], gained)
    square, since = (found.residual**2).sum(axis=1), found.after & found.known
    theirs, others = square[since & mine], square[since & ~mine]
    if len(theirs) < FEWEST:
        return None
    names = tuple("others" if profile.roles[place] == "unseen" else profile.labels[place] for place in gained)
    return LabelOrigin(profile.column, names, before, after, _farther(theirs, others))


def _farther(theirs: FloatArray, others: FloatArray) -> float:
    if len(others) < FEWEST:
        return float("nan")
    error = np.sqrt(theirs.var() / len(theirs) + others.var() / len(others))
    return float((theirs.mean() - others.mean()) / max(error, 1e-12))
