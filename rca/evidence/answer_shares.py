"""Shares of a model's answers over time: of one class, or beyond a cut-off. What answers decide follows these."""

import math

import numpy as np

from rca.metrics.buckets import naive
from schemas.evidence import ColumnProfile, FloatArray, Series, Symptom, TimeArray
from schemas.incident import SHARE_OF

FEWEST_BUCKETS, CLOSE, SURELY = 10, 0.6, 4.0
"""Buckets, and the correlation over them, from which a KPI is thought to follow a share of the answers; standard errors
of the correlation, of which the best of many is taken."""


def with_shares(outputs: dict[str, Series], prediction: ColumnProfile | None, symptom: Symptom) -> dict[str, Series]:
    """Return a model's series with its number of rows and, where it answers classes, the share of one class.

    That is the class whose share moved most: what a KPI downstream sees of the model. A KPI may follow another class
    closely, or how many answers lie above a cut-off: that share is added by its own name.

    Parameters
    ----------
    outputs
        Metric -> series, as they are computed from the log.
    prediction
        The profile of the answers; None where there is none.
    """
    if prediction is None or not prediction.counts.size:
        return outputs
    rows = prediction.counts.sum(axis=1)
    node, ts, named = prediction.node, prediction.ts, dict[str, FloatArray]()
    share = prediction.counts / np.where(rows > 0, rows, np.nan)[:, None]
    labels, most = list(prediction.labels), None
    if "rows" not in outputs:
        sides = (prediction.before, prediction.after)
        moved = np.abs(np.diff([side / max(side.sum(), 1.0) for side in sides], axis=0))[0]
        most = int(moved.argmax())
        named = {"rows": rows, "prediction_mean": share[:, most]}
    else:
        ranged = np.flatnonzero([role == "range" for role in prediction.roles])
        ranged = ranged[np.argsort(-prediction.left[ranged])]
        above = share[:, [role == "above" for role in prediction.roles]].sum(axis=1, keepdims=True)
        share = above + np.cumsum(share[:, ranged], axis=1)
        labels = [f"answers from {prediction.left[k]:.4g}" for k in ranged]
    closest = _closest(symptom, ts, share) if symptom.incident.node != node else None
    if closest is not None and closest != most:
        named[f"{SHARE_OF}{labels[closest]}"] = share[:, closest]
    return outputs | {name: Series(node, name, ts, value, rows) for name, value in named.items()}


def _closest(symptom: Symptom, ts: TimeArray, share: FloatArray) -> int | None:
    """Return which of some shares (T, K) the symptom's series followed in the baseline; None where it followed none."""
    shared, at_symptom, at_share = np.intersect1d(symptom.series.ts, ts, return_indices=True)
    value = symptom.series.value[at_symptom]
    start, end = (np.datetime64(naive(edge)) for edge in (symptom.baseline.start, symptom.baseline.end))
    fine = (shared >= start) & (shared < end)
    fine &= np.isfinite(value) & np.isfinite(share[at_share]).all(axis=1)
    if fine.sum() < FEWEST_BUCKETS or value[fine].std() <= 0:
        return None
    x = share[at_share][fine]
    spread = x.std(axis=0)
    centred = (value[fine] - value[fine].mean()) @ (x - x.mean(axis=0)) / fine.sum() / value[fine].std()
    r = np.abs(np.divide(centred, spread, out=np.zeros(len(spread)), where=spread > 0))
    return int(r.argmax()) if r.max(initial=0.0) >= max(CLOSE, SURELY / math.sqrt(fine.sum())) else None
