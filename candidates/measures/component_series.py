"""Which metrics of a component tell that it is broken, made comparable: counters as rates, load taken out."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from candidates.measures.clock import to_numpy, within
from candidates.measures.growth import HUGE
from candidates.measures.own_latency import mean_series
from candidates.measures.robust import lag_one, winsorise
from schemas.evidence import BoolArray, Evidence, FloatArray, Series, Symptom, TimeArray
from schemas.incident import RESOURCE_METRICS

WORDS: Mapping[str, frozenset[str]] = {
    "cpu": frozenset({"cpu"}),
    "memory": frozenset({"memory", "mem", "heap", "rss"}),
    "disk": frozenset({"disk", "io", "iops", "filesystem"}),
    "network": frozenset({"network", "net", "packets", "bandwidth"}),
    "errors": frozenset({"error", "errors", "failure", "failures", "failed", "exceptions", "5xx"}),
    "availability": frozenset({"availability", "available", "uptime"}),
}
"""Kind of component metric -> words of which its name has one; the conventional names come first."""

LOADED = frozenset({"cpu", "disk", "network"})
"""Resources that requests use up in proportion."""

COUNTED = frozenset({"cpu", "disk", "network", "errors"})
"""What may be recorded as a counter that only grows."""

FEW = 8
"""Fewer shared buckets than this teach no relation to the load."""

SURE = 4.0
BUSIER = 1.2
"""From this ratio of requests on, a component is busier."""

TOGETHER, ALIKE = 4, 0.75
"""Fewest components that show what all do; share of them that must have gained as much."""

DAY_HOURS = 24
SHORT_SECONDS = 3 * 3600
LONG_DAYS = 3


def kind_of(metric: str) -> str | None:
    """Return which kind of component metric a name means, or None.

    Examples
    --------
    >>> kind_of("cpu"), kind_of("error_rate"), kind_of("latency_p95")
    ('cpu', 'errors', None)
    """
    words = set(re.split(r"[^a-z0-9]+", metric.lower()))
    return next((kind for kind, names in WORDS.items() if words & names), None) if "latency" not in words else None


def is_resource(kind: str) -> bool:
    """Return whether a kind of metric is a resource: cpu, memory, disk or network."""
    return kind in RESOURCE_METRICS


def component_series(evidence: Evidence) -> Mapping[tuple[str, str], tuple[Series, ...]]:
    """Return (node, metric) -> its series, the overall one first, of every upstream node that is not a KPI."""
    return evidence.once("component_series", lambda: _component_series(evidence))


def _component_series(evidence: Evidence) -> Mapping[tuple[str, str], tuple[Series, ...]]:
    found: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for series in evidence.metrics:
        declared = evidence.system.by_id.get(series.node)
        if series.node in evidence.upstream and not (declared and declared.kind == "kpi") and kind_of(series.metric):
            found[series.node, series.metric].append(_as_rate(series))
    return {key: _overall_first(found[key]) for key in sorted(found)}


def _overall_first(choice: Sequence[Series]) -> tuple[Series, ...]:
    parts = sorted((s for s in choice if s.dimensions), key=lambda s: sorted(s.dimensions.items()))
    plain = [s for s in choice if not s.dimensions] or [mean_series(parts)]
    return (*plain[:1], *(parts if len(parts) > 1 else ()))


def _as_rate(series: Series) -> Series:
    """Return a counter's increase per reading (a reset is a gap); every other series as it is."""
    value = np.clip(series.value, -HUGE, HUGE)
    known = value[np.isfinite(value)]
    if kind_of(series.metric) not in COUNTED or known.size < FEW:
        return series
    rises = np.diff(known)
    if (rises >= 0).mean() < 0.9 or known[-1] <= 0 or (rises > 0).mean() < 0.5 or lag_one(known - known.mean()) < 0.5:
        return series
    step = np.diff(value, prepend=np.nan)
    return replace(series, value=np.where(step >= 0, step, np.nan))


def requests_of(evidence: Evidence, node: str) -> Series | None:
    """Return a node's request rate, averaged over its dimensions; None when it has none."""
    choice = [s for s in evidence.metrics if s.node == node and s.metric == "requests"]
    plain = [s for s in choice if not s.dimensions]
    return plain[0] if plain else mean_series(choice) if choice else None


def load_at(series: Series, requests: Series) -> FloatArray:
    """Return the requests (T,) at the times of a series: the same moment's, else the last known before."""
    known = np.isfinite(requests.value)
    ts, value = requests.ts[known], np.clip(requests.value[known], -HUGE, HUGE)
    if not ts.size:
        return np.full(len(series.ts), np.nan)
    place = np.searchsorted(ts, series.ts, side="right") - 1
    return np.where(place >= 0, value[np.maximum(place, 0)], np.nan)


def _slope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return how much y rises with x where that is beyond chance, else 0, and its standard error.

    Least squares twice: the second time with the outliers of the first pulled in.
    """
    centred = x - x.mean()
    power = float(centred @ centred)
    if len(x) < FEW or power <= 1e-18 * float(x @ x):
        return 0.0, 0.0
    slope = float(centred @ y) / power
    tamed = y.mean() + slope * centred + winsorise(y - y.mean() - slope * centred)
    slope = float(centred @ tamed) / power
    left = tamed - tamed.mean() - slope * centred
    error = float(np.sqrt(left @ left / max(len(x) - 2, 1) / power))
    return (slope, error) if slope > SURE * error else (0.0, 0.0)


def load_effect(symptom: Symptom, series: Series, requests: Series | None) -> FloatArray:
    """Return what of a series (T,) the load explains, as a difference from its usual level.

    A line learned on the baseline where the two rise together; where the baseline was too steady to teach
    one, a level in proportion to the requests for those that exceed the usual.
    """
    none = np.zeros(len(series.ts))
    if requests is None or kind_of(series.metric) not in LOADED:
        return none
    load = load_at(series, requests)
    old = within(series.ts, symptom.baseline) & np.isfinite(load) & np.isfinite(series.value)
    new = within(series.ts, symptom.window) & np.isfinite(load)
    if not old.any() or not new.any():
        return none
    usual, level = float(np.median(load[old])), float(np.median(series.value[old]))
    slope, error = _slope(load[old], np.clip(series.value[old], -HUGE, HUGE))
    if not slope and usual > 0 and np.median(load[new]) > max(BUSIER * usual, float(np.quantile(load[old], 0.95))):
        slope, load = level / usual, np.maximum(load, usual)
    # as much as the baseline may have meant: the line is less certain the further it is drawn
    return np.nan_to_num(slope * (load - usual) + 2 * error * np.abs(load - usual))


def common_effect(evidence: Evidence, series: Series) -> FloatArray:
    """Return what of a resource's rise (T,) the components show alike, as a difference from its usual level; >= 0.

    More requests, or the time of day, use up more everywhere: what three of four of them gained on their own usual
    levels at that moment is no fault of one. 0 with fewer than `TOGETHER` of them, and of other metrics.
    """
    none = np.zeros(len(series.ts))
    if not is_resource(kind_of(series.metric) or ""):
        return none
    common = evidence.once(("common course", series.metric), lambda: _common(evidence, series.metric))
    old = within(series.ts, evidence.symptom.baseline) & np.isfinite(series.value)
    if common is None or not old.any():
        return none
    level = max(float(np.median(np.clip(series.value[old], -HUGE, HUGE))), 0.0)
    return np.nan_to_num(level * np.maximum(load_at(series, common) - 1.0, 0.0))


def _common(evidence: Evidence, metric: str) -> Series | None:
    """Return the course of a metric that most components exceed, in units of what is usual of each; None of few."""
    named = [series for (_, name), (series, *_) in component_series(evidence).items() if name == metric]
    found: list[Series] = []
    for series in named if len(named) >= TOGETHER else ():
        usual = series.value[within(series.ts, evidence.symptom.baseline) & np.isfinite(series.value)]
        if usual.size and (level := float(np.median(np.clip(usual, -HUGE, HUGE)))) > 0:
            found.append(replace(series, value=np.clip(series.value, -HUGE, HUGE) / level))
    if len(found) < TOGETHER:
        return None
    longest = max(found, key=lambda one: len(one.ts))
    courses = np.nan_to_num([load_at(longest, one) for one in found], nan=1.0)
    return replace(longest, value=np.quantile(courses, 1 - ALIKE, axis=0))


def daily_effect(ts: TimeArray, value: FloatArray, old: BoolArray) -> FloatArray:
    """Return the usual difference of each time of day from the day's level (T,); 0 unless days are known.

    Parameters
    ----------
    value, old
        (T,) values, and which of them teach what is usual.
    """
    none = np.zeros(len(ts))
    known = old & np.isfinite(value)
    if known.sum() < 2 * DAY_HOURS:
        return none
    step = np.median(np.diff(ts[known])) / np.timedelta64(1, "s")
    if step > SHORT_SECONDS or (ts[known][-1] - ts[known][0]) < LONG_DAYS * np.timedelta64(1, "D"):
        return none
    part = ((ts - ts.astype("datetime64[D]")) // np.timedelta64(SHORT_SECONDS, "s")).astype(np.int64)
    level = float(np.median(value[known]))
    for one in np.unique(part[known]):
        none[part == one] = np.median(value[known & (part == one)]) - level
    return none


def near(symptom: Symptom, ts: TimeArray, buckets: int) -> BoolArray:
    """Return which times lie in the window, or as long (and at least some buckets) before it."""
    length = to_numpy(symptom.window.end) - to_numpy(symptom.onset.at)
    if len(ts) > 1:
        length = max(length, buckets * np.median(np.diff(ts)))
    start = max(to_numpy(symptom.baseline.start), to_numpy(symptom.onset.at) - length)
    return np.asarray((ts >= start) & (ts < to_numpy(symptom.window.end)))
