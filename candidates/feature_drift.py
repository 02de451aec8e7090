"""An input's population really changed; its values are valid.

Ruled in by the distance of the column's distribution from its own normal variation; weighed by the
*mix* estimate (reweight the baseline to the new distribution), because a column that drifted and does
not matter is no cause. Stands back where values are wrong or the encoding changed.

Rows tell which of several columns led the others (`confounding.leadership`). Without rows their distances do: what is
drawn from a column's new values as from its old ones moves no farther than the column itself.

References
----------
Csiszar, "Information-type measures of difference of probability distributions and indirect observations", Studia Sci.
Math. Hungarica 2, 1967 (the data-processing inequality of f-divergences, of which Jensen-Shannon's is one).
"""

from collections.abc import Sequence

from candidates.measures.columns import WRONG, MovedColumn, column_candidate, moved_columns, unexamined
from candidates.measures.diagnosis import MOVED
from candidates.measures.same_cause import merged
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

MIN_DIVERGENCE = 0.005
FOLLOWER = 0.15
"""Part of its share that a column keeps which others carried along."""
CHANGES = {"data_feed", "business", "other"}
JUST_BEYOND = 0.9
CARRIES = 0.3
"""Share of the symptom, and lead over the others, from which a column that moved half as clearly is told."""
MATTERS = 0.25
"""Part of the largest share that is no chance."""


def _strange(moved: MovedColumn) -> float:
    """Return how far a column lost its relation to the others, unless its values are new and borne out."""
    return 0.0 if moved.borne_out else moved.column.relation_loss


def _specificity(moved: MovedColumn) -> float:
    """Return how much the shift looks like a real one: what no signature of wrongness claims."""
    claims = [s.specificity for s in (*moved.wrong, *moved.encoding)]
    claims.append(0.97 if moved.schema else 0.0)
    denied = moved.followed is not None and moved.followed.false
    return max(0.02, 1.0 - max(claims)) * (0.5 if denied or _strange(moved) > 0.5 else 1.0)


def _true(moved: MovedColumn) -> float:
    """Return which part of what wrong values would explain a real shift explains.

    All where outcomes bear it out, and nearly so where values went just beyond the range seen before.
    """
    if moved.followed is not None and moved.followed.true:
        return 1.0
    doubtful = any(sign.doubtful for sign in moved.wrong)
    return JUST_BEYOND if doubtful and max(sign.specificity for sign in moved.wrong) < WRONG else 0.5


def _farthest(moved: Sequence[MovedColumn]) -> float:
    """Return how far the column of a model moved that may have led the others, by its distance."""
    most = max((each.drift for each in moved), default=0.0)
    able = (
        each.column.shift.divergence
        for each in moved
        if each.drift >= MATTERS * most and max((sign.specificity for sign in each.wrong), default=0.0) < WRONG
    )
    return max(able, default=1e-9)


def _leads(moved: MovedColumn, farthest: float) -> float:
    """Return how far a column led those that moved beside it, or nobody did, [0, 1]."""
    return moved.column.leads if moved.model.rows is not None else min(1.0, moved.column.shift.divergence / farthest)


def _candidate(evidence: Evidence, moved: MovedColumn, farthest: float) -> Candidate:
    column = moved.column
    share, estimator = max((moved.drift, moved.drift_words), (_true(moved) * moved.bad, moved.bad_words))
    impact = share * (FOLLOWER + (1 - FOLLOWER) * _leads(moved, farthest))
    return column_candidate(
        evidence,
        moved,
        family="feature_drift",
        mechanism="population_moved",
        specificity=_specificity(moved),
        impact=impact,
        estimator=estimator,
        words=f"its population moved (Jensen-Shannon {column.shift.divergence:.3f}, "
        f"{column.shift.strength:.0f} times its usual variation) and its values look valid",
        verify=f"Compare {column.column} before and since the onset at its source: are the new values real?",
        remedy="Retrain or recalibrate on recent rows; until then watch or fall back on the shifted region.",
        kinds=CHANGES,
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the columns whose valid population moved."""
    if (reason := unexamined(evidence)) is not None:
        return Findings(not_examined=reason)
    every = moved_columns(evidence)
    nodes = {moved.model.node.id for moved in every}
    farthest = {node: _farthest([each for each in every if each.model.node.id == node]) for node in nodes}
    found = [
        _candidate(evidence, moved, farthest[moved.model.node.id])
        for moved in every
        if not moved.from_model
        and moved.column.shift.strength >= (MOVED / 2 if min(moved.drift, moved.column.leads) >= CARRIES else MOVED)
        and moved.column.shift.divergence >= MIN_DIVERGENCE
        and _strange(moved) < 0.8
    ]
    if not found:
        return Findings(ruled_out="no input column's distribution moved beyond its usual variation")
    return Findings(candidates=merged(found))
