"""An input's population really changed; its values are valid.

Ruled in by the distance of the column's distribution from its own normal variation; weighed by the
*mix* estimate (reweight the baseline to the new distribution), because a column that drifted and does
not matter is no cause. Stands back where values are wrong or the encoding changed.
"""

from candidates.measures.columns import MovedColumn, column_candidate, moved_columns, unexamined
from candidates.measures.diagnosis import MOVED
from candidates.measures.same_cause import merged
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

MIN_DIVERGENCE = 0.005
FOLLOWER = 0.15
"""Part of its share that a column keeps which others carried along."""
CHANGES = {"data_feed", "business", "other"}


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
    """Return which part of what wrong values would explain a real shift explains: all where outcomes bear it out."""
    return 1.0 if moved.followed is not None and moved.followed.true else 0.5


def _candidate(evidence: Evidence, moved: MovedColumn) -> Candidate:
    column = moved.column
    share, estimator = max((moved.drift, moved.drift_words), (_true(moved) * moved.bad, moved.bad_words))
    impact = share * (FOLLOWER + (1 - FOLLOWER) * column.leads)
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
    found = [
        _candidate(evidence, moved)
        for moved in moved_columns(evidence)
        if not moved.from_model
        and moved.column.shift.strength >= MOVED
        and moved.column.shift.divergence >= MIN_DIVERGENCE
        and _strange(moved) < 0.8
    ]
    if not found:
        return Findings(ruled_out="no input column's distribution moved beyond its usual variation")
    return Findings(candidates=merged(found))
