"""Which way a metric does harm."""

from schemas.incident import RESOURCE_METRICS

FALLS = frozenset({"accuracy", "auc", "f1", "ndcg", "estimated_auc", "estimated_accuracy", "availability"})
"""Metrics whose fall is the harm."""

RISES = frozenset({"logloss", "brier", "mae", "rmse", "null_rate", "errors", *RESOURCE_METRICS})
"""Metrics whose rise is the harm; latencies too."""


def harm(metric: str) -> int:
    """Return +1 when a rise of the metric is the harm, -1 when a fall is, 0 when either may be."""
    if metric in FALLS:
        return -1
    return 1 if metric in RISES or metric.startswith("latency_") else 0


def loss(metric: str, value: float) -> float | None:
    """Return a metric as a loss, 0 at its best; None when neither direction is better."""
    sign = harm(metric)
    return None if sign == 0 else 1.0 - value if sign < 0 else value
