"""Which services call others differently than before: a call that is missing where it always was, or one never made.

An exception that returns early leaves no slow span and often no error, only a hole in the call tree. A shape that
the baseline never had, in spans with nothing odd below them, began at the operation that has it; where that
operation only waits for another service, the hole is that service's: it was not reached. Beside new shapes, the
share of spans that do less than their like may grow. Callers that all stop after the same call are not each to blame
for it: the callee is, as with the time that is lost between services.

References
----------
Good, "The Population Frequencies of Species and the Estimation of Population Parameters", Biometrika 40, 1953: the
share of what was seen once is how often something new is to be expected anyway.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import NormalDist

from candidates.measures.moderated import MIX
from candidates.measures.own_time import traced
from schemas.evidence import CallShape, Evidence, OperationProfile

NOVELTY = 0.5
"""New shapes that are granted to each system beside those seen once."""

MIN_Z = 1.5
SURE = 8.0
FAR = 40
"""So many odd spans are beyond chance whatever their share was."""


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OddCalls:
    """What one operation calls differently, and whose doing it is.

    Parameters
    ----------
    node
        The service to blame.
    mechanism
        `early_return` (calls are missing), `unreached` (the callee's spans are missing), `other_calls`, or
        `callers_stop` (callers return early after they called it).
    missing, added
        (service, operation) that the most frequent odd shape lacks, or has beyond its like.
    n, total
        Odd spans and all spans of the operation in the window.
    before
        Share of spans that were like this in the baseline.
    z
        How surely it is new, in standard deviations; at most 8.
    after
        The other service that was called last before a return without the rest, if any.
    lead
        Whether the node is only that other service of a single caller: where to look next.
    """

    node: str
    operation: str
    mechanism: str
    missing: tuple[tuple[str, str], ...]
    added: tuple[tuple[str, str], ...]
    n: int
    total: int
    before: float
    z: float
    first: datetime | None
    after: tuple[str, str] | None = None
    lead: bool = False

    @property
    def share(self) -> float:
        """Return the share of the operation's spans of the window that are odd."""
        return self.n / max(self.total, 1)


def odd_calls(evidence: Evidence) -> Mapping[str, OddCalls]:
    """Return node -> its surest odd calls."""
    return evidence.once("odd_calls", lambda: _odd_calls(evidence))


def _odd_calls(evidence: Evidence) -> Mapping[str, OddCalls]:
    profiles = [profile for profile in traced(evidence) if _compared(profile.shapes)]
    rate = _usual_rate(profiles)
    inside = {(p.service, p.operation): after for p in profiles if (after := p.callee or p.shapes[0].last_called)}
    by_node: dict[str, OddCalls] = {}
    for profile in profiles:
        for one in (_new_shapes(profile, rate, truncated=True), _new_shapes(profile, rate, truncated=False)):
            _keep(by_node, evidence, _behind(one, inside))
        _keep(by_node, evidence, _behind(_more_often_truncated(profile), inside))
    for one in _stopping(tuple(by_node.values())):
        _keep(by_node, evidence, one)
    return by_node


def _behind(one: OddCalls | None, inside: Mapping[Key, Key]) -> OddCalls | None:
    """Return the finding with the other service that was called last, looked for below operations of its own."""
    if one is None or one.mechanism != "early_return":
        return one and replace(one, after=None)
    after, seen = one.after, set[Key]()
    while after is not None and after[0] == one.node and after not in seen:
        seen.add(after)
        after = inside.get(after)
    return replace(one, after=None if after is None or after[0] == one.node else after)


def _stopping(found: Sequence[OddCalls]) -> list[OddCalls]:
    """Return the services after whose calls others return early; that of a single caller is a mere lead."""
    after: dict[str, list[OddCalls]] = {}
    for one in sorted(found, key=lambda one: (one.node, one.operation)):
        if one.after:
            after.setdefault(one.after[0], []).append(one)
    return [_callee(some) for some in after.values()]


def _callee(callers: Sequence[OddCalls]) -> OddCalls:
    top = max(callers, key=lambda one: one.z)
    z = math.sqrt(math.fsum(one.z**2 for one in callers))
    node, operation = top.after or ("", "")
    firsts = [one.first for one in callers if one.first]
    return OddCalls(
        node=node,
        operation=operation,
        mechanism="callers_stop",
        missing=top.missing,
        added=(),
        n=sum(one.n for one in callers),
        total=sum(one.total for one in callers),
        before=top.before,
        z=min(z, SURE),
        first=min(firsts) if firsts else None,
        lead=len(callers) == 1,
    )


def _keep(by_node: dict[str, OddCalls], evidence: Evidence, one: OddCalls | None) -> None:
    if one is None or one.z < MIN_Z or one.node not in evidence.upstream:
        return
    known = by_node.get(one.node)
    if known is None or (one.z > known.z and not one.lead):
        by_node[one.node] = one


def _compared(shapes: Sequence[CallShape]) -> bool:
    return any(shape.n_before for shape in shapes) and any(shape.n_after for shape in shapes)


def _usual_rate(profiles: Sequence[OperationProfile]) -> float:
    """Return how often a span of a typical operation has a shape of its own: the mean over operations."""
    rates = []
    for profile in profiles:
        total = sum(shape.n_before for shape in profile.shapes)
        if total > 1:
            rates.append(sum(shape.n_before == 1 for shape in profile.shapes) / total)
    return (math.fsum(rates) + NOVELTY) / (len(rates) + 1)


def _is_truncated(shape: CallShape, shapes: Sequence[CallShape]) -> bool:
    """Return whether all that a shape calls is called by another one of the baseline too, which calls more."""
    children = set(shape.children)
    return any(children < set(other.children) for other in shapes if other.n_before)


def _new_shapes(profile: OperationProfile, rate: float, *, truncated: bool) -> OddCalls | None:
    shapes = profile.shapes
    alike = [shape for shape in shapes if _is_truncated(shape, shapes) is truncated]
    new = [shape for shape in alike if shape.n_before == 0 and shape.own_after]
    if not new:
        return None
    before = sum(shape.n_before for shape in shapes)
    once = sum(shape.n_before == 1 for shape in alike) if before > 1 else 0
    count, total = sum(shape.own_after for shape in new), sum(shape.n_after for shape in shapes)
    expected = (once + rate) / (before + 1)
    z = _surprise(count, total, once + rate, before + 1 - once - rate)
    shape = max(new, key=lambda one: one.own_after)
    return replace(_told(profile, shape), n=count, total=total, before=expected if once else 0.0, z=z)


def _more_often_truncated(profile: OperationProfile) -> OddCalls | None:
    """Return the growth of the share of spans that do less than their like."""
    shapes = profile.shapes
    alike = [shape for shape in shapes if shape.n_before and _is_truncated(shape, shapes)]
    old, new = sum(shape.n_before for shape in alike), sum(shape.own_after for shape in alike)
    if not old or not new:
        return None
    before, after = sum(shape.n_before for shape in shapes), sum(shape.n_after for shape in shapes)
    cells = (old, before - old, new, after - new)
    growth = math.log((new + 0.5) * (before - old + 0.5) / ((after - new + 0.5) * (old + 0.5)))
    z = growth / math.sqrt(math.fsum(1 / (cell + 0.5) for cell in cells) + MIX**2)
    shape = max(alike, key=lambda one: one.own_after)
    return replace(_told(profile, shape), n=new, total=after, before=old / before, z=min(z, SURE))


def _told(profile: OperationProfile, shape: CallShape) -> OddCalls:
    """Return how a shape is odd and whose doing it is; how often and how surely is filled in by the caller."""
    like = _like(profile, shape)
    missing = tuple(sorted(set(like.children) - set(shape.children))) if like else ()
    added = tuple(sorted(set(shape.children) - set(like.children))) if like else shape.children
    node, operation, mechanism = profile.service, profile.operation, "other_calls" if added else "early_return"
    callee = profile.callee if profile.callee in missing else unreached(profile, shape)
    if callee:
        (node, operation), mechanism = callee, "unreached"
    # who still makes the last of the usual calls did not stop after it
    last = None if _goes_on(like, shape) else shape.last_called
    return OddCalls(node, operation, mechanism, missing, added, 0, 0, 0.0, 0.0, shape.first, last)


def _goes_on(like: CallShape | None, shape: CallShape) -> bool:
    """Return whether spans of a shape still make the last of the usual calls; who calls nobody makes none."""
    return like is not None and shape.last_called is not None and like.last_called == shape.last_called


def unreached(profile: OperationProfile, shape: CallShape) -> Key | None:
    """Return the operation that spans of a shape fail without: the only one that lacks of what the like call.

    They go on to the last of the usual calls, so they did not return early; None unless most of them fail.
    """
    like = _like(profile, shape)
    if like is None or not _goes_on(like, shape) or shape.failed <= shape.own_after / 2:
        return None
    missing = sorted(set(like.children) - set(shape.children))
    alone = len(missing) == 1 and set(shape.children) < set(like.children)
    return missing[0] if alone and missing[0][0] != profile.service else None


def _like(profile: OperationProfile, shape: CallShape) -> CallShape | None:
    larger = [other for other in profile.shapes if set(shape.children) < set(other.children)]
    return _most_alike(shape, larger) or _most_alike(shape, profile.shapes)


def _most_alike(shape: CallShape, shapes: Sequence[CallShape]) -> CallShape | None:
    """Return the baseline's nearest shape: with the fewest differences, then the most frequent."""
    children = set(shape.children)
    others = [other for other in shapes if other.n_before and set(other.children) != children]
    return min(others, key=lambda o: (len(children ^ set(o.children)), -o.n_before, o.children), default=None)


def _surprise(count: int, total: int, a: float, b: float) -> float:
    """Return z of at least `count` odd spans among `total` when their share is Beta(a, b) (beta-binomial tail)."""
    if count > FAR:
        return SURE
    tail = sum(math.exp(_log_probability(k, total, a, b)) for k in range(count))
    return min(max(-NormalDist().inv_cdf(min(max(1.0 - tail, 1e-15), 0.5)), 0.0), SURE)


def _log_probability(k: int, n: int, a: float, b: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    top = math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + a + b)
    return choose + top + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
