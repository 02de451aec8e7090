"""From spans: the errors that each service makes itself, beyond those that its callees pass on to it.

An error that travels up the call tree is counted once, at the deepest service that shows it. Errors of
client spans that the callee's own spans do not show belong to the callee (it was not reached), unless the
caller fails towards several callees alike. So do those of spans that lack nothing but one usual call.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from candidates.measures.call_shapes import unreached
from candidates.measures.clock import within
from candidates.measures.growth import MAX_Z, Growth, measure_growth
from candidates.measures.own_time import traced
from schemas.evidence import Evidence, FloatArray, OperationProfile, Series, TimeArray

Key = tuple[str, str]
MIN_RISE = 0.002
"""Smallest rise of a rate of errors worth naming, per span."""

LEAST_ERRORS = 3
MIN_Z = 4.0
ALIKE = 0.5
"""From this ratio on, a caller fails as much towards a second callee."""

FLOOR = 0.002


@dataclass(frozen=True, slots=True)
class OwnErrors:
    """The errors of one service's own making.

    Parameters
    ----------
    operation
        Where most of them arise.
    growth
        Of the share of the service's spans that fail by themselves.
    strength
        How surely that share grew, in standard deviations; at most 50.
    reaching
        Growth per request of the symptomatic node of those that reach it.
    unreached
        Whether most of them show at callers only.
    series
        The share over time.
    """

    node: str
    operation: str
    growth: Growth
    strength: float
    reaching: float
    unreached: bool
    series: Series


@dataclass(frozen=True, slots=True)
class _Part:
    """Errors (T,) that one operation's spans add to one service."""

    node: str
    operation: str
    errors: FloatArray
    reach: float
    unreached: bool


def own_errors(evidence: Evidence) -> Mapping[str, OwnErrors]:
    """Return node -> the errors of its own making, for services where they clearly grew."""
    return evidence.once("own_errors", lambda: _own_errors(evidence))


def _own_errors(evidence: Evidence) -> Mapping[str, OwnErrors]:
    profiles = {(p.service, p.operation): p for p in traced(evidence)}
    if not any(p.errors.any() for p in profiles.values()):
        return {}
    by_node: dict[str, list[_Part]] = defaultdict(list)
    for part in _parts(evidence, profiles):
        by_node[part.node].append(part)
    found = {node: _measure(evidence, node, by_node[node], profiles) for node in sorted(by_node)}
    return {node: one for node, one in found.items() if one}


def _parts(evidence: Evidence, profiles: Mapping[Key, OperationProfile]) -> list[_Part]:
    """Return what every operation adds itself, handed to the service that it belongs to."""
    passed: dict[Key, FloatArray] = {}
    for profile in profiles.values():
        if profile.caller in profiles and profile.caller is not None and profile.caller[0] is not None:
            passed[profile.caller] = passed.get(profile.caller, 0.0) + profile.errors
    own = {key: np.maximum(p.errors - passed.get(key, 0.0), 0.0) for key, p in profiles.items()}
    clients = {key: float(own[key].sum()) for key, p in profiles.items() if p.callee and own[key].any()}
    parts = []
    for key, errors in own.items():
        callee = profiles[key].callee
        away = (
            callee is not None and callee[0] in evidence.upstream and not _fails_towards_others(key, clients, profiles)
        )
        node, operation = callee if away and callee else key
        reach = _reach(evidence, key, profiles)
        gone = {} if away else _gone(evidence, profiles[key], errors)
        parts += [_Part(*who, share * errors, reach, True) for who, share in gone.items()]
        parts.append(_Part(node, operation, (1.0 - math.fsum(gone.values())) * errors, reach, away))
    return parts


def _gone(evidence: Evidence, profile: OperationProfile, errors: FloatArray) -> Mapping[Key, float]:
    """Return the operations that an operation's failing spans lack, with the share of its own errors that do."""
    failed: dict[Key, int] = defaultdict(int)
    for shape in profile.shapes:
        callee = unreached(profile, shape)
        if callee and callee[0] in evidence.upstream:
            failed[callee] += shape.failed
    whole = max(float(errors[within(profile.ts, evidence.symptom.window)].sum()), math.fsum(failed.values()), 1.0)
    return {callee: count / whole for callee, count in failed.items()}


def _fails_towards_others(key: Key, clients: Mapping[Key, float], profiles: Mapping[Key, OperationProfile]) -> bool:
    """Return whether the same caller fails towards another callee about as often."""
    callee = profiles[key].callee
    return any(
        other[0] == key[0]
        and (profiles[other].callee or ("",))[0] != (callee or ("",))[0]
        and count >= ALIKE * clients[key]
        for other, count in clients.items()
        if key in clients
    )


def _rise(evidence: Evidence, profile: OperationProfile) -> float:
    """Return the growth of an operation's errors per request of the symptomatic node."""
    return _rate(evidence, profile, profile.errors)


def _rate(evidence: Evidence, profile: OperationProfile, errors: FloatArray) -> float:
    requests = profile.requests if profile.requests is not None else profile.n
    old, new = (within(profile.ts, period) for period in (evidence.symptom.baseline, evidence.symptom.window))
    before, after = (float(errors[mask].sum() / max(requests[mask].sum(), 1.0)) for mask in (old, new))
    return after - before


def _reach(evidence: Evidence, key: Key, profiles: Mapping[Key, OperationProfile]) -> float:
    """Return which share of an operation's new errors its callers pass on up to the symptomatic node, in [0, 1]."""
    share, seen = 1.0, {key}
    while key[0] != evidence.symptom.incident.node:
        caller = profiles[key].caller
        if caller is None or caller not in profiles or caller in seen:
            return share
        below, above = _rise(evidence, profiles[key]), _rise(evidence, profiles[caller])
        if below > 0:
            # fewer failing calls above: swallowed, or one request retried them
            calls = max(profiles[key].calls_after / max(profiles[caller].calls_after, 1e-9), 1.0)
            share *= min(max(above * calls / below, 0.0), 1.0)
        seen.add(caller)
        key = caller
    return share


def _measure(
    evidence: Evidence, node: str, parts: Sequence[_Part], profiles: Mapping[Key, OperationProfile]
) -> OwnErrors | None:
    """Return a service's own errors, or None when their share did not clearly grow."""
    sample = next(iter(profiles.values()))
    errors = np.sum([part.errors for part in parts], axis=0)
    spans = _spans(node, profiles, len(sample.ts), errors)
    rate = np.divide(errors, spans, out=np.full(len(spans), np.nan), where=spans > 0)
    noise = np.sqrt(np.clip(np.nan_to_num(rate), FLOOR, 1.0) / np.maximum(spans, 1.0))
    growth = measure_growth(evidence.symptom, sample.ts, rate, spans, noise=noise, floor=FLOOR)
    new = within(sample.ts, evidence.symptom.window)
    if growth is None or growth.delta < MIN_RISE or errors[new].sum() < LEAST_ERRORS:
        return None
    strength = min(max(growth.z, 0.8 * _binomial(evidence, sample.ts, errors, spans), 0.0), MAX_Z)
    if strength < MIN_Z:
        return None
    rises = [(_rate(evidence, sample, part.errors), part) for part in parts]
    top = max(rises, key=lambda pair: (pair[0], pair[1].operation))[1]
    return OwnErrors(
        node=node,
        operation=top.operation,
        growth=growth,
        strength=strength,
        reaching=math.fsum(max(rise, 0.0) * part.reach for rise, part in rises),
        unreached=top.unreached,
        series=Series(node, "errors", sample.ts, rate, spans),
    )


def _spans(node: str, profiles: Mapping[Key, OperationProfile], size: int, errors: FloatArray) -> FloatArray:
    """Return the spans (T,) by which a service's errors are divided: its own, never fewer than the errors."""
    own = [p.n for p in profiles.values() if p.service == node and not p.callee]
    return np.maximum(np.sum(own, axis=0) if own else np.zeros(size), errors)


def _binomial(evidence: Evidence, ts: TimeArray, errors: FloatArray, spans: FloatArray) -> float:
    """Return the difference of the two shares in standard errors (two-proportion z test, pooled)."""
    masks = [within(ts, period) for period in (evidence.symptom.baseline, evidence.symptom.window)]
    (k0, n0), (k1, n1) = ((float(errors[m].sum()), float(spans[m].sum())) for m in masks)
    if min(n0, n1) <= 0:
        return 0.0
    pooled = (k0 + k1) / (n0 + n1)
    error = math.sqrt(max(pooled * (1 - pooled), 1e-9) * (1 / n0 + 1 / n1))
    return (k1 / n1 - k0 / n0) / error


def error_share(evidence: Evidence, node: str) -> float:
    """Return the share of the errors that reach the symptomatic node which one service makes itself, in [0, 1]."""
    found = own_errors(evidence)
    whole = math.fsum(one.reaching for one in found.values())
    return found[node].reaching / whole if node in found and whole > 0 else 0.0
