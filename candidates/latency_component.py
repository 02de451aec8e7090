"""One component's own time grew: a slow operation, a storm of calls, a slow network between two services.

From spans where there are any, else from latency metrics. A caller's waiting is never its own time. The
impact is the component's growth per request over the growth of the whole request; for a symptom that is
not a latency it stays modest, since slowness rarely explains a wrong number.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from candidates.measures.broken import broke_first
from candidates.measures.clock import alignment
from candidates.measures.component_reach import most_telling, reached_metrics, reached_nodes
from candidates.measures.flow import flows
from candidates.measures.growth import Growth
from candidates.measures.latency_words import (
    REMEDY,
    VERIFY,
    change_items,
    chart_of,
    metric_summary,
    operations_item,
    series_item,
    span_summary,
)
from candidates.measures.metric_roots import MetricRoot, metric_roots, own_key, plainly
from candidates.measures.own_latency import OwnLatency, latency_series, operation_of, own_latencies, together
from candidates.measures.own_time import OwnTime, comparable, own_times, traced
from candidates.measures.requests import own_latency_key, seen, slowed, whole_growth
from candidates.measures.root_growth import root_growth
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence
from schemas.incident import LATENCY_METRICS, Change

FAMILY = "latency_component"
LONG_AGO = 12.0
"""Buckets before the symptom from which on slowness is not what is complained of."""
MIN_Z = 3.0
MIN_RELATIVE = 0.1
"""Smallest growth worth naming, relative to the baseline."""

MIN_SHARE = 0.02
MODEST = 0.3
"""Most of a symptom other than latency that slowness is thought to explain."""
UNDATED = 0.3
"""How well a growth of unknown onset fits the symptom's."""

MAX_RATIO = 1000.0
"""Largest ratio handed on as a feature; a new operation has no other."""

ELSEWHERE = frozenset({"config", "flag", "infrastructure"})
"""Changes that speak for another family, `config_change`."""

FOLLOWS = 0.5
"""How much less it speaks for slowness of its own when a resource of the service broke first (`component_fault`)."""

CERTAIN = 0.7
"""How much the metric of a service that clearly moves by itself speaks for it; spans would say more."""

SPECIFICITY = {"slow_operation": 0.9, "more_calls": 0.8, "network_gap": 0.7}


def generate(evidence: Evidence) -> Findings:
    """Propose the services whose own time grew; see the module's docstring."""
    profiles = traced(evidence)
    if profiles and comparable(evidence, profiles):
        return _from_spans(evidence)
    if latency_series(evidence):
        return _from_metrics(evidence)
    if evidence.operations and not profiles:
        return Findings(ruled_out=f"no traced service is upstream of {evidence.symptom.incident.node}")
    return Findings(not_examined="no traces or latency metrics")


def _is_latency(evidence: Evidence) -> bool:
    return evidence.symptom.incident.metric in LATENCY_METRICS


def _impact(evidence: Evidence, share: float, growth: Growth, strength: float) -> float:
    """Return the share of the symptom explained, in [0, 1].

    Where only all calls together show the growth, buckets of few calls each do not tell its onset either.
    """
    if _is_latency(evidence):
        return share if slowed(evidence.symptom) else 0.0
    dated = growth.onset is not None and growth.z >= MIN_Z
    fit = max(alignment(growth.onset, evidence.symptom), 0.0) if dated else UNDATED
    return MODEST * fit * share * (1 - math.exp(-max(strength, 0.0) / 6))


def _moved(growth: Growth, strength: float) -> bool:
    """Return whether a growth stands out of its own variation and is worth naming."""
    return strength >= MIN_Z and growth.delta > MIN_RELATIVE * abs(growth.before)


def _finish(candidates: Sequence[Candidate], largest: str) -> Findings:
    kept = [candidate for candidate in candidates if candidate.impact > 0]
    if not kept:
        return Findings(ruled_out=f"no component's own time moved ({largest})")
    return Findings(candidates=most_telling(kept))


def _p(growth: Growth) -> str:
    return f"p = {growth.p_value:.2g}"


def _from_spans(evidence: Evidence) -> Findings:
    profiles = traced(evidence)
    found = own_times(evidence, profiles)
    if not found:
        return Findings(not_examined="no operation was traced in both the baseline and the window")
    whole = whole_growth(evidence, profiles, found)
    by_node: dict[str, list[OwnTime]] = defaultdict(list)
    for one in found:
        if one.ms > 0 and _moved(one.growth, one.strength):
            by_node[one.node].append(one)
    candidates = [_span_candidate(evidence, node, by_node[node], whole) for node in sorted(by_node)]
    top = max(found, key=lambda one: (one.ms, one.node, one.subject))
    largest = f"largest change {top.ms:+.2g} ms a request in {top.subject} of {top.node}, {_p(top.growth)}"
    return _finish([one for one in candidates if one.features["share"] >= MIN_SHARE], largest)


def _span_candidate(evidence: Evidence, node: str, ways: Sequence[OwnTime], whole: float) -> Candidate:
    """Return one service's candidate; its subject is the operation that grew most."""
    ways = sorted(ways, key=lambda one: (-one.ms, one.subject, one.mechanism))
    top, total = ways[0], math.fsum(one.ms for one in ways)
    share = min(max(total / whole, 0.0), 1.0) if whole > 0 else 0.0
    onset = top.growth.onset
    changes = _coincident(evidence, node, top.growth)
    return Candidate(
        family=FAMILY,
        node=node,
        subject=top.subject,
        mechanism=top.mechanism,
        impact=_impact(evidence, share, top.growth, top.strength),
        strength=top.strength,
        specificity=SPECIFICITY[top.mechanism] * (1.0 if onset else 0.8) * _by_itself(evidence, node, top.growth),
        summary=span_summary(evidence.symptom.incident.node, node, top, share),
        observed_at=top.profile.service,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        evidence=(operations_item(ways, share), series_item(*chart_of(top)), *change_items(changes)),
        verify=VERIFY[top.mechanism].format(subject=top.subject, node=node),
        remedy=REMEDY[top.mechanism].format(subject=top.subject, node=node),
        explains=_explains(evidence, node),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "share": share,
            # slowness shows in requests that are complained of as slow, never in failing ones; nor if it is an old one
            "seen_in_requests": seen(evidence, top.strength, share, top.profile.calls_after)
            if _is_latency(evidence) and not _onset_gap(evidence, top.growth) > LONG_AGO
            else 0.0,
            "ratio": _ratio(top.growth.before, top.growth.after),
            "calls_ratio": _ratio(top.profile.calls_before, top.profile.calls_after),
            "onset_gap_buckets": _onset_gap(evidence, top.growth),
            "coincident_change": float(bool(changes)),
        },
    )


def _from_metrics(evidence: Evidence) -> Findings:
    found = own_latencies(evidence)
    if not found:
        return Findings(not_examined="no latency metric covers both the baseline and the window")
    top = max(found, key=lambda one: (one.own, one.node))
    largest = f"largest change {top.own:+.2g} in {top.series.metric} of {top.node}, {_p(top.growth)}"
    if flows(evidence):
        return _finish(_of_roots(evidence), largest)
    own = [one for one in found if _moved(one.growth, one.growth.z) and one.own > MIN_RELATIVE * abs(one.growth.before)]
    whole = _symptom_growth(evidence) or max((one.own * one.calls for one in own), default=0.0)
    return _finish([_metric_candidate(evidence, one, whole) for one in own], largest)


def _of_roots(evidence: Evidence) -> list[Candidate]:
    """Return the services whose latency moves with the symptom, by what of it no callee explains."""
    moved = [(root, root_growth(evidence, root)) for root in metric_roots(evidence, "time")]
    own = [(root, growth) for root, growth in moved if _moved(growth, root.z) and root.impact >= MIN_SHARE]
    return [_root_candidate(evidence, *one) for one in own]


def _symptom_growth(evidence: Evidence) -> float:
    growth = evidence.symptom.value - evidence.symptom.baseline_value
    return growth if _is_latency(evidence) and math.isfinite(growth) and growth > 0 else 0.0


def _root_candidate(evidence: Evidence, root: MetricRoot, growth: Growth) -> Candidate:
    """Return the candidate of a root; what it calls has been taken off already."""
    flow = root.flow
    one = OwnLatency(flow.node, operation_of(evidence, flow.node), root.own * growth.delta, flow.calls, root.callee,
                     growth, flow.series)  # fmt: skip
    found = _with_share(evidence, one, root.impact, root.r)
    return replace(
        found,
        strength=root.z,
        specificity=(CERTAIN * root.certainty) * _by_itself(evidence, flow.node, growth),
        explains=(own_key(found.explains[0]), *found.explains),
        features={**found.features, "seen_in_requests": plainly(evidence, root)},
    )


def _metric_candidate(evidence: Evidence, one: OwnLatency, whole: float) -> Candidate:
    fit = together(evidence, one.series)
    return _with_share(evidence, one, min(max(one.own * one.calls / whole, 0.0), 1.0) * fit, fit)


def _with_share(evidence: Evidence, one: OwnLatency, share: float, fit: float) -> Candidate:
    """Return the candidate of a service whose latency rose, given its share of the growth and how it moves with it."""
    growth, onset = one.growth, one.growth.onset
    changes = _coincident(evidence, one.node, growth)
    return Candidate(
        family=FAMILY,
        node=one.node,
        subject=one.subject,
        mechanism="slow_operation",
        impact=_impact(evidence, share, growth, growth.z),
        strength=growth.z * min(one.own / growth.delta, 1.0),
        specificity=(0.5 if one.callee else 0.6) * _by_itself(evidence, one.node, growth),
        summary=metric_summary(one),
        observed_at=one.node,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        evidence=(_metric_item(one, fit), *change_items(changes)),
        verify=f"Trace a few requests through {one.node}: is the time spent in it, or in something that it waits for?",
        remedy=f"Check load, CPU and the last deployment of {one.node}, and roll that back if it fits.",
        explains=_explains(evidence, one.node),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "share": share,
            "moves_with_symptom": fit,
            "ratio": _ratio(growth.before, growth.after),
            "calls_ratio": 1.0,
            "onset_gap_buckets": _onset_gap(evidence, growth),
            "coincident_change": float(bool(changes)),
        },
    )


def _metric_item(one: OwnLatency, fit: float) -> EvidenceItem:
    text = f"{one.series.metric} of {one.node}; it moves with the symptom (correlation {fit:.2f})"
    return series_item(text, one.series.ts, one.series.value)


def _by_itself(evidence: Evidence, node: str, growth: Growth) -> float:
    """Return how much the slowness speaks for itself: less when a resource of the service broke first, [0.5, 1]."""
    return 1.0 - FOLLOWS * broke_first(evidence, node, growth.onset)


def _ratio(before: float, after: float) -> float:
    return float(min(after / before, MAX_RATIO)) if before > 0 else MAX_RATIO


def _onset_gap(evidence: Evidence, growth: Growth) -> float:
    """Return how many buckets before the symptom this began; 0 when unknown."""
    if growth.onset is None:
        return 0.0
    gap = (evidence.symptom.onset.at - growth.onset.at).total_seconds()
    return gap / max(evidence.symptom.bucket_seconds, 1.0)


def _coincident(evidence: Evidence, node: str, growth: Growth) -> list[Change]:
    """Return the changes on the node within the onset's interval, give or take one bucket."""
    onset = growth.onset or evidence.symptom.onset
    slack = timedelta(seconds=evidence.symptom.bucket_seconds)
    near = [c for c in evidence.changes if c.node == node and onset.low - slack <= c.ts <= onset.high + slack]
    return [c for c in near if c.kind not in ELSEWHERE]


def _explains(evidence: Evidence, node: str) -> tuple[tuple[str, ...], ...]:
    """Return its own latency first, then those of everything that waits for it."""
    symptom = evidence.symptom.incident
    keys = reached_metrics(evidence, node, LATENCY_METRICS)
    if symptom.metric in LATENCY_METRICS and symptom.node in reached_nodes(evidence, node):
        keys.add(("metric", symptom.node, symptom.metric))
    own = own_latency_key(evidence, node)
    return (own, *sorted(keys - {own}))
