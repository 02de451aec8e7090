"""Which share of the symptom a broken component explains, and by which estimator."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from candidates.measures.broken import Broken, broken_metrics
from candidates.measures.clock import alignment
from candidates.measures.component_series import is_resource, kind_of
from candidates.measures.fallback import Fallback
from candidates.measures.flow import flows
from candidates.measures.health import explained_by_data
from candidates.measures.metric_roots import metric_roots
from candidates.measures.own_errors import error_share, own_errors
from candidates.measures.own_latency import calls_per_request, own_latencies, together
from candidates.measures.own_time import comparable, own_times, traced
from candidates.measures.recorded_errors import BROKEN_BEHIND, SELDOM, error_metric, own_error_rises
from candidates.measures.requests import slowed, whole_growth
from candidates.measures.tracking import tracking
from schemas.evidence import Evidence

MODEST = 0.35
"""Most of what nothing else explains that the mere coincidence of a component's trouble is thought to explain."""

UNTRACED = 0.8
"""Share of its callers' growth laid on a broken component that has no spans or latency of its own."""

MIN_Z = 3.0
UNRELATED = 0.3
"""What is left of a coincidence where the symptom does not follow the trouble inside the window."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the symptom in [0, 1], by which estimator, and the correlation inside the window (0 if unknown)."""

    value: float
    words: str
    r: float = 0.0


def fault_share(evidence: Evidence, node: str, origin: Broken, missing: Fallback | None = None) -> Share:
    """Return the share of the symptom that a node's broken metric explains.

    A latency: the node's own time or own latency; errors: the errors of its own making; any number: whether it
    comes and goes with the trouble, or what the inputs explain that went missing with the component (`missing`).
    What these leave unexplained is shared out by coincidence, modestly.
    """
    symptom, onset = evidence.symptom, origin.onset
    if symptom.incident.node == node and symptom.incident.metric == origin.metric:
        words = f"{origin.metric} of {node} is the symptom itself, and what {node} reads or calls does not explain it"
        itself = [root.impact for root in metric_roots(evidence) if root.flow.node == node]
        return Share(itself[0] if itself else 1.0, words)
    shares, words = measured_shares(evidence)
    fit = max(alignment(onset, symptom), 0.0) if onset else 0.3
    timely = 0.4 + 0.6 * (alignment(onset, symptom) if onset else 0.0)
    own = _own_share(evidence, node, shares) * max(timely, 0.0)
    if not is_resource(origin.kind):
        own *= 1.0 - (_slower_in_all(evidence, node) if slowed(symptom) else 0.0)
    left = max(1.0 - math.fsum(shares.values()), 0.0) if shares else 1.0 - explained_by_data(evidence)
    rest = _coincidence(evidence, origin, fit, left)
    if missing and missing.share * max(timely, 0.0) > max(own, rest.value):
        return Share(missing.share * max(timely, 0.0), missing.words(node), missing.r)
    if own >= rest.value:
        return Share(min(own, 1.0), words.format(node=node, share=own), rest.r)
    return rest


def measured_shares(evidence: Evidence) -> tuple[Mapping[str, float], str]:
    """Return node -> share of the symptom of its own making by spans or recorded metrics, and words for it.

    Empty where the symptom is neither a latency that rose nor errors; the words lack `node` and `share`.
    """
    kind = kind_of(evidence.symptom.incident.metric)
    if slowed(evidence.symptom):
        return evidence.once("time_shares", lambda: _time_shares(evidence))
    if kind in {"errors", "availability"}:
        return evidence.once("error_shares", lambda: _error_shares(evidence))
    return {}, ""


def own_strength(evidence: Evidence, node: str) -> float:
    """Return how surely what `measured_shares` lays on a node is its own: standard deviations, 0 when unknown."""
    if kind_of(evidence.symptom.incident.metric) is None:
        found = own_times(evidence, traced(evidence)) if traced(evidence) else []
        spans = [one.strength for one in found if one.node == node and one.ms > 0]
        recorded = [one.growth.z for one in own_latencies(evidence) if one.node == node]
    else:
        spans = [one.strength for name, one in own_errors(evidence).items() if name == node]
        recorded = [one.z for one in broken_metrics(evidence).get(node, ()) if not is_resource(one.kind)]
    if not spans and flows(evidence):
        recorded = [root.z for root in metric_roots(evidence) if root.flow.node == node]
    return max(spans or recorded, default=0.0)


def _slower_in_all(evidence: Evidence, node: str) -> float:
    """Return how much of a node's growing own time nearly all of its calls share, [0, 1]: failing ones do not make it.

    A few calls that wait until they fail move the mean; what moves the mean of the logarithms slows most calls.
    """
    grown = [one for one in own_times(evidence, traced(evidence)) if one.node == node and one.profile.logs is not None]
    most = max(grown, key=lambda one: one.ms, default=None)
    if most is None or most.mechanism != "slow_operation" or most.growth.before <= 0 or most.growth.delta <= 0:
        return 0.0
    logs = most.profile.logs
    typical = math.expm1(logs.mean_after - logs.mean_before) if logs else math.nan
    return min(max(typical * most.growth.before / most.growth.delta, 0.0), 1.0) if math.isfinite(typical) else 0.0


def _own_share(evidence: Evidence, node: str, shares: Mapping[str, float]) -> float:
    """Return a node's share; of its callers' where it is not measured itself."""
    if node in shares or node not in evidence.graph:
        return shares.get(node, 0.0)
    return UNTRACED * max((shares.get(caller, 0.0) for caller in evidence.graph.successors(node)), default=0.0)


def _time_shares(evidence: Evidence) -> tuple[Mapping[str, float], str]:
    profiles = traced(evidence)
    if profiles and comparable(evidence, profiles):
        found = own_times(evidence, profiles)
        grown: dict[str, float] = defaultdict(float)
        for one in found:
            grown[one.node] += max(one.ms, 0.0) if one.strength >= MIN_Z else 0.0
        whole = max(whole_growth(evidence, profiles, found), 1e-9) if found else 1.0
        words = "the own time of {node} is {share:.0%} of what a request takes longer (spans)"
        return {node: min(ms / whole, 1.0) for node, ms in sorted(grown.items())}, words
    words = "the latency of {node} that no callee explains is {share:.0%} of the symptom (metrics)"
    return _recorded_times(evidence), words


def _recorded_times(evidence: Evidence) -> Mapping[str, float]:
    """Return node -> share of the symptom by recorded latencies; of all that move with it, where that can be seen."""
    if whole_flow := flows(evidence):
        still = {node: 0.0 for kind, node in whole_flow.by_node if kind == "time"}
        return still | {root.flow.node: root.impact for root in metric_roots(evidence)}
    symptom, own = evidence.symptom, own_latencies(evidence)
    growth = symptom.value - symptom.baseline_value
    whole = growth if math.isfinite(growth) and growth > 0 else max((one.own * one.calls for one in own), default=0.0)
    shares = {
        one.node: min(max(one.own * one.calls / whole, 0.0), 1.0) * together(evidence, one.series)
        for one in own
        if whole > 0 and one.growth.z >= MIN_Z
    }
    return {one.node: 0.0 for one in own} | shares


def _error_shares(evidence: Evidence) -> tuple[Mapping[str, float], str]:
    if own_errors(evidence):
        nodes = sorted({profile.service for profile in traced(evidence)})
        words = "{node} itself makes {share:.0%} of the errors that reach the symptom (spans)"
        return {node: error_share(evidence, node) for node in nodes}, words
    words = "errors that no callee explains make {node} account for {share:.0%} of the rise (metrics)"
    if flows(evidence):
        return _root_shares(evidence), words
    return _recorded_shares(evidence), words


def _root_shares(evidence: Evidence) -> Mapping[str, float]:
    """Return node -> share of the symptom by the error rates that move with it.

    What is a caller's own lies mostly with a component behind it that broke and whose errors nobody records.
    """
    found, broken = flows(evidence), broken_metrics(evidence)
    shares = {root.flow.node: root.impact for root in metric_roots(evidence)}
    silent = [node for node in sorted(broken) if found and ("errors", node) not in found.by_node]
    for node in silent:
        for caller in sorted(evidence.graph.successors(node)) if node in evidence.graph else ():
            moved = BROKEN_BEHIND * together(evidence, broken[node][0].series, broken[node][0].excess)
            shares[node] = shares.get(node, 0.0) + moved * shares.get(caller, 0.0)
            shares[caller] = (1.0 - moved) * shares.get(caller, 0.0)
    return shares


def _recorded_shares(evidence: Evidence) -> Mapping[str, float]:
    """Return node -> share of the symptom by recorded error rates, as far as they move together with it."""
    target, broken = evidence.symptom.incident.node, broken_metrics(evidence)
    rises = own_error_rises(evidence)
    own = {node: rise * calls_per_request(evidence, target, node, SELDOM) for node, rise in rises.items()}
    change = abs(evidence.symptom.value - evidence.symptom.baseline_value)
    whole = change if math.isfinite(change) and change > 0 else max(own.values(), default=0.0)
    shares = {}
    for node, rise in own.items():
        one = error_metric(broken[node]) or broken[node][0]
        shares[node] = min(rise / whole, 1.0) * together(evidence, one.series, one.excess) if whole > 0 else 0.0
    total = max(math.fsum(shares.values()), 1.0)
    return {node: share / total for node, share in shares.items()}


def _coincidence(evidence: Evidence, origin: Broken, fit: float, left: float) -> Share:
    """Return the share by timing alone, or by following the trouble bucket by bucket inside the window."""
    symptom = evidence.symptom
    found = tracking(symptom, origin.series, origin.excess)
    metric = symptom.incident.metric
    if found and found.together:
        words = f"{metric} comes and goes with {origin.metric} of {origin.node} inside the window (r = {found.r:.2f})"
        return Share(found.share * max(left, found.r), words, found.r)
    certain = min(max((origin.z - MIN_Z) / 5.0, 0.0), 1.0)
    value = MODEST * left * fit * certain * (UNRELATED if found else 1.0)
    words = (
        f"{origin.metric} of {origin.node} broke as the symptom began; nothing else explains {left:.0%} of it (timing)"
    )
    return Share(value, words, found.r if found else 0.0)
