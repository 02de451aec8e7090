"""From error rates and availabilities as recorded: what of a service's errors its callees do not explain."""

from collections.abc import Mapping

from candidates.measures.broken import Broken, broken_metrics
from candidates.measures.component_series import component_series, is_resource, kind_of
from candidates.measures.own_latency import UNKNOWN, call_each_other, calls_per_request, measured_callees, together
from schemas.evidence import Evidence

BROKEN_BEHIND = 0.7
"""Share of a caller's errors laid on a callee whose resource broke and whose own errors nobody records."""


SELDOM = 0.01
"""Fewest calls per request that are believed."""


def error_metric(broken: tuple[Broken, ...]) -> Broken | None:
    """Return the one that tells of errors, if any."""
    return next((one for one in broken if not is_resource(one.kind)), None)


def own_error_rises(evidence: Evidence) -> Mapping[str, float]:
    """Return node -> rise of its error rate that no callee explains, for every node whose rate broke.

    A callee explains as much as its own rise times its calls per request, if it did not begin later; less where
    it does not move with the symptom.
    """
    return evidence.once("own_error_rises", lambda: _own_error_rises(evidence))


def _own_error_rises(evidence: Evidence) -> Mapping[str, float]:
    broken = broken_metrics(evidence)
    rising = {node: one for node, some in broken.items() if (one := error_metric(some))}
    recorded = {node for node, metric in component_series(evidence) if kind_of(metric) in {"errors", "availability"}}
    silent = {node for node, some in broken.items() if node not in recorded and is_resource(some[0].kind)}
    own: dict[str, float] = dict.fromkeys(sorted(rising) + sorted(silent), 0.0)
    for node in sorted(rising):
        whole = rising[node].rise
        share, callee = _explained(evidence, node, whole, rising, {name: broken[name][0] for name in silent})
        own[node] += whole - share
        if callee in silent:
            own[callee] += share
    return own


def _explained(
    evidence: Evidence, node: str, whole: float, rising: Mapping[str, Broken], silent: Mapping[str, Broken]
) -> tuple[float, str]:
    """Return the largest part of a service's rise that one callee explains, and which callee."""
    parts = [(0.0, "")]
    for callee in measured_callees(evidence, node, {*rising, *silent} - {node}):
        other = rising.get(callee) or silent[callee]
        if not _not_later(other, rising[node], evidence.symptom.bucket_seconds):
            continue
        rise = other.rise * calls_per_request(evidence, node, callee, SELDOM)
        if callee in rising and call_each_other(evidence, node, callee) and (rise, callee) < (whole, node):
            continue
        trust = min(together(evidence, other.series, other.excess) / UNKNOWN, 1.0)
        parts.append((trust * min(rise, whole) if callee in rising else trust * BROKEN_BEHIND * whole, callee))
    return max(parts)


def _not_later(callee: Broken, caller: Broken, slack: float) -> bool:
    if callee.onset is None or caller.onset is None:
        return True
    return (callee.onset.low - caller.onset.high).total_seconds() <= slack
