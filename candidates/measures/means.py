"""The weighted mean of some rows' values."""

from schemas.evidence import FloatArray


def mean_of(values: FloatArray, weight: FloatArray) -> float:
    """Return the weighted mean of (N,) values, NaN when they weigh nothing."""
    total = weight.sum()
    return float((values * weight).sum() / total) if total > 0 else float("nan")
