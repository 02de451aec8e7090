"""Which share of a change of the null rate one column is: arithmetic, whatever the model makes of the column."""

from collections.abc import Mapping

from schemas.evidence import ColumnProfile, ModelEvidence

METRIC = "null_rate"
EMPTY = frozenset({"null", "nan"})


def null_share(model: ModelEvidence, column: str) -> float:
    """Return a column's share of the change of the mean share of nulls over a model's features, in [0, 1]."""
    rises = null_rises(model)
    whole = sum(rises.values())
    return min(max(rises.get(column, 0.0) / whole, 0.0), 1.0) if whole else 0.0


def null_rises(model: ModelEvidence) -> Mapping[str, float]:
    """Return feature -> by how much its share of nulls rose from the baseline to the window; a vector's counts once."""
    features, segments = model.node.features, set(model.node.segments)
    parts: dict[str, list[float]] = {}
    for profile in model.columns.values():
        if profile.column in features if features is not None else profile.column not in segments:
            parts.setdefault(profile.column, []).append(_rise(profile))
    return {column: sum(rises) / len(rises) for column, rises in sorted(parts.items())}


def _rise(profile: ColumnProfile) -> float:
    empty = [role in EMPTY for role in profile.roles]
    was, now = (float(side[empty].sum() / max(side.sum(), 1.0)) for side in (profile.before, profile.after))
    return now - was
