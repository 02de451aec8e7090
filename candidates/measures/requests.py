"""How the requests of the symptomatic node show a fault, also where the reported metric hardly moves.

A percentile over all requests does not notice a fault that only some of them meet, nor one that makes them return
early. Where spans show it in the requests themselves, the symptom is no mere fluctuation of its metric.
"""

import math
from collections.abc import Sequence

import numpy as np

from candidates.measures.clock import within
from candidates.measures.own_time import OwnTime, request_time
from candidates.measures.robust import robust_scale
from schemas.evidence import Evidence, OperationProfile, Symptom
from schemas.incident import LATENCY_METRICS

UNPROVEN = 0.05
"""Above this p-value the metric does not show which way it moved, if at all."""

MIN_WHOLE = 0.05
"""Smallest growth of a request that shares are taken of, relative to the baseline."""

MOST_USUAL = 0.5
FAINT, PLAIN = 3.0, 7.0
"""Standard deviations from which on what spans show begins to count, and from which on it counts in full."""

LARGE = 0.3
"""Share of what changed in the requests that meet a fault from which on it is plain."""

RARE = 0.05
"""Fewer requests than this share count as as many: one odd request is not the symptom."""

POOR_WITNESS = 0.4
"""How much less a metric over all requests that did not notice says anyway, where spans show any change: such metrics
overlook faults of a few requests, and those that make requests shorter. By maximum likelihood, and without a false
alarm, on the first day of the recorded faults and the calm half minutes of it (`rca bench nezha --half tune`)."""

OF_REQUESTS = frozenset({*LATENCY_METRICS, "errors", "availability"})


def unproven(symptom: Symptom) -> bool:
    """Return whether the metric itself may not have moved at all."""
    return not symptom.p_value <= UNPROVEN


def slowed(symptom: Symptom) -> bool:
    """Return whether more time taken may be what is complained of: a latency that did not clearly fall."""
    return symptom.incident.metric in LATENCY_METRICS and (symptom.direction == "up" or unproven(symptom))


def own_latency_key(evidence: Evidence, node: str) -> tuple[str, str, str]:
    """Return the anomaly that a node's slowness is, recorded or not: in the metric complained of if a latency."""
    metric = evidence.symptom.incident.metric
    return ("metric", node, metric if metric in LATENCY_METRICS else "latency_p95")


def seen(evidence: Evidence, strength: float, share: float, met: float = 1.0) -> float:
    """Return how plainly a fault shows in the requests complained of, whatever their metric says, in [0, 1].

    Parameters
    ----------
    strength
        Standard deviations by which spans changed.
    share
        What it is of all that changed in the requests, in [0, 1].
    met
        Share of the requests that meet it at all: a fault of a rare path is plain on that path.
    """
    if evidence.symptom.incident.metric not in OF_REQUESTS or not math.isfinite(strength):
        return 0.0
    large = share / (LARGE * min(max(met, RARE), 1.0))
    plain = min(max((strength - FAINT) / (PLAIN - FAINT), 0.0), 1.0) * min(max(large, 0.0), 1.0)
    return POOR_WITNESS + (1.0 - POOR_WITNESS) * plain


def whole_growth(evidence: Evidence, profiles: Sequence[OperationProfile], found: Sequence[OwnTime]) -> float:
    """Return the growth that is to be explained, milliseconds per request; never next to nothing.

    Where the metric did not clearly move, no less than it varies anyway: what is lost in that explains nothing.
    """
    symptom = evidence.symptom
    before, after = request_time(profiles)
    least = max(MIN_WHOLE, _usual(symptom)) if unproven(symptom) else MIN_WHOLE
    whole = max(after - before, least * before, *(one.ms for one in found))
    if symptom.incident.metric == "latency_avg" and math.isfinite(symptom.value - symptom.baseline_value):
        whole = max(whole, symptom.value - symptom.baseline_value)
    return whole


def _usual(symptom: Symptom) -> float:
    """Return the usual variation of the symptom's buckets relative to their level, at most a half."""
    old = symptom.series.value[within(symptom.series.ts, symptom.baseline)]
    old = old[np.isfinite(old)]
    level = abs(float(np.median(old))) if old.size > 1 else 0.0
    return min(robust_scale(old) / level, MOST_USUAL) if level > 0 else 0.0
