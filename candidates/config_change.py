"""A configuration, flag or infrastructure change, with no model version or data involved.

A change event is never evidence by itself: most are innocent. What speaks for it is that the node it
touched moved at that moment, in its own behaviour (a model's function without a new version, a
service's own time), and that nothing else explains the symptom. Configuration of *another model
upstream* is `upstream_model_change`.
"""

import math
from datetime import timedelta

from candidates.measures.acted_upon import SETTINGS, acted_upon, aligned
from candidates.measures.answer_form import answer_form, comparable, served_by
from candidates.measures.broken import broken_metrics
from candidates.measures.change_words import INERT, suspected
from candidates.measures.clock import alignment, stamp
from candidates.measures.component_series import is_resource
from candidates.measures.diagnosis import diagnose
from candidates.measures.fault_share import measured_shares, own_strength
from candidates.measures.health import explained_by_data, node_strength, own_time_share
from candidates.measures.histogram_outcome import answers_of_histograms
from candidates.measures.influence import clip, function_share, symptomatic_models
from candidates.measures.own_time import own_times, traced
from candidates.measures.slice_report import slice_share
from candidates.measures.versions import brings_version, change_item, change_subject, dated
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence
from schemas.incident import LATENCY_METRICS, MODEL_METRICS, Change

MODEST = 0.35
"""Most of a wrong number that a service's unrest is thought to explain."""
OF_ALL = 0.6
"""How much less a model's machines are suspected of what changed in one slice alone: every request runs on them."""
CLEARLY = 4.0
"""Standard deviations from which a node's own time tells since when it is slow."""
PASSED_ON = 0.95
"""How far a setting of what stands beside a model is believed to change its answers, where its own would."""


def _elsewhere(evidence: Evidence, node: str) -> bool:
    declared = evidence.system.by_id.get(node)
    return declared is not None and declared.kind == "model" and node not in symptomatic_models(evidence)


def _late(evidence: Evidence) -> bool:
    """Return whether answers may be late or missing, not wrong: the symptom is a service's, a KPI's, or of nulls."""
    metric = evidence.symptom.incident.metric
    return metric == "null_rate" or metric not in MODEL_METRICS


def _judged(evidence: Evidence, node: str) -> bool:
    """Return whether what a node answers to the same inputs, before and since, can be told."""
    return node in symptomatic_models(evidence) and diagnose(evidence, node) is not None


def _impact(evidence: Evidence, node: str, change: Change) -> tuple[float, float, str]:
    """Return (impact, strength, words) for a change on a node."""
    share, strength, words = max(_own_share(evidence, node, change), _served_share(evidence, node, change))
    share *= suspected(change, late=_late(evidence))
    share *= INERT if brings_version(evidence, change) else 1.0
    acted = acted_upon(evidence, change)
    if acted <= share:
        return share, strength, words
    words = f"the figure moved while what the models answer did not: {acted:.0%} lies in how {node} uses the answers"
    return acted, min(abs(evidence.symptom.z), 1e6), words


def _served_share(evidence: Evidence, node: str, change: Change) -> tuple[float, float, str]:
    """Return (share, strength, words) of what the models explain whose requests or answers pass through a node.

    Only where the answers' form changed, too: they became coarse, or pile up at one value. Of two settings that fit,
    the model's own is the nearer one.
    """
    best = (0.0, 0.0, "")
    for model in served_by(evidence, node):
        diagnosis, rows = diagnose(evidence, model), evidence.models[model].rows if model in evidence.models else None
        if diagnosis is None or rows is None:
            continue
        form = answer_form(rows, evidence.models[model].node)
        if form is None:  # without it, an input that was lost on the way changes answers just the same
            continue
        fits = dated(evidence, model, diagnosis, change.ts, setting=True, at=node)
        share = PASSED_ON * function_share(evidence, model) * comparable(evidence, model) * fits
        words = f"{model} answers the same inputs differently since: its old answers undo {share:.0%} of the symptom"
        best = max(best, (share, 12.0 * share, f"{words}; {form.words}"))
    return best


def _own_share(evidence: Evidence, node: str, change: Change) -> tuple[float, float, str]:
    """Return (share, strength, words) of what the node's own behaviour explains, not what its callees pass on."""
    diagnosis = diagnose(evidence, node)
    if node in symptomatic_models(evidence) and diagnosis is not None:
        changed = max(function_share(evidence, node), answers_of_histograms(evidence, node))
        share = changed * dated(evidence, node, diagnosis, change.ts, setting=True)
        if change.kind == "infrastructure":
            share *= 1.0 - OF_ALL * slice_share(evidence, node)
        return share, 12.0 * share, f"putting the model's old function back undoes {share:.0%} of the symptom"
    if evidence.symptom.incident.metric in LATENCY_METRICS and evidence.operations:
        share, strength = own_time_share(evidence, node)
        return share, strength, f"the own time of {node} makes up {share:.0%} of the growth"
    shares, words = measured_shares(evidence)
    if node in shares:
        strength = own_strength(evidence, node)
        share = shares[node] * clip((strength - 3.0) / 5.0)
        return share, strength, words.format(node=node, share=shares[node])
    strength, metric = node_strength(evidence, node)
    left = max(1.0 - math.fsum(shares.values()), 0.0) if shares else 1.0 - explained_by_data(evidence)
    wrong_number = evidence.system.by_id[evidence.symptom.incident.node].kind in {"model", "kpi"}
    impact = (MODEST if wrong_number else 1.0) * left * clip((strength - 3.0) / 5.0)
    words = f"{metric} of {node} moved {strength:.1f} times its usual variation; {left:.0%} unexplained"
    return impact, strength, words


def _fit(evidence: Evidence, change: Change) -> float:
    """Return how well a change event fits the symptom's onset, or the one of its node's own trouble, in [-1, 1]."""
    step = timedelta(seconds=evidence.symptom.bucket_seconds)
    troubles = [b.onset for b in broken_metrics(evidence).get(str(change.node), ()) if not is_resource(b.kind)]
    slower = own_times(evidence, traced(evidence)) if traced(evidence) else ()
    troubles += [
        one.growth.onset for one in slower if one.node == change.node and one.ms > 0 and one.strength >= CLEARLY
    ]
    known = [onset for onset in troubles if onset and alignment(onset, evidence.symptom) > 0]
    if any(onset.low - step <= change.ts <= onset.high for onset in known):
        return 1.0
    return aligned(evidence, change)


def _candidate(evidence: Evidence, change: Change) -> Candidate:
    node, subject = str(change.node), change_subject(change)
    impact, strength, words = _impact(evidence, node, change)
    fit = _fit(evidence, change)
    return Candidate(
        family="config_change",
        node=node,
        subject=subject,
        impact=impact * max(0.0, fit),
        strength=strength,
        specificity=0.9 if impact > 0.3 else 0.6,
        mechanism=change.kind,
        observed_at=node,
        onset=change.ts,
        onset_low=change.ts,
        onset_high=change.ts,
        summary=f"{change.kind} change on {node} at {stamp(change.ts)}: {change.title or subject}.",
        evidence=(change_item(change), EvidenceItem(kind="estimate", text=words, data={"share": round(impact, 4)})),
        verify=f"Revert {subject} on {node} (or in a canary) and watch the metric return.",
        remedy="Revert the change; roll configuration out in steps, with the metric as its gate.",
        explains=(
            *((("function", node),) if _judged(evidence, node) else ()),
            *(("function", model) for model in served_by(evidence, node)),
            ("output", node),
            ("metric", node, evidence.symptom.incident.metric),
        ),
        features={"alignment": fit, "coincident_change": 1.0, "unexplained": 1.0 - explained_by_data(evidence)},
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the configuration, flag and infrastructure changes near the onset."""
    if not evidence.changes:
        return Findings(not_examined="no change events")
    near = [
        change
        for change in evidence.changes
        if change.kind in SETTINGS
        and change.node in evidence.upstream
        and not _elsewhere(evidence, str(change.node))
        and change_subject(change) is not None
        and _fit(evidence, change) > 0
    ]
    if not near:
        return Findings(ruled_out="no configuration, flag or infrastructure change near the onset on an upstream node")
    best: dict[tuple[str, str | None], Candidate] = {}
    for change in near:
        candidate = _candidate(evidence, change)
        key = (candidate.node, candidate.subject)
        if key not in best or candidate.features["alignment"] > best[key].features["alignment"]:
            best[key] = candidate
    return Findings(candidates=tuple(best[key] for key in sorted(best, key=str)))
