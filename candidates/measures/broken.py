"""Which component metrics broke: by how much, how surely, and since when."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import bdtrc

from candidates.measures.changepoint import change_point
from candidates.measures.clock import alignment, to_datetime, within
from candidates.measures.component_series import (
    WORDS,
    common_effect,
    component_series,
    daily_effect,
    is_resource,
    kind_of,
    load_at,
    load_effect,
    near,
    requests_of,
)
from candidates.measures.error_counts import surest
from candidates.measures.growth import HUGE, MAX_Z
from candidates.measures.leak import leak_onset
from candidates.measures.robust import robust_scale
from schemas.evidence import BoolArray, Evidence, FloatArray, Onset, Series, Symptom, TimeArray

MIN_Z = 4.0
UNANSWERED = 1.5
"""Times as far as errors rose from which availability fell of itself."""
FLOORS: Mapping[str, float] = {"errors": 0.002, "availability": 0.002}
"""Smallest standard deviation that is believed, in the metric's own unit (fractions)."""

RELATIVE_FLOOR = 0.02
"""The same as a share of the level, where enough buckets show the spread; `FEW_FLOOR` where not."""
MEMORY_FLOOR = 0.05
"""The same of memory, which caches fill and restarts empty while all is well."""

FEW, FEW_FLOOR = 3, 0.15
BLOCKS = 4
FEWEST_ELEVATED = 2
FEWEST_SILENT = 3
SELDOM = 0.01
"""Chance up to which more buckets are out of range than before, where the median is not."""

TINY = 1e-9
GONE = 0.03
"""A resource that falls below this share of its level is no longer used at all."""

LOST = 0.5
"""Share of what the load tells below which a network has lost the rest."""
AT_ONCE = 0.5
"""Part of what a network lost that it must lose between neighbouring buckets."""

DATED_BUCKETS = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """One metric of one component that left its normal range in the harmful direction.

    Parameters
    ----------
    kind
        `cpu`, `memory`, `disk`, `network`, `errors` or `availability`.
    mechanism
        `cpu_saturated` and the like, `memory_leak`, `error_burst`, `unavailable`.
    before, after
        Typical levels over baseline and window (of the buckets that broke, if only some did), own unit.
    z
        Departure in robust standard deviations of the baseline once load and time of day are taken out; at most 50.
    rise
        Mean departure over the whole window, in the harmful direction, own unit.
    covered
        Share of the window's buckets that depart at least half as far as those out of range.
    part
        Dimensions of the only part that broke; empty when the whole did.
    excess
        (T,) departure of `series` from its expected level in the harmful direction, own unit.
    """

    node: str
    metric: str
    kind: str
    mechanism: str
    before: float
    after: float
    z: float
    rise: float
    covered: float
    onset: Onset | None
    series: Series
    excess: FloatArray
    part: Mapping[str, str]


def broken_metrics(evidence: Evidence) -> Mapping[str, tuple[Broken, ...]]:
    """Return node -> its broken metrics, the most probable origin first (see `_order`)."""
    return evidence.once("broken_metrics", lambda: _broken_metrics(evidence))


def _broken_metrics(evidence: Evidence) -> Mapping[str, tuple[Broken, ...]]:
    found: dict[str, list[Broken]] = defaultdict(list)
    for (node, _), choice in component_series(evidence).items():
        requests = requests_of(evidence, node)
        whole, *parts = (
            _believed(evidence, examine(evidence.symptom, one, requests, common_effect(evidence, one)), requests)
            for one in choice
        )
        worst = max((one for one in parts if one), key=lambda one: one.z, default=None)
        one = whole or (replace(worst, part=worst.series.dimensions) if worst else None)
        if one:
            found[node].append(one)
    return {node: _order(evidence.symptom, some) for node, some in found.items()}


def _believed(evidence: Evidence, broken: Broken | None, requests: Series | None) -> Broken | None:
    """Return a broken metric no surer than its counts allow; None where they allow chance."""
    z = min(broken.z, surest(evidence, broken.series, requests)) if broken else 0.0
    return replace(broken, z=z) if broken and z >= MIN_Z else None


def _order(symptom: Symptom, broken: Sequence[Broken]) -> tuple[Broken, ...]:
    """Return the metrics with the origin first: the earliest broken resource, else errors, else availability.

    Resources that began together (their intervals meet) keep the order of the contract, those last that moved
    far less than the others. A resource that broke only after the errors, or fell silent, follows from them.
    """
    known = [one.onset for one in broken if one.onset and is_resource(one.kind) and one.z >= MIN_Z]
    first = min((onset.high for onset in known), default=None)
    errors = [one.onset for one in broken if one.onset and not is_resource(one.kind)]
    fault = min((onset.high for onset in errors), default=None)
    slack = symptom.bucket_seconds
    weak = max((one.z for one in broken if is_resource(one.kind)), default=0.0) / 3
    kinds = list(WORDS)

    def place(one: Broken) -> tuple[object, ...]:
        low = one.onset.low if one.onset else symptom.onset.low
        follows = fault is not None and (low - fault).total_seconds() > slack
        origin = is_resource(one.kind) and one.mechanism != "unavailable" and not follows
        late = first is not None and (low - first).total_seconds() > slack
        group = 0 if origin else 2 if is_resource(one.kind) else 1
        return (group, late, is_resource(one.kind) and one.z < weak, kinds.index(one.kind), -one.z, one.metric)

    return tuple(sorted(broken, key=place))


def unanswered(broken: Sequence[Broken]) -> Broken | None:
    """Return a component's availability where it fell clearly farther than errors rose: requests without any answer."""
    errors = max((one.rise for one in broken if one.kind == "errors"), default=0.0)
    found = [one for one in broken if one.kind == "availability"]
    lost = {id(one): one.rise / _full(one.series.value[np.isfinite(one.series.value)]) for one in found}
    return next((one for one in found if lost[id(one)] > UNANSWERED * errors), None)


def broke_first(evidence: Evidence, node: str, onset: Onset | None) -> float:
    """Return how surely a resource of a node broke at an onset or before it and with the symptom, in [0, 1]."""
    slack = evidence.symptom.bucket_seconds
    sure = [
        min(max((one.z - MIN_Z) / (2 * MIN_Z), 0.0), 1.0) * max(alignment(one.onset, evidence.symptom), 0.0)
        for one in broken_metrics(evidence).get(node, ())
        if is_resource(one.kind)
        and one.onset
        and (onset is None or (one.onset.low - onset.high).total_seconds() <= slack)
    ]
    return max(sure, default=0.0)


def examine(
    symptom: Symptom, series: Series, requests: Series | None = None, common: FloatArray | None = None
) -> Broken | None:
    """Return how a component metric broke, or None when it stayed in its normal range.

    Load (for cpu, disk and network), what all components show alike (`common`, (T,)) and the time of day are taken out
    first. The spread is the larger of the buckets' and of what periods as long as the window differ by, so slow drift
    is no anomaly; it has a floor. A metric is broken when the window's median is out of range, or when clearly more
    buckets are than before. A network also breaks when it carries less than half of what the load tells; where the load
    is unknown nobody can say that.
    """
    kind = kind_of(series.metric)
    value = np.clip(series.value, -HUGE, HUGE)
    known = np.isfinite(value)
    old, new = known & within(series.ts, symptom.baseline), known & within(series.ts, symptom.window)
    if kind is None or not old.any() or not new.any():
        return None
    series = replace(series, value=value)
    load = load_effect(symptom, series, requests)
    value = value - (load if common is None else np.where(common > 0, np.maximum(load, common), load))
    value = value - daily_effect(series.ts, value, old)
    usual = float(np.median(value[old]))
    sign = -1.0 if kind == "availability" else 1.0
    excess = sign * (value - usual)
    level = _full(series.value[old]) - usual if kind == "availability" else usual
    spread = _spread(excess[old], int(new.sum()), level, kind)
    z, out = _departure(excess[old], excess[new], spread)
    silent = is_resource(kind) and new.sum() >= FEWEST_SILENT and _silent(series.value[old], series.value[new])
    mechanism = "unavailable" if silent else MECHANISM[kind]
    if silent:
        z, out, excess = MAX_Z * (1 - GONE), np.ones(int(new.sum()), bool), -excess
    elif kind == "network" and z < MIN_Z:
        mechanism, excess = "network_lost", _lack(series, requests, old, new)
        z, out = _departure(excess[old], excess[new], spread)
        z = max(z, _in_proportion(series.value, excess, old, new))
    if z < MIN_Z:
        return None
    typical = float(np.median(excess[new][out])) if out.any() else float(np.median(excess[new]))
    leak = leak_onset(series.ts[known], value[known], old[known], spread) if kind == "memory" and not silent else None
    onset = leak or _onset(symptom, series.ts[known], excess[known], spread)
    return Broken(
        node=series.node,
        metric=series.metric,
        kind=kind,
        mechanism="memory_leak" if leak else mechanism,
        before=float(np.median(series.value[old])),
        after=float(np.median(series.value[new][out])) if out.any() else float(np.median(series.value[new])),
        z=z,
        rise=float(excess[new].mean()),
        covered=float((excess[new] > 0.5 * typical).mean()),
        onset=onset,
        series=series,
        excess=np.where(known, excess, np.nan),
        part={},
    )


MECHANISM: Mapping[str, str] = {
    "cpu": "cpu_saturated",
    "memory": "memory_pressure",
    "disk": "disk_saturated",
    "network": "network_saturated",
    "errors": "error_burst",
    "availability": "unavailable",
}


def _full(availability: FloatArray) -> float:
    """Return what full availability is: 1, or 100 where it is given in percent."""
    return 100.0 if np.max(availability) > 1.5 else 1.0


def _spread(excess: FloatArray, length: int, level: float, kind: str) -> float:
    """Return the standard deviation to believe in, given the baseline's departures (T0,) and the window's length.

    `level`: what the relative floor is taken of; for availability what lacks of it.
    """
    floor = (MEMORY_FLOOR if kind == "memory" else RELATIVE_FLOOR) if excess.size > FEW else FEW_FLOOR
    least = max(floor * abs(level), FLOORS.get(kind, 0.0), TINY)
    block = min(max(length, 1), excess.size // BLOCKS)
    drift = 0.0
    if block > 1:
        blocks = excess[excess.size % block :].reshape(-1, block)
        drift = robust_scale(np.median(blocks, axis=1))
    return max(robust_scale(excess), drift, least)


def _departure(old: FloatArray, new: FloatArray, spread: float) -> tuple[float, BoolArray]:
    """Return how far the window is out of range (z >= 0), and which of its buckets (T1,) are."""
    out, usually = new > MIN_Z * spread, old > MIN_Z * spread
    z = float(np.median(new)) / spread
    share, often = float(out.mean()), (float(usually.sum()) + 0.5) / (usually.size + 1)
    # how likely so many buckets are by how often the baseline's are out of range (binomial): few of many say little
    if out.sum() >= FEWEST_ELEVATED and bdtrc(out.sum() - 1, out.size, often) <= SELDOM:
        z = max(z, float(np.median(new[out])) / spread * math.sqrt(share))
    return min(max(z, 0.0), MAX_Z), out


def _silent(old: FloatArray, new: FloatArray) -> bool:
    """Return whether a resource in steady use fell to nothing: its process died, or nobody calls it any more."""
    level = float(np.median(old))
    return old.size > FEW and float(np.quantile(old, 0.05)) > 0.2 * level and float(np.median(new)) < GONE * level


def _lack(series: Series, requests: Series | None, old: BoolArray, new: BoolArray) -> FloatArray:
    """Return how much less (T,) is carried than usual for the load, in own unit; 0 where at least half of that is.

    With fewer requests less is carried, at most in proportion.
    """
    nothing = np.zeros(len(series.ts))
    load = load_at(series, requests) if requests else nothing
    loads = [load[side & np.isfinite(load)] for side in (old, new)]
    usually, now = (float(np.median(one)) if one.size else 0.0 for one in loads)
    if usually <= 0:
        return nothing
    usual = float(np.median(series.value[old]))
    expected = usual * np.where(new, min(now / usually, 1.0), 1.0)
    lost = np.median(series.value[new]) < LOST * np.median(expected[new])
    return expected - series.value if lost else nothing


def _in_proportion(value: FloatArray, lack: FloatArray, old: BoolArray, new: BoolArray) -> float:
    """Return z >= 0 of a lack in proportion to what is carried, as a network swings with the time of day.

    0 where it came about smoothly, as the fall to a trough does that began in the baseline.
    """
    level = np.log(np.maximum(value, TINY))
    spread = max(robust_scale(level[old]), RELATIVE_FLOOR)
    lost = float(np.median(np.log1p(np.maximum(lack[new], 0.0) / np.maximum(value[new], TINY))))
    sudden = _steepest(level[old], level[new]) >= AT_ONCE * lost
    return min(lost / spread, MAX_Z) if sudden else 0.0


def _steepest(old: FloatArray, new: FloatArray) -> float:
    """Return the largest fall between a few neighbouring buckets, from the window's start to its middle."""
    size = min(FEW, new.size, old.size)
    line = np.concatenate([old[-size:], new])
    middle = np.median(np.lib.stride_tricks.sliding_window_view(line, size), axis=1)
    falls = middle[:-size] - middle[size:]
    return float(falls[: new.size // 2 + 1].max())


def _gradual_start(excess: FloatArray, index: int, size: float) -> int:
    """Return from where on a departure of so large a size has been building up to a step at `index`.

    The start of a cumulative sum (Page, 1954) that counts what exceeds a quarter of the size: the step itself when
    it is sharp, a good part of the climb when it is gradual.
    """
    total = np.concatenate([[0.0], np.cumsum(excess[:index] - 0.25 * size)])
    return int(len(total) - 1 - total[::-1].argmin())


def _onset(symptom: Symptom, ts: TimeArray, excess: FloatArray, spread: float) -> Onset | None:
    """Return when the departure began: near the symptom's onset unless it was out of range by then already."""
    close = near(symptom, ts, DATED_BUCKETS)
    before, after = excess[close & ~within(ts, symptom.window)], excess[within(ts, symptom.window)]
    if before.size and after.size and np.median(before) > max(0.5 * float(np.median(after)), 2 * spread):
        close = within(ts, symptom.baseline) | within(ts, symptom.window)
    found = change_point(excess[close])
    if found is None or found.after <= found.before:
        return None
    first = min(found.low, _gradual_start(excess[close], found.index, found.after - found.before))
    low, at, high = (ts[close][i] for i in (first, found.index, found.high))
    return Onset(to_datetime(at), to_datetime(low), to_datetime(high))
