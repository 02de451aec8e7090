"""What each component contributes to one request of the target: latency or errors times calls, row by row.

Latencies and error rates of different components compare only per request of the one that is complained of: a remote
call that is ten times as slow but rare explains little. Rows near the onset are compared with one another and with
one row that stands for the baseline: where the baseline is another time, levels may have drifted since, and a fault
shows in what comes and goes with the symptom.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.clock import to_numpy, within
from candidates.measures.component_series import component_series, kind_of, requests_of
from candidates.measures.own_latency import MAX_CALLS, in_buckets, latency_series, mean_series
from candidates.measures.robust import robust_scale
from schemas.evidence import BoolArray, Evidence, FloatArray, Series, Symptom, TimeArray
from schemas.incident import LATENCY_METRICS

SHORTEST = 3
"""Rows before the onset that are looked at, at least, where there are any."""

MOST = 1e50
"""Values beyond this are pulled in, so that products of squares stay finite."""

FEWEST = 3
"""Fewer known rows near the onset tell no shape."""

SCATTER, FEWEST_STEPS = 0.1, 20
"""What single buckets may scatter by, as a share of the rest of their variance; fewest steps that tell it."""

ROWS_LEFT = 24
"""Fewest wider buckets near the onset."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One component's contribution to a request of the target.

    Parameters
    ----------
    kind
        `time` or `errors`.
    series
        The metric as recorded.
    amount
        (T,) contribution on the symptom's buckets, harmful upwards, unit of the metric per request of the target; NaN
        for gaps.
    scaled
        Whether the calls per request are known, so that amounts compare in size.
    recorded
        Whether the component itself recorded it; else it is known as the symptom only.
    calls
        Calls per request of the target; 1 when unknown.
    """

    node: str
    kind: str
    series: Series
    amount: FloatArray
    scaled: bool
    calls: float
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Flows:
    """The target's own flow, all components' flows by kind and node, on one grid of buckets.

    Parameters
    ----------
    near, healthy
        (T,) which buckets are near the onset, and which of the baseline.
    ts, seconds
        (T,) when they begin, and how long they are: the symptom's, or several of them (`widening`).
    """

    target: Flow
    by_node: Mapping[tuple[str, str], Flow]
    near: BoolArray
    healthy: BoolArray
    ts: TimeArray
    seconds: float

    def rows(self, flow: Flow) -> FloatArray:
        """Return the row of the baseline and those near the onset, (R,); a gap is the rows' median."""
        value = flow.amount[self.near]
        usual = flow.amount[self.healthy]
        known, usual = value[np.isfinite(value)], usual[np.isfinite(usual)]
        if not known.size:
            return np.zeros(len(value) + 1)
        middle = float(np.median(known))
        first = float(np.median(usual)) if usual.size else middle
        return np.concatenate([[first], np.where(np.isfinite(value), value, middle)])


def flow_kind(metric: str) -> str | None:
    """Return `time` for a latency, `errors` for error rates and availability, else None."""
    if metric in LATENCY_METRICS:
        return "time"
    return "errors" if kind_of(metric) in {"errors", "availability"} else None


def flows(evidence: Evidence) -> Flows | None:
    """Return what flows into the symptom; None where it is neither latency nor errors, or too few rows are known."""
    return evidence.once("flows", lambda: _flows(evidence))


def _flows(evidence: Evidence) -> Flows | None:
    symptom = evidence.symptom
    kind = flow_kind(symptom.incident.metric)
    if kind is None or symptom.reference_split:
        return None
    own = symptom.series
    near, healthy = _near(evidence), within(own.ts, symptom.baseline) & np.isfinite(own.value)
    if near.sum() < FEWEST or not (near & within(own.ts, symptom.window)).any():
        return None
    grid = _Grid(own.ts, symptom.bucket_seconds, near, healthy & ~near)
    target = Flow(own.node, kind, own, _harm(own), scaled=True, calls=1.0)
    times = widening(target.amount[grid.healthy], target.amount[near])
    if times > 1:
        grid = _wider(symptom, grid, times)
        target = replace(target, amount=in_buckets(replace(own, value=_harm(own)), grid.ts, grid.seconds))
    found = {
        (name, series.node): _flow(evidence, name, series, grid)
        for name, choice in (("time", _latencies(evidence)), ("errors", _errors(evidence)))
        for series in choice
    }
    found.setdefault((kind, own.node), replace(target, recorded=False))
    return Flows(target, found, grid.near, grid.healthy, grid.ts, grid.seconds)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Buckets that begin at `ts` (T,), and which of them are near the onset and healthy."""

    ts: TimeArray
    seconds: float
    near: BoolArray
    healthy: BoolArray


def widening(usual: FloatArray, near: FloatArray) -> int:
    """Return how many buckets to take as one, for what single ones scatter by not to hide what they share.

    Of few requests a bucket's latency is a matter of luck; no component moves with that. Told from how far healthy
    buckets differ from the next (von Neumann, "Distribution of the ratio of the mean square successive difference to
    the variance", 1941). 1 where they hardly scatter, or too few would be left to show when something comes and goes.

    Parameters
    ----------
    usual, near
        (T0,) and (R,) the target's buckets of the baseline and near the onset, ordered.
    """
    steps = np.diff(usual[np.isfinite(usual)])
    known = near[np.isfinite(near)]
    if steps.size < FEWEST_STEPS or not known.size:
        return 1
    scatter, whole = robust_scale(steps) ** 2 / 2, float(known.var())
    rest = max(whole - scatter, scatter)
    return int(np.clip(np.ceil(scatter / (SCATTER * rest)), 1, max(known.size // ROWS_LEFT, 1)))


def _wider(symptom: Symptom, grid: _Grid, times: int) -> _Grid:
    """Return wider buckets counted from the window's start; near or healthy are those that are so throughout."""
    width = np.timedelta64(round(times * grid.seconds * 1e6), "us")
    start, known = to_numpy(symptom.window.start), np.isfinite(symptom.series.value)
    place = ((grid.ts - start) // width).astype(np.int64)
    first = int(place.min())
    size = int(place.max()) - first + 1
    held = np.maximum(np.bincount(place[known] - first, minlength=size), 1)
    near, healthy = (
        np.bincount(place[known & which] - first, minlength=size) == held for which in (grid.near, grid.healthy)
    )
    return _Grid(start + (first + np.arange(size)) * width, times * grid.seconds, near, healthy)


def _near(evidence: Evidence) -> BoolArray:
    """Return the known buckets of the window and as many before the onset, as far as they follow one another."""
    symptom = evidence.symptom
    ts, known = symptom.series.ts, np.isfinite(symptom.series.value)
    inside = within(ts, symptom.window) & known
    before = np.flatnonzero(known & (ts < to_numpy(symptom.window.start)))[::-1]
    if not inside.any() or not before.size:
        return inside
    first = int(np.flatnonzero(inside)[0])
    # a hole in the record ends what is near
    steady = before == first - 1 - np.arange(before.size)
    reach = int(steady.size if steady.all() else steady.argmin())
    inside[before[: min(reach, max(int(inside.sum()), SHORTEST))]] = True
    return inside


def _harm(series: Series) -> FloatArray:
    value = np.clip(series.value, -MOST, MOST)
    return -value if kind_of(series.metric) == "availability" else value


def _latencies(evidence: Evidence) -> list[Series]:
    return [
        next((one for one in choice if not one.dimensions), None) or mean_series(choice)
        for choice in latency_series(evidence).values()
    ]


def _errors(evidence: Evidence) -> list[Series]:
    """Return one series of errors, else of availability, for every component that records one."""
    chosen: dict[str, Series] = {}
    for (node, metric), choice in component_series(evidence).items():
        kind = kind_of(metric)
        if kind == "errors" or (kind == "availability" and node not in chosen):
            chosen[node] = choice[0]
    return list(chosen.values())


def _flow(evidence: Evidence, kind: str, series: Series, grid: _Grid) -> Flow:
    value = in_buckets(replace(series, value=_harm(series)), grid.ts, grid.seconds)
    ratio = _calls(evidence, series.node, grid.ts[grid.near], grid.seconds)
    calls = 1.0 if ratio is None else ratio
    return Flow(series.node, kind, series, value * calls, ratio is not None, calls)


def _calls(evidence: Evidence, node: str, near: TimeArray, seconds: float) -> float | None:
    """Return calls per request of the target near the onset, at most `MAX_CALLS`; None when unknown."""
    rates = [_rate(evidence, one, near, seconds) for one in (node, evidence.symptom.incident.node)]
    if rates[1] <= 0 or not np.isfinite(rates).all():
        return None
    return float(min(rates[0] / rates[1], MAX_CALLS))


def _rate(evidence: Evidence, node: str, near: TimeArray, seconds: float) -> float:
    def found() -> float:
        series = requests_of(evidence, node)
        if series is None:
            return float("nan")
        series = replace(series, value=np.clip(series.value, -MOST, MOST))
        value = in_buckets(series, near, seconds)
        value = value[np.isfinite(value)]
        return float(value.mean()) if value.size else float("nan")

    return evidence.once(("rate near", node), found)
