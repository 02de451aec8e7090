"""What is said and shown of a component that became slower: sentences, tables and charts."""

import math
from collections.abc import Sequence

import numpy as np

from candidates.measures.clock import stamp
from candidates.measures.own_latency import OwnLatency
from candidates.measures.own_time import OwnTime
from schemas.analysis import EvidenceItem
from schemas.evidence import FloatArray, TimeArray
from schemas.incident import Change

TABLE_ROWS = 8
CHART_POINTS = 200

VERIFY = {
    "slow_operation": "Open a few slow traces since the onset and look at what {subject} of {node} does itself.",
    "more_calls": "Count the calls of {subject} in one slow trace: are they retries, or a loop over single items?",
    "network_gap": "Compare client and server spans of {subject} of {node}: what lies between is network or queueing.",
}
REMEDY = {
    "slow_operation": "Profile {subject} of {node}, check its CPU, and roll back its last deployment if that fits.",
    "more_calls": "Cap retries with backoff, batch the calls of {subject}, and find what made its callers repeat them.",
    "network_gap": "Check network, connection pools and queues before {node}; move or drain the affected hosts.",
}


def span_summary(target: str, node: str, top: OwnTime, share: float) -> str:
    """Return one sentence: what takes longer, since when, and how much of the target's growth it is."""
    since = f" since {stamp(top.growth.onset.at)}" if top.growth.onset else ""
    b, a = top.growth.before, top.growth.after
    what = {
        "slow_operation": f"{top.subject} of {node} takes {a:.3g} ms of its own per call instead of {b:.3g} ms",
        "more_calls": f"{top.subject} of {node} is called {a:.3g} times per request instead of {b:.3g}",
        "network_gap": f"calls to {top.subject} of {node} wait {a:.3g} ms outside it instead of {b:.3g} ms",
    }[top.mechanism]
    return f"{what}{since}; {node} accounts for {share:.0%} of the growth of {target}'s requests."


def metric_summary(one: OwnLatency) -> str:
    """Return one sentence: how a latency metric rose, since when, and how much of that is the service's own."""
    growth = one.growth
    since = f" since {stamp(growth.onset.at)}" if growth.onset else ""
    rest = f"; {one.callee} behind it explains the rest" if one.callee else ""
    rose = f"{one.series.metric} of {one.node} rose from {growth.before:.3g} to {growth.after:.3g}{since}"
    return f"{rose}, {one.own:.3g} of it its own{rest}."


def operations_item(ways: Sequence[OwnTime], share: float) -> EvidenceItem:
    """Return a table of the operations that grew, per request of the target."""
    rows = [
        {
            "service": one.profile.service,
            "operation": one.profile.operation,
            "before_ms": _round(one.profile.per_request_before),
            "after_ms": _round(one.profile.per_request_after),
            "calls_before": _round(one.profile.calls_before),
            "calls_after": _round(one.profile.calls_after),
        }
        for one in ways[:TABLE_ROWS]
    ]
    ms = math.fsum(one.ms for one in ways)
    text = f"Own time per request grew by {ms:.3g} ms here, {share:.0%} of the growth of the mean request."
    return EvidenceItem(kind="trace", text=text, data={"operations": rows})


def chart_of(top: OwnTime) -> tuple[str, TimeArray, FloatArray]:
    """Return title, times and values of the series that shows the growth."""
    profile = top.profile
    if top.mechanism == "more_calls" and profile.requests is not None:
        empty = np.full_like(profile.n, np.nan)
        calls = np.divide(profile.n, profile.requests, out=empty, where=profile.requests > 0)
        return f"Calls of {profile.operation} per request", profile.ts, calls
    return f"Own time of {profile.operation} of {profile.service}, ms per call", profile.ts, profile.self_ms


def change_items(changes: Sequence[Change]) -> list[EvidenceItem]:
    """Return the first few change events as evidence."""
    return [
        EvidenceItem(
            kind="change",
            text=f"{change.kind} on {change.node} at {stamp(change.ts)}: {change.title or 'untitled'}",
            data={"ts": change.ts.isoformat(), "kind": change.kind, "title": change.title},
        )
        for change in changes[:3]
    ]


def series_item(text: str, ts: TimeArray, value: FloatArray) -> EvidenceItem:
    """Return a chart's data; long series are thinned evenly, gaps become null."""
    step = -(-len(ts) // CHART_POINTS) or 1
    data = {
        "ts": [f"{moment}Z" for moment in np.datetime_as_string(ts[::step], unit="s")],
        "value": [_round(v) if math.isfinite(v) else None for v in value[::step].tolist()],
    }
    return EvidenceItem(kind="series", text=text, data=data)


def _round(number: float) -> float:
    return float(f"{number:.4g}")
