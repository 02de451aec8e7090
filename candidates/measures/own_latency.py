"""From latency metrics alone: how much of a service's growth its callees do not explain.

Without spans a caller's latency contains its callees'. A service's own growth is its growth minus the
largest growth among the services that it waits for, each times the calls per request where both
report `requests`. Services without a latency metric are looked through to the ones behind them.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import networkx as nx
import numpy as np

from candidates.measures.clock import to_numpy, within
from candidates.measures.growth import Growth, measure_growth
from schemas.evidence import Evidence, FloatArray, Series, TimeArray
from schemas.incident import LATENCY_METRICS

OPERATION_DIMENSIONS = ("operation", "endpoint", "route")
MAX_CALLS = 50.0
"""Most calls per request that are believed from two request rates."""

FEW_BUCKETS = 4
UNKNOWN = 0.5
MIN_Z = 3.0
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class OwnLatency:
    """One service's latency, and what of its growth is its own.

    Parameters
    ----------
    own
        Growth that no callee explains, in the metric's unit.
    calls
        Calls per request of the symptomatic node, at least 1; 1 when unknown.
    callee
        The callee that explains most of the rest, if any.
    subject
        The operation, when the metric has a dimension that names it.
    """

    node: str
    subject: str | None
    own: float
    calls: float
    callee: str | None
    growth: Growth
    series: Series


def latency_series(evidence: Evidence) -> Mapping[str, tuple[Series, ...]]:
    """Return the latency series of every upstream node, all of one metric: the symptom's where there is a choice."""
    wanted = evidence.symptom.incident.metric
    order = sorted(LATENCY_METRICS, key=lambda metric: (metric != wanted, metric != "latency_p95", metric))
    by_metric: dict[str, dict[str, list[Series]]] = defaultdict(lambda: defaultdict(list))
    for series in evidence.metrics:
        if series.metric in order and series.node in evidence.upstream:
            by_metric[series.node][series.metric].append(series)
    return {
        node: tuple(sorted(metrics[min(metrics, key=order.index)], key=lambda s: sorted(s.dimensions.items())))
        for node, metrics in sorted(by_metric.items())
    }


def own_latencies(evidence: Evidence) -> tuple[OwnLatency, ...]:
    """Return every measured service's growth with what of it is its own, ordered by name."""
    series = latency_series(evidence)
    chosen = {node: found for node, choice in series.items() if (found := _overall(evidence, choice)) is not None}
    return tuple(_own(evidence, node, chosen, series[node]) for node in sorted(chosen))


def _measure(evidence: Evidence, series: Series) -> Growth | None:
    return measure_growth(evidence.symptom, series.ts, series.value, np.ones_like(series.value))


def _overall(evidence: Evidence, choice: Sequence[Series]) -> tuple[Series, Growth] | None:
    """Return the service's series without dimensions, or the mean over its dimensions, with its growth."""
    plain = [series for series in choice if not series.dimensions]
    series = plain[0] if plain else mean_series(choice)
    growth = _measure(evidence, series)
    return None if growth is None else (series, growth)


def mean_series(choice: Sequence[Series]) -> Series:
    """Return the mean over several series of one node and metric, `n` counting them."""
    ts, place = np.unique(np.concatenate([series.ts for series in choice]), return_inverse=True)
    value = np.concatenate([series.value for series in choice])
    known = np.isfinite(value)
    n = np.bincount(place[known], minlength=len(ts)).astype(np.float64)
    total = np.bincount(place[known], value[known], minlength=len(ts))
    mean = np.divide(total, n, out=np.full(len(ts), np.nan), where=n > 0)
    return Series(choice[0].node, choice[0].metric, ts, mean, n)


def _own(
    evidence: Evidence, node: str, chosen: Mapping[str, tuple[Series, Growth]], choice: Sequence[Series]
) -> OwnLatency:
    series, growth = chosen[node]
    explained = [
        (_explained(evidence, node, callee, chosen), callee) for callee in measured_callees(evidence, node, chosen)
    ]
    most, callee = max(explained, default=(0.0, ""))
    reach = evidence.symptom.incident.node
    return OwnLatency(
        node=node,
        subject=_operation(evidence, choice),
        own=float(growth.delta - most),
        calls=calls_per_request(evidence, reach, node),
        callee=callee if most > 0 else None,
        growth=growth,
        series=series,
    )


def _explained(evidence: Evidence, node: str, callee: str, chosen: Mapping[str, tuple[Series, Growth]]) -> float:
    """Return how much of a caller's growth a callee explains, in the metric's unit.

    All of it when the callee grew by as large a factor: growth is diluted on its way from its source
    to those who wait for it. Else as much as the callee grew itself. Less, where the callee does not
    move with the symptom; nothing, where it grew later, or where the two call each other and the
    caller grew by the larger factor.
    """
    growth, (series, other) = chosen[node][1], chosen[callee]
    if min(growth.delta, other.delta) <= 0 or other.z < MIN_Z:
        return 0.0
    if not _not_later(other, growth, evidence.symptom.bucket_seconds):
        return 0.0
    own_factor, factor = (one.delta / max(one.before, TINY) for one in (growth, other))
    if call_each_other(evidence, node, callee) and (own_factor, node) > (factor, callee):
        return 0.0
    trust = min(together(evidence, series) / UNKNOWN, 1.0)
    amount = growth.delta if factor >= own_factor else other.delta * calls_per_request(evidence, node, callee)
    return trust * amount


def call_each_other(evidence: Evidence, one: str, other: str) -> bool:
    """Return whether two services can reach each other along the graph."""
    loops = evidence.once("loops", lambda: _loops(evidence))
    return one in loops and loops.get(one) == loops.get(other)


def _loops(evidence: Evidence) -> dict[str, int]:
    """Return node -> number of the loop of services that call each other."""
    parts = nx.strongly_connected_components(evidence.graph)
    return {node: number for number, part in enumerate(parts) for node in part}


def _not_later(callee: Growth, caller: Growth, slack: float) -> bool:
    """Return whether the callee's growth may have come first, given both intervals."""
    if callee.onset is None or caller.onset is None:
        return True
    return (callee.onset.low - caller.onset.high).total_seconds() <= slack


def measured_callees(evidence: Evidence, node: str, measured: Iterable[str]) -> list[str]:
    """Return the nearest causes of a node that have a latency, looking through those that have none."""
    known, seen = set(measured), {node}
    found: set[str] = set()
    queue = deque([node])
    while queue:
        here = queue.popleft()
        for cause in evidence.graph.predecessors(here) if here in evidence.graph else ():
            if cause not in seen:
                seen.add(cause)
                (found.add if cause in known else queue.append)(cause)
    return sorted(found)


def together(evidence: Evidence, series: Series, shown: FloatArray | None = None) -> float:
    """Return how well a series moves with the symptom around its onset: a correlation, in [0, 1].

    Only the window and as long a time before it count: a component that had drifted before the
    symptom began, or drifts after, does not move with it. 0.5 when too few buckets say anything.

    Parameters
    ----------
    shown
        (T,) what should move with the symptom's harm in place of the series' values, which rise with a rise.
    """
    symptom = evidence.symptom
    length = max(symptom.window.end - symptom.onset.at, timedelta(seconds=3 * symptom.bucket_seconds))
    near = (symptom.series.ts >= to_numpy(symptom.onset.at - length)) & (
        symptom.series.ts < to_numpy(symptom.window.end)
    )
    ts, target = symptom.series.ts[near], symptom.series.value[near]
    if shown is not None:
        series = replace(series, value=shown)
        target = target if symptom.direction == "up" else -target
    value = in_buckets(series, ts, symptom.bucket_seconds)
    known = np.isfinite(target) & np.isfinite(value)
    if known.sum() < FEW_BUCKETS or np.ptp(target[known]) == 0:
        return UNKNOWN
    if np.ptp(value[known]) == 0:
        return 0.0
    return float(np.clip(np.corrcoef(target[known], value[known])[0, 1], 0.0, 1.0))


def in_buckets(series: Series, starts: TimeArray, seconds: float) -> FloatArray:
    """Return the mean of the series within each bucket that begins at one of the ordered starts; NaN where none."""
    known = np.isfinite(series.value)
    ts, value = series.ts[known], series.value[known]
    place = np.searchsorted(starts, ts, side="right") - 1
    inside = place >= 0
    inside[inside] &= ts[inside] < starts[place[inside]] + np.timedelta64(round(seconds * 1e6), "us")
    n = np.bincount(place[inside], minlength=len(starts)).astype(np.float64)
    total = np.bincount(place[inside], value[inside], minlength=len(starts))
    mean: FloatArray = np.divide(total, n, out=np.full(len(starts), np.nan), where=n > 0)
    return mean


def calls_per_request(evidence: Evidence, caller: str, callee: str, least: float = 1.0) -> float:
    """Return how often the caller calls the callee per request, from both request rates; 1 when unknown.

    `least`: fewest that are believed; below 1 for a callee that only some requests call.
    """
    rates = evidence.once("requests", lambda: _request_rates(evidence))
    if rates.get(caller, 0.0) <= 0 or callee not in rates:
        return 1.0
    return float(np.clip(rates[callee] / rates[caller], least, MAX_CALLS))


def _request_rates(evidence: Evidence) -> dict[str, float]:
    rates: dict[str, list[float]] = defaultdict(list)
    for series in evidence.metrics:
        if series.metric == "requests" and not series.dimensions:
            value = series.value[within(series.ts, evidence.symptom.window) & np.isfinite(series.value)]
            if len(value):
                rates[series.node].append(float(value.mean()))
    return {node: max(values) for node, values in rates.items()}


def operation_of(evidence: Evidence, node: str) -> str | None:
    """Return the operation of a node whose latency grew most, where a dimension names operations."""
    return _operation(evidence, latency_series(evidence).get(node, ()))


def _operation(evidence: Evidence, choice: Sequence[Series]) -> str | None:
    """Return the operation whose latency grew most, where a dimension names operations."""
    named = [
        (growth.delta, series.dimensions[dimension])
        for series in choice
        for dimension in OPERATION_DIMENSIONS
        if dimension in series.dimensions and (growth := _measure(evidence, series)) is not None
    ]
    return max(named)[1] if named else None
