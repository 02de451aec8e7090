"""Simple rankings on the same evidence: metrics by their deviation, and operations by their own time.

Each takes the engine's evidence and returns the services, most suspicious first, ties by name.

References
----------
NSigma as in Li et al., "Causal Inference-Based Root Cause Analysis for Online Service Systems with Intervention
Recognition" (CIRCA), KDD 2022; Pham et al., "BARO: Robust Root Cause Analysis for Microservices via Multivariate
Bayesian Online Change Point Detection", FSE 2024 (its scorer: median and interquartile range).
"""

from collections.abc import Callable, Mapping

import numpy as np

from candidates.measures.clock import within
from schemas.evidence import Evidence, FloatArray

LEAST = 1e-9
Peer = Callable[[Evidence], list[str]]


def by_metrics(evidence: Evidence, centre: Callable[..., float], spread: Callable[[FloatArray], float]) -> list[str]:
    """Rank services by the largest deviation of any of their metrics over the window."""
    scores: dict[str, float] = {}
    for series in evidence.metrics:
        known = np.isfinite(series.value)
        old = series.value[known & within(series.ts, evidence.symptom.baseline)]
        new = series.value[known & within(series.ts, evidence.symptom.window)]
        if old.size and new.size:
            score = float(np.max(np.abs(new - centre(old)) / max(spread(old), LEAST)))
            scores[series.node] = max(scores.get(series.node, 0.0), score)
    return _ordered(scores)


def n_sigma(evidence: Evidence) -> list[str]:
    """Mean and standard deviation of the baseline."""
    return by_metrics(evidence, np.mean, lambda old: float(old.std()))


def robust(evidence: Evidence) -> list[str]:
    """Median and interquartile range of the baseline."""
    return by_metrics(evidence, np.median, lambda old: float(np.subtract(*np.percentile(old, (75, 25)))))


def self_time(evidence: Evidence) -> list[str]:
    """Rank services by the largest z-score of the mean own time of any of their operations."""
    scores: dict[str, float] = {}
    for profile in evidence.operations or ():
        old, new = (within(profile.ts, period) for period in (evidence.symptom.baseline, evidence.symptom.window))
        old, new = old & (profile.n > 0), new & (profile.n > 0)
        if profile.self_sd_ms is None or not old.any() or not new.any():
            continue
        before = float(np.average(profile.self_ms[old], weights=profile.n[old]))
        variance = profile.self_sd_ms[old] ** 2 + (profile.self_ms[old] - before) ** 2
        spread = float(np.sqrt(np.average(variance, weights=profile.n[old])))
        after = float(np.average(profile.self_ms[new], weights=profile.n[new]))
        score = (after - before) / max(spread, LEAST)
        scores[profile.service] = max(scores.get(profile.service, 0.0), score)
    return _ordered(scores)


def _ordered(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda node: (-scores[node], node))


PEERS: Mapping[str, Peer] = {
    "NSigma, metrics": n_sigma,
    "median and IQR, metrics": robust,
    "own time z, spans": self_time,
}
