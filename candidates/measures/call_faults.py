"""Services that answer early, are not reached or call others than before, as causes.

Nothing is slow and perhaps no status says error: the call tree itself is the evidence (`call_shapes`).
"""

from datetime import timedelta

from candidates.measures.call_shapes import OddCalls, odd_calls
from candidates.measures.clock import alignment, stamp
from candidates.measures.component_reach import SPREADING, reached_metrics
from candidates.measures.own_errors import own_errors
from candidates.measures.requests import own_latency_key, seen, unproven
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate
from schemas.evidence import Evidence, Onset
from schemas.incident import LATENCY_METRICS

NAMED = 4
SLOWNESS = 0.3
"""Most of a proven slowness that a change of what is called is thought to explain."""

LEAD = 0.4
"""Of a single caller's early return, what is laid at the door of the callee that it called last."""

ENOUGH = 4
"""Odd spans beyond the first from which on they are plain: a single one may be a lost span."""

SURE_FROM, SURE_AT = 1.0, 4.0
"""Standard deviations between which odd calls come to count in full."""

VERIFY = {
    "early_return": "Open traces of {operation} of {node} that lack the missing calls: what did it return, and why?",
    "unreached": "Is {node} up? Calls to {operation} are made and its own spans are missing.",
    "callers_stop": "Open traces that end after {operation} of {node}: what did it answer, and was it an exception?",
    "other_calls": "Compare a trace of {operation} of {node} from before with one since: what decides whom it calls?",
}
REMEDY = {
    "early_return": "Read the log of {node} for exceptions in {operation}; roll back its last deployment or flag.",
    "unreached": "Check the health and the network of {node}, and whether its spans are still exported.",
    "callers_stop": "Read the log of {node} for exceptions in {operation}; roll back its last deployment or flag.",
    "other_calls": "Look for a deployment, flag or failed fallback of {node} that changes what {operation} does.",
}


def call_faults(evidence: Evidence) -> list[Candidate]:
    """Return one candidate per service that calls differently, or is no longer reached, ordered by name."""
    found = odd_calls(evidence)
    whole = max((_certain(one) for one in found.values()), default=0.0)
    return [_candidate(evidence, node, found[node], whole) for node in sorted(found)]


def _certain(one: OddCalls) -> float:
    return min(max((one.z - SURE_FROM) / (SURE_AT - SURE_FROM), 0.0), 1.0)


def _impact(evidence: Evidence, one: OddCalls, whole: float) -> float:
    """Return the share of what went wrong in the requests: by certainty, for a number of them says little of harm."""
    symptom = evidence.symptom
    share = _certain(one) ** 2 / whole * (LEAD if one.lead else 1.0) if whole > 0 else 0.0
    if symptom.incident.metric in LATENCY_METRICS and not unproven(symptom):
        # requests that end early are over sooner
        return share if symptom.direction == "down" and one.mechanism != "other_calls" else SLOWNESS * share
    if symptom.incident.metric in {"errors", "availability"}:
        # errors that spans tell of say more surely where they come from
        return share * (SLOWNESS if own_errors(evidence) else 1.0)
    return share if symptom.incident.metric in LATENCY_METRICS else SLOWNESS * share


def _candidate(evidence: Evidence, node: str, one: OddCalls, whole: float) -> Candidate:
    impact, onset = _impact(evidence, one, whole), _onset(evidence, one)
    said = {"operation": one.operation, "node": node}
    return Candidate(
        family="component_fault",
        node=node,
        subject="availability" if one.mechanism == "unreached" else "errors",
        mechanism=one.mechanism,
        impact=impact,
        strength=one.z,
        specificity=0.6 + 0.35 * _certain(one),
        summary=f"{_what(one)}{f' since {stamp(onset.at)}' if onset else ''}.",
        observed_at=node,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        evidence=(_item(one),),
        verify=VERIFY[one.mechanism].format(**said),
        remedy=REMEDY[one.mechanism].format(**said),
        explains=_explains(evidence, node),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "share": impact,
            "seen_in_requests": seen(evidence, 2 * one.z, impact * min((one.n - 1) / ENOUGH, 1.0)),
            "odd_spans": float(one.n),
            "odd_share": one.share,
        },
    )


def _onset(evidence: Evidence, one: OddCalls) -> Onset | None:
    """Return when the first odd span began; it may have begun unseen since the window did."""
    if one.first is None:
        return None
    start = min(evidence.symptom.window.start, one.first)
    bucket = timedelta(seconds=evidence.symptom.bucket_seconds)
    return Onset(max(one.first - bucket, start), start, one.first)


def _what(one: OddCalls) -> str:
    missing, added = (", ".join(f"{op} of {who}" for who, op in some[:NAMED]) for some in (one.missing, one.added))
    spans = f"{one.n} of {one.total} spans ({one.share:.0%}; before {one.before:.1%})"
    if one.mechanism == "unreached":
        return f"{one.operation} of {one.node} is called and leaves no span of its own in {spans}"
    if one.mechanism == "callers_stop":
        return f"callers return without {missing} after {one.operation} of {one.node} in {spans}"
    if one.mechanism == "other_calls":
        instead = f" instead of {missing}" if missing else ""
        return f"{one.operation} of {one.node} calls {added}{instead} in {spans}"
    return f"{one.operation} of {one.node} returns without calling {missing} in {spans}"


def _item(one: OddCalls) -> EvidenceItem:
    data = {
        "operation": one.operation,
        "missing": [list(pair) for pair in one.missing],
        "added": [list(pair) for pair in one.added],
        "odd": one.n,
        "spans": one.total,
        "share_before": round(one.before, 6),
    }
    text = f"{_what(one)}; nothing below it failed or is odd (z = {one.z:.1f})"
    return EvidenceItem(kind="trace", text=text, data=data)


def _explains(evidence: Evidence, node: str) -> tuple[tuple[str, ...], ...]:
    """Return its own errors first, then latencies, errors and availability of all that call it."""
    own = ("metric", node, "errors")
    keys = reached_metrics(evidence, node, SPREADING) | {own_latency_key(evidence, node)}
    return (own, *sorted(keys - {own}))
