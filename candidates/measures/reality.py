"""How real the symptom is: what is concluded from its having moved is worth no more than that it did."""

import math
from dataclasses import replace

from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate
from schemas.evidence import Symptom
from schemas.incident import LATENCY_METRICS

SURE = 0.001
"""Chance of natural fluctuation up to which the symptom is taken as real."""
UNMISTAKABLE, DOUBTFUL = 0.95, 0.85
"""Specificity from which a signature is no healthy system's, whatever the metric says; from which it may not be."""
NATURAL = frozenset({"concept_drift", "feature_drift", "outliers", "population_shift", "slice_degradation"})
"""Families whose signature a healthy system may show: the world moves, and some rows always do worse than others."""
WEIGHED = frozenset({"component_fault", "config_change", "downstream_change", "latency_component"})
"""Families that weigh it by themselves: those that conclude from the symptom alone, and those that judge components,
whose own spans and series say whether they are unwell where a symptom of few requests hardly does: they count in full
unless the metric lies on the healthy side of half of what chance makes and the requests complained of say nothing."""


def reality(symptom: Symptom) -> float:
    """Return how real the symptom is, [0, 1]: 1 up to p = 0.001, 0.67 at 0.01, 0.33 at 0.1, 0 at 1 or unknown."""
    p = min(1.0, symptom.p_value) if math.isfinite(symptom.p_value) else 1.0
    return 1.0 if p <= SURE else math.log(p) / math.log(SURE)


def _is_the_symptom(candidate: Candidate, symptom: Symptom) -> bool:
    """Return whether a cause has nothing to show but the symptom's own metric: that is as real as the symptom.

    Spans show more of a slow component than its latency.
    """
    node, metric = symptom.incident.node, symptom.incident.metric
    if candidate.node != node or candidate.family not in {"component_fault", "latency_component"}:
        return False
    if candidate.family == "component_fault":
        return candidate.subject == metric
    return metric in LATENCY_METRICS and all(item.kind != "trace" for item in candidate.evidence)


def as_far_as_real(candidate: Candidate, symptom: Symptom) -> Candidate:
    """Return a candidate that explains no more than what of the symptom may be real.

    Whatever moved in a chance fluctuation explains it and is no cause. An unmistakable fault (all values a thousand
    times what they were) is there even where few rows make the metric noisy; that the world moved is no fault.
    """
    real = reality(symptom)
    plain = 0.0 if candidate.family in NATURAL else candidate.specificity
    sure = min(1.0, max(0.0, (plain - DOUBTFUL) / (UNMISTAKABLE - DOUBTFUL)))
    believed = real + (1 - real) * sure
    if candidate.family in WEIGHED:
        seen = candidate.features.get("seen_in_requests", 0.0)
        borne = real if _is_the_symptom(candidate, symptom) else min(1.0, 2 * (1 - symptom.p_value))
        believed = max(seen, borne) if math.isfinite(symptom.p_value) else 1.0
    if believed >= 1 or candidate.impact <= 0:
        return candidate
    text = f"the symptom may be chance (p = {symptom.p_value:.2g}): {believed:.0%} of that share is believed"
    item = EvidenceItem(kind="estimate", text=text, data={"believed": round(believed, 4)})
    weighed = replace(candidate, impact=believed * candidate.impact, evidence=(*candidate.evidence, item))
    if _is_the_symptom(candidate, symptom):
        return replace(weighed, specificity=believed * candidate.specificity)
    return weighed
