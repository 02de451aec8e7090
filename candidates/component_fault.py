"""A component's own metric broke: errors, cpu, memory, disk, network or availability.

A metric is broken when it leaves its usual range in the harmful direction, once load and the time of day are
taken out. Errors that a callee passed on are the callee's. The impact is the share of the symptom that is the
component's: of the time or of the errors where the symptom is one, else by how the symptom comes and goes with
the trouble, or modestly by timing.
"""

import math
from dataclasses import replace

import numpy as np

from candidates.measures.broken import Broken, broken_metrics, unanswered
from candidates.measures.call_faults import call_faults
from candidates.measures.clock import alignment, within
from candidates.measures.columns import change_items
from candidates.measures.component_reach import SPREADING, most_telling, reached_metrics, reached_nodes
from candidates.measures.component_series import component_series, is_resource
from candidates.measures.fallback import Fallback, fallback
from candidates.measures.fault_share import Share, fault_share
from candidates.measures.fault_words import REMEDY, VERIFY, fault_summary
from candidates.measures.flow import flows
from candidates.measures.latency_words import series_item
from candidates.measures.metric_roots import own_key
from candidates.measures.own_errors import OwnErrors, own_errors
from candidates.measures.own_time import comparable, own_times, traced
from candidates.measures.recorded_errors import error_metric, own_error_rises
from candidates.measures.requests import own_latency_key
from candidates.measures.root_growth import broken_roots
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

FAMILY = "component_fault"
MOST = 5
"""Candidates proposed at most."""

PASSED_ON = 0.3
"""Below this share of its own, a service's error rate is its callees'."""

MIN_Z = 3.0

MIN_IMPACT = 0.01
CHANGES = {"deploy", "infrastructure", "other"}


def generate(evidence: Evidence) -> Findings:
    """Propose the components whose own metrics broke; see the module's docstring."""
    series, errors = component_series(evidence), own_errors(evidence)
    spans = any(profile.n.any() for profile in traced(evidence))
    if not series and not spans:
        return Findings(
            not_examined="no component metrics (errors, cpu, memory, disk, network, availability) or traces"
        )
    every = broken_metrics(evidence) if errors else _with_roots(evidence)
    broken = {node: own for node, some in every.items() if (own := _own(evidence, node, some))}
    for node, one in errors.items():
        broken[node] = _with_spans(broken.get(node, ()), one)
    candidates = [_candidate(evidence, node, broken[node], errors.get(node)) for node in sorted(broken)]
    candidates = _with_calls(candidates, call_faults(evidence))
    kept = [one for one in candidates if one.impact >= MIN_IMPACT]
    if not kept:
        looked = f"{len(series)} component metrics" + (" and the errors of spans" if spans else "")
        found = f"; {', '.join(sorted(broken))} moved without a share in the symptom" if broken else ""
        return Findings(ruled_out=f"none of {looked} upstream left its usual range with the symptom{found}")
    return Findings(candidates=most_telling(kept))


def _with_calls(candidates: list[Candidate], calls: list[Candidate]) -> list[Candidate]:
    """Return the candidates with what the call tree shows; of one node the one that explains more."""
    best = {one.node: one for one in candidates}
    for one in calls:
        if one.node not in best or one.impact > best[one.node].impact:
            best[one.node] = one
    return [best[node] for node in sorted(best)]


def _own(evidence: Evidence, node: str, broken: tuple[Broken, ...]) -> tuple[Broken, ...]:
    """Return the metrics that broke of themselves: error rates that callees explain are left out."""
    if own_errors(evidence):
        traced_here = any(profile.service == node for profile in traced(evidence))
        passed = traced_here and node not in own_errors(evidence)
        return tuple(one for one in broken if is_resource(one.kind) or not passed)
    if node in broken_roots(evidence):  # what callees explain is taken off its share
        return broken
    own = own_error_rises(evidence).get(node, 0.0)
    return tuple(one for one in broken if is_resource(one.kind) or own >= PASSED_ON * one.rise)


def _with_roots(evidence: Evidence) -> dict[str, tuple[Broken, ...]]:
    """Return the broken metrics; of error rates that compare with the symptom's only those that move with it."""
    found, roots, compared = dict(broken_metrics(evidence)), broken_roots(evidence), flows(evidence)
    if compared is None or compared.target.kind != "errors":
        return found
    for kind, node in compared.by_node:
        if kind != "errors" or not (node in found or node in roots):
            continue
        resources = tuple(one for one in found.get(node, ()) if is_resource(one.kind))
        errors = [roots[node]] if node in roots else []
        first = tuple(one for one in resources if not errors or _not_after(one, errors[0]))
        found[node] = (*first, *errors, *(one for one in resources if one not in first))
    return {node: some for node, some in found.items() if some}


def _with_spans(broken: tuple[Broken, ...], errors: OwnErrors) -> tuple[Broken, ...]:
    """Return the broken metrics with the errors of spans among them, after resources, unless errors are recorded."""
    if any(not is_resource(one.kind) for one in broken):
        return broken
    mechanism = "unavailable" if errors.unreached else "error_burst"
    growth, series = errors.growth, errors.series
    found = Broken(
        node=errors.node,
        metric="errors",
        kind="errors",
        mechanism=mechanism,
        before=growth.before,
        after=growth.after,
        z=errors.strength,
        rise=growth.delta,
        covered=1.0,
        onset=growth.onset,
        series=series,
        excess=series.value - growth.before,
        part={},
    )
    first = [one for one in broken if _not_after(one, found)]
    return (*first, found, *(one for one in broken if one not in first))


def _not_after(resource: Broken, errors: Broken) -> bool:
    """Return whether a resource may have broken before the errors began: their intervals meet, or it is earlier."""
    if resource.mechanism == "unavailable":
        return False
    return resource.onset is None or errors.onset is None or resource.onset.low <= errors.onset.high


def _mechanism(evidence: Evidence, node: str, origin: Broken) -> str:
    """Return what happened; errors of a callee that is called more often for it are a retry storm."""
    profiles = traced(evidence)
    if is_resource(origin.kind) or not profiles or not comparable(evidence, profiles):
        return origin.mechanism
    more = (one for one in own_times(evidence, profiles) if one.mechanism == "more_calls" and one.strength >= MIN_Z)
    return "retry_storm" if any(one.node == node for one in more) else origin.mechanism


def _candidate(evidence: Evidence, node: str, broken: tuple[Broken, ...], errors: OwnErrors | None) -> Candidate:
    """Return one component's candidate; its subject is the metric that broke first, or availability that says more."""
    origin = broken[0]
    silent = unanswered((*broken, *broken_metrics(evidence).get(node, ()))) if origin.kind == "errors" else None
    told = silent or origin
    mechanism, onset = silent.mechanism if silent else _mechanism(evidence, node, origin), origin.onset
    failing = error_metric(broken)
    missing = fallback(evidence, failing) if failing else None
    share = fault_share(evidence, node, origin, missing)
    changes = change_items(evidence, {node}, CHANGES)
    certain = min(max((origin.z - MIN_Z) / 9.0, 0.0), 1.0)
    return Candidate(
        family=FAMILY,
        node=node,
        subject=told.metric,
        mechanism=mechanism,
        impact=share.value,
        strength=origin.z,
        specificity=(0.6 + 0.35 * certain) * (1.0 if onset else 0.8),
        summary=fault_summary(told, mechanism, onset, tuple(one for one in broken if one.kind != told.kind)),
        observed_at=node,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        evidence=(*_items(evidence, broken, share, errors), *changes),
        verify=VERIFY[mechanism].format(node=node),
        remedy=REMEDY[mechanism].format(node=node),
        explains=_explains(evidence, node, origin, missing),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "share": share.value,
            "covered": origin.covered,
            "moves_with_symptom": share.r,
            "broken_metrics": float(len(broken)),
            "coincident_change": float(bool(changes)),
        },
    )


def _items(
    evidence: Evidence, broken: tuple[Broken, ...], share: Share, errors: OwnErrors | None
) -> list[EvidenceItem]:
    """Return the estimate, a chart of each broken metric, and where errors arise."""
    items = [EvidenceItem(kind="estimate", text=share.words, data={"share": round(share.value, 4)})]
    for one in broken[:3]:
        shown = within(one.series.ts, replace(evidence.symptom.baseline, end=evidence.symptom.window.end))
        text = f"{one.metric} of {one.node}: {one.z:.1f} times its usual variation away from what is usual"
        items.append(series_item(text, one.series.ts[shown], np.asarray(one.series.value[shown])))
    if errors:
        before, after = (round(value, 6) for value in (errors.growth.before, errors.growth.after))
        where = "callers see them, it does not" if errors.unreached else "no callee passes them on"
        text = f"{after:.1%} of the spans of {errors.node} fail instead of {before:.1%}, most in {errors.operation}"
        data = {"operation": errors.operation, "before": before, "after": after}
        items.append(EvidenceItem(kind="trace", text=f"{text}; {where}", data=data))
    return items


def _explains(evidence: Evidence, node: str, origin: Broken, missing: Fallback | None) -> tuple[tuple[str, ...], ...]:
    """Return its own metric first, then latencies, errors and availability of itself and of all that wait for it.

    The columns that models went without as it failed are its consequence too.
    """
    keys, symptom = reached_metrics(evidence, node, SPREADING), evidence.symptom.incident
    if symptom.node in reached_nodes(evidence, node) and math.isfinite(origin.z):
        keys.add(("metric", symptom.node, symptom.metric))
    keys |= {("column", *column) for column in missing.columns} if missing else set()
    keys.add(own_latency_key(evidence, node))
    own = ("metric", node, origin.metric)
    found = flows(evidence)
    if found and (found.target.kind, node) not in found.by_node:
        # nothing of what its callers' metrics call their own was measured given this component
        keys |= {own_key(key) for key in keys if key[0] == "metric"}
    if node in broken_roots(evidence) and not is_resource(origin.kind):
        return (own_key(own), own, *sorted(keys - {own}))
    return (own, *sorted(keys - {own}))
