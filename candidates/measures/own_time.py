"""From spans: how much more time each operation takes inside one request, and who is to blame for it.

Three ways to grow: each call takes longer (`slow_operation`), there are more calls (`more_calls`, a
retry storm), or more time passes between a caller's span and its callee's (`network_gap`). Time between
two services shows at the caller; it belongs to the end that it has in common with other slow edges.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.clock import within
from candidates.measures.component_series import ALIKE, TOGETHER
from candidates.measures.growth import MAX_Z, Growth, measure_growth
from candidates.measures.moderated import is_short, moderated, moderated_calls
from schemas.evidence import BoolArray, Evidence, FloatArray, OperationProfile

Key = tuple[str, str]
FLOOR_MS = 0.05
MORE_CALLS = 1.5
"""From this ratio of calls per request on, an operation counts as called more often."""

SAME_RATIO = 1.3
"""Within this factor of its caller's ratio, an operation is called more often only because its caller is."""

ALONE_CALLER, ALONE_CALLEE = 0.3, 0.4
"""How far an end of a slow edge is to blame when it has no other edge to compare: rather the callee."""

SLACK = 1.3
"""Times as much as most services grew that is still alike: the fuller ones are slowed more."""

DOUBT = 0.25
"""Up to this support the caller is not to blame, whatever speaks against the callee."""


@dataclass(frozen=True, slots=True)
class OwnTime:
    """One way in which one operation grew.

    Parameters
    ----------
    node, subject
        Whom it is attributed to.
    mechanism
        `slow_operation`, `more_calls` or `network_gap`.
    ms
        Growth per request of the symptomatic node, milliseconds.
    growth
        Of the time per call (milliseconds) or of the calls per request.
    welch
        Difference of the mean time per call in standard errors (Welch's t over all spans of each period).
    limit
        Most standard deviations that are believed: fewer where the traced baseline is a mere moment, or where most
        services grew.
    """

    node: str
    subject: str
    mechanism: str
    ms: float
    growth: Growth
    profile: OperationProfile
    welch: float = 0.0
    limit: float = math.inf

    @property
    def strength(self) -> float:
        """Return how surely it grew: over its usual variation, or, where few spans fill a bucket, over chance."""
        return max(min(max(self.growth.z, 0.8 * self.welch), MAX_Z, self.limit), 0.0)


def traced(evidence: Evidence) -> tuple[OperationProfile, ...]:
    """Return the operations of services upstream of the symptom, ordered by name."""
    chosen = [_counted(p) for p in evidence.operations or () if p.service in evidence.upstream]
    return tuple(sorted(chosen, key=lambda p: (p.service, p.operation)))


def _counted(profile: OperationProfile) -> OperationProfile:
    """Return the profile with one call per request where the calls were not counted."""
    if profile.calls_before or profile.calls_after or not (profile.per_request_before or profile.per_request_after):
        return profile
    return replace(profile, calls_before=1.0, calls_after=1.0)


def comparable(evidence: Evidence, profiles: Sequence[OperationProfile]) -> bool:
    """Return whether both periods have spans, so that there is something to compare."""
    return all(
        any(bool((p.n[within(p.ts, period)] > 0).any()) for p in profiles)
        for period in (evidence.symptom.baseline, evidence.symptom.window)
    )


def request_time(profiles: Sequence[OperationProfile]) -> tuple[float, float]:
    """Return the time of one request before and after, milliseconds, summed over all operations."""
    return math.fsum(p.per_request_before for p in profiles), math.fsum(p.per_request_after for p in profiles)


def own_times(evidence: Evidence, profiles: Sequence[OperationProfile]) -> tuple[OwnTime, ...]:
    """Return every growth and shrinkage with whom it belongs to."""
    by_key = {(p.service, p.operation): p for p in profiles}
    return evidence.once(("own_times", tuple(by_key)), lambda: _own_times(evidence, by_key))


def _own_times(evidence: Evidence, by_key: Mapping[Key, OperationProfile]) -> tuple[OwnTime, ...]:
    profiles = tuple(by_key.values())
    limits = moderated(evidence, profiles)
    slow = [
        replace(found, limit=limits.get((p.service, p.operation), math.inf))
        for p in profiles
        if (found := _slower(evidence, p)) is not None
    ]
    slow = _beyond_common(slow)
    return (*_blame_gaps(slow), *_more_calls(evidence, by_key, is_short(evidence, profiles)))


def _beyond_common(slow: Sequence[OwnTime]) -> list[OwnTime]:
    """Return what grew beyond the part by which (nearly) all services did: more load makes all of them slower.

    That is the growth, relative to its own time before, that three of four services exceed in their middle operation.
    What passes between two services says nothing of either: one slow connection shows in all that use it.
    """
    by_service: dict[str, list[float]] = defaultdict(list)
    for one in slow:
        if one.profile.callee is None:
            by_service[one.profile.service].append(_relative(one))
    if len(by_service) < TOGETHER:
        return list(slow)
    middle = [np.median(every) for every in by_service.values()]
    common = max(float(np.quantile(middle, 1 - ALIKE, method="lower")), 0.0)
    return [_less(one, common) for one in slow]


def _relative(one: OwnTime) -> float:
    """Return the growth of the time per call, relative to what it was."""
    before = _per_call(one.profile.per_request_before, one.profile.calls_before)
    return _per_call(one.ms, one.profile.calls_after) / before if before > 0 else 0.0


def _less(one: OwnTime, common: float) -> OwnTime:
    relative = _relative(one)
    if common <= 0 or relative <= 0:
        return one
    own = max(1.0 - SLACK * common / relative, 0.0)
    return replace(one, ms=own * one.ms, limit=min(one.limit, own * one.strength))


def _per_call(time: float, calls: float) -> float:
    return time / calls if calls > 0 else 0.0


def _slower(evidence: Evidence, profile: OperationProfile) -> OwnTime | None:
    """Return how much longer each call takes; None when it was not called in both periods."""
    if min(profile.calls_before, profile.calls_after) <= 0:
        return None
    masks = [within(profile.ts, period) for period in (evidence.symptom.baseline, evidence.symptom.window)]
    spread = [_deviation(profile, mask) for mask in masks]
    noise: FloatArray = spread[0] / np.sqrt(np.maximum(profile.n, 1.0))
    growth = measure_growth(evidence.symptom, profile.ts, profile.self_ms, profile.n, noise=noise, floor=FLOOR_MS)
    if growth is None:
        return None
    each = profile.per_request_after / profile.calls_after - profile.per_request_before / profile.calls_before
    each *= 1 - growth.usual
    # a handful of calls proves little: only what exceeds the standard error of the difference counts
    error = math.hypot(
        *(sd / math.sqrt(max(profile.n[mask].sum(), 1.0)) for sd, mask in zip(spread, masks, strict=True))
    )
    sure = math.copysign(max(abs(each) - error, 0.0), each)
    mechanism = "network_gap" if profile.callee else "slow_operation"
    welch = each / error if error > 0 else 0.0
    return OwnTime(profile.service, profile.operation, mechanism, sure * profile.calls_after, growth, profile, welch)


def _deviation(profile: OperationProfile, mask: BoolArray) -> float:
    """Return the standard deviation of self time among the spans of a period, milliseconds."""
    mask = mask & (profile.n > 0)
    if not mask.any():
        return 0.0
    n, mean = profile.n[mask], profile.self_ms[mask]
    if profile.self_sd_ms is None:
        within_bucket = np.maximum(profile.self_p95_ms[mask] - mean, 0.0) / 1.645
    else:
        within_bucket = profile.self_sd_ms[mask]
    centre = float(np.average(mean, weights=n))
    return math.sqrt(float(np.average(within_bucket**2 + (mean - centre) ** 2, weights=n)))


def _blame_gaps(slow: Sequence[OwnTime]) -> list[OwnTime]:
    """Hand the time between two services to the end that its other slow edges share."""
    gaps = _edge_gaps(slow)
    return [_owner(one, gaps) if one.profile.callee else one for one in slow]


def _edge_gaps(slow: Sequence[OwnTime]) -> Mapping[Key, float]:
    """Return (caller, callee) -> growth of the gap, milliseconds a call."""
    time: dict[Key, float] = defaultdict(float)
    calls: dict[Key, float] = defaultdict(float)
    for one in slow:
        if one.profile.callee:
            edge = (one.profile.service, one.profile.callee[0])
            time[edge] += one.ms
            calls[edge] += one.profile.calls_after
    return {edge: _per_call(time[edge], calls[edge]) for edge in time}


def _owner(one: OwnTime, gaps: Mapping[Key, float]) -> OwnTime:
    callee = one.profile.callee
    if callee is None:
        return one
    edge = (one.profile.service, callee[0])
    if _support(gaps, edge, edge[0], ALONE_CALLER) > max(_support(gaps, edge, edge[1], ALONE_CALLEE), DOUBT):
        return replace(one, node=edge[0], mechanism="slow_operation")
    return replace(one, node=callee[0], subject=callee[1], mechanism="network_gap")


def _support(gaps: Mapping[Key, float], edge: Key, end: str, alone: float) -> float:
    """Return how much the other edges of one end grew beside this edge, in [0, 1]; `alone` without any."""
    own = gaps[edge]
    others = [gap for other, gap in sorted(gaps.items()) if end in other and other != edge]
    if own <= 0 or not others:
        return alone
    return sum(min(max(gap / own, 0.0), 1.0) for gap in others) / len(others)


def _more_calls(evidence: Evidence, by_key: Mapping[Key, OperationProfile], short: bool) -> list[OwnTime]:
    """Return the operations that multiplied by themselves, with the time of all that multiplied through them.

    After a `short` baseline another mix of traffic is the first explanation of other counts.
    """
    through: dict[Key, float] = defaultdict(float)
    for key, profile in by_key.items():
        origin = _origin(key, by_key)
        if origin is not None:
            cost = profile.per_request_before, profile.calls_before
            each = (
                _per_call(*cost)
                if profile.calls_before > 0
                else _per_call(profile.per_request_after, profile.calls_after)
            )
            through[origin] += (profile.calls_after - profile.calls_before) * each
    found = []
    for key in sorted(through):
        growth = _calls_growth(evidence, by_key[key])
        if growth is not None:
            limit = moderated_calls(*_counts(evidence, by_key[key])) if short else math.inf
            found.append(OwnTime(*key, "more_calls", through[key], growth, by_key[key], limit=limit))
    return found


def _counts(evidence: Evidence, profile: OperationProfile) -> tuple[float, float]:
    """Return how often it was called in each period, by as many requests as the shorter one had."""
    periods = (evidence.symptom.baseline, evidence.symptom.window)
    requests = profile.n if profile.requests is None else profile.requests
    fewest = min(float(requests[within(profile.ts, period)].sum()) for period in periods)
    return profile.calls_before * fewest, profile.calls_after * fewest


def _ratio(profile: OperationProfile) -> float:
    return profile.calls_after / profile.calls_before if profile.calls_before > 0 else math.inf


def _origin(key: Key, by_key: Mapping[Key, OperationProfile]) -> Key | None:
    """Follow an operation that is called more often to the first one up its callers that explains it."""
    seen = {key}
    ratio = _ratio(by_key[key])
    if by_key[key].calls_after <= 0 or ratio < MORE_CALLS:
        return None
    while True:
        caller = by_key[key].caller
        if caller is None or caller not in by_key or caller in seen:
            break
        above = _ratio(by_key[caller])
        if above < MORE_CALLS or (math.isfinite(ratio) and ratio > SAME_RATIO * above):
            break
        key, ratio = caller, above
        seen.add(key)
    callee = by_key[key].callee
    return callee if callee in by_key else key


def _calls_growth(evidence: Evidence, profile: OperationProfile) -> Growth | None:
    if profile.requests is None:
        return None
    requests = profile.requests
    calls = np.divide(profile.n, requests, out=np.full_like(requests, np.nan), where=requests > 0)
    noise: FloatArray = np.sqrt(np.maximum(profile.n, 1.0)) / np.maximum(requests, 1.0)
    return measure_growth(evidence.symptom, profile.ts, calls, requests, noise=noise, floor=0.01)
