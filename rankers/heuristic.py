"""The heuristic ranker: documented log-odds over evidence features, then one softmax per incident.

The log-odds that a candidate is the cause are a weighted sum of features in fixed ranges
(`ranking_features`) plus a prior of its family. All candidates of an incident, the pairs of them that may
be causes at once (`rankers.roots`) and one virtual *none of these* then compete in a softmax. A family
without a prior takes the default: unknown families are ranked by their evidence.

The priors are judgement: no source gives frequencies for these families (the nearest are the outage
counts of Google's ML pipelines, OpML 2020, and of Microsoft Teams, SoCC 2022, which say that
most outages are ordinary faults of data, deployment and configuration).
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from rankers.proposed import Ranked
from rankers.roots import marginals, pairs_of
from schemas.candidate import Candidate
from schemas.evidence import Symptom

VERSION = "heuristic-3"

WEIGHTS: Mapping[str, float] = {
    "share": 5.1,
    "strength": 0.2,
    "specificity": 3.8,
    "timing": 0.45,
    "blame": 3.75,
    "coincident_change": 1.1,
}
"""Log-odds per unit of each feature; see `ranking_features` for the ranges.

Fitted with BASE and DOUBT by penalised maximum likelihood on injected incidents of the tables for tuning, causes taken
as exclusive (`python -m benchmarks.incidents --out OUT`); none of the tables that figures are reported on was used.
"""

PRIORS: Mapping[str, float] = {
    "data_quality": 0.3,
    "schema_change": 0.3,
    "feature_drift": -0.2,
    "upstream_model_change": 0.2,
    "model_change": 0.2,
    "latency_component": 0.2,
    "config_change": 0.2,
    "downstream_change": -0.2,
    "component_fault": 0.2,
    "concept_drift": 0.0,
    "label_change": 0.0,
    "outliers": 0.0,
    "population_shift": 0.0,
    "slice_degradation": -0.2,
    "training_serving_skew": 0.2,
}
DEFAULT_PRIOR = -0.3
SUPPORTED = 0.15
"""Share of the symptom from which the other evidence for a candidate counts in full."""

BASE = -3.65
"""Log-odds of a candidate with no evidence at all."""

SECOND = -5.5
"""Log-odds that a second cause acts at the same time, before any evidence for it.

Not fitted with the weights: chosen on the same tables, by the first cause's calibration and by finding both of two.
"""

NONE = 0.0
"""Log-odds of *none of these* for a symptom that is real and nothing to explain it."""

DOUBT = 3.05
"""How much *none of these* gains when the symptom itself may be natural fluctuation."""


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0


def ranking_features(candidate: Candidate, blame: float) -> dict[str, float]:
    """Return the features the heuristic weighs.

    What speaks for a candidate counts only as far as the candidate explains the symptom: from a share of
    `SUPPORTED` on in full, at no share not at all. An unmistakable fault that explains nothing is a decoy.

    share
        Of the symptom explained, [0, 1].
    strength
        Of the anomaly beyond its normal variation: log-scaled z-score, 0 at z <= 2, 1 at z >= 50.
    specificity
        Of the family's signature, [0, 1].
    timing
        Fit of the onset to the symptom's, [-1, 1].
    blame
        Share of the anomaly that no upstream candidate explains, minus one: [-1, 0].
    coincident_change
        1 when a change event of a fitting kind lies near the onset, else 0.
    """
    z = candidate.strength if math.isfinite(candidate.strength) else 0.0
    timing = candidate.features.get("alignment", 0.0)
    timing = min(1.0, max(-1.0, timing)) if math.isfinite(timing) else 0.0
    support = _unit(candidate.impact / SUPPORTED)
    return {
        "share": _unit(candidate.impact),
        "strength": support * _unit(math.log(max(z, 2.0) / 2.0) / math.log(25.0)),
        "specificity": support * _unit(candidate.specificity),
        "timing": support * timing if timing > 0 else timing,
        "blame": _unit(blame) - 1.0,
        "coincident_change": support * _unit(candidate.features.get("coincident_change", 0.0)),
    }


def log_odds(family: str, features: Mapping[str, float]) -> float:
    """Return the candidate's log-odds from its ranking features and its family's prior."""
    return BASE + PRIORS.get(family, DEFAULT_PRIOR) + sum(WEIGHTS[name] * features[name] for name in WEIGHTS)


def doubtfulness(p_value: float) -> float:
    """Return how doubtful the symptom is, [0, 2]: 0 up to p = 0.001, 0.44 at 0.01, 0.94 at 0.06, 2 at 1."""
    p = min(1.0, max(1e-12, p_value if math.isfinite(p_value) else 1.0))
    doubt = _unit((math.log10(p) + 3.0) / 3.0)
    return doubt + doubt**2


def seen_in_requests(features: Iterable[Mapping[str, float]]) -> float:
    """Return how plainly any of the candidates' faults shows in the requests that are complained of."""
    return max((each.get("seen_in_requests", 0.0) for each in features), default=0.0)


def none_log_odds(p_value: float, seen: float = 0.0) -> float:
    """Return the log-odds of *none of these*: higher when the symptom may be natural fluctuation.

    Parameters
    ----------
    p_value
        Of the symptom.
    seen
        How plainly a fault shows in the very requests that are complained of, [0, 1]: a metric over all of them that
        did not notice says little then.
    """
    return NONE + DOUBT * doubtfulness(p_value) * (1.0 - _unit(seen))


def counted_twice(one: float, other: float) -> float:
    """Return the log-odds to take off two causes that explain more than all of the symptom between them."""
    return WEIGHTS["share"] * max(0.0, one + other - 1.0)


def beyond_the_sum(one: float, other: float) -> float:
    """Return what the log-odds of two causes at once has beyond the sum of theirs, from the shares they explain."""
    return SECOND - BASE - counted_twice(one, other)


def rank(candidates: Sequence[Candidate], blame: Sequence[float], symptom: Symptom) -> tuple[tuple[Ranked, ...], float]:
    """Return the candidates with their confidences, most probable first, and `none_of_these`.

    Confidences need not sum to one with `none_of_these`: two causes can both be right.

    Parameters
    ----------
    blame
        Per candidate: share of its anomaly that no upstream candidate explains, [0, 1].
    """
    features = [ranking_features(c, b) for c, b in zip(candidates, blame, strict=True)]
    alone = [log_odds(c.family, f) for c, f in zip(candidates, features, strict=True)]
    shares = [f["share"] for f in features]
    pairs = pairs_of(candidates, alone)
    together = [alone[i] + alone[j] + beyond_the_sum(shares[i], shares[j]) for i, j in pairs]
    seen = seen_in_requests(c.features for c in candidates)
    confidence, none = marginals(alone, together, pairs, none_log_odds(symptom.p_value, seen))
    ranked = [
        Ranked(c, float(p), {k: float(v) for k, v in c.features.items() if math.isfinite(v)} | f)
        for c, p, f in zip(candidates, confidence, features, strict=True)
    ]
    ranked.sort(key=lambda r: (-r.confidence, r.candidate.family, r.candidate.node, r.candidate.subject or ""))
    return tuple(ranked), none
