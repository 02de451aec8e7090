"""Same inputs, other outcomes: P(y | x) moved.

Proposed only where the outcome given the inputs moved both with every input and with those alone that kept their
distribution (`candidates.measures.outcome`): broken inputs make any outcome look changed. Stands back as far as a
moved column or a new function explains the symptom, and where the labels themselves changed. Of histograms with losses
alone: where the loss rose within bins that kept their shares (`candidates.measures.histogram_outcome`).
"""

from collections.abc import Mapping
from typing import Any

from candidates.measures.clock import alignment, stamp
from candidates.measures.columns import change_items
from candidates.measures.diagnosis import diagnose
from candidates.measures.histogram_outcome import HistogramOutcome, outcome_of_histograms
from candidates.measures.influence import symptomatic_models
from candidates.measures.labels import TOLD as LABELS_TOLD
from candidates.measures.labels import label_signs
from candidates.measures.outcome_change import OutcomeChange, outcome_change, too_few_labels, unexplained
from candidates.measures.outcome_in_slice import another_rule
from candidates.measures.outcome_moved import Moved
from candidates.measures.slice_report import sharpest_slice, slice_share
from candidates.measures.versions import dated, suspected_version, version_switch
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence, Onset

GRADUAL = 2.0
"""Onset's uncertainty, in days, from which the drift is called gradual."""
SLICED = 0.8
"""How far one unmistakable slice that holds the whole symptom takes the place of a drift of all outcomes."""
CONFINED = 0.5
"""Share of the symptom that a slice whose outcomes follow another rule must hold, for the drift to be told as its."""
GONE = 0.1
"""Share of what the inputs said of the outcome from which it is told as lost, else how far the outcomes moved."""
TOLD = 0.8
"""How far a new version, or an event of the labels, takes the place of outcomes that nobody sees."""
UNLABELLED = 0.6
"""How specific a rise of the loss is where nobody sees the outcomes themselves."""
VERIFY = "Label a few recent rows by hand under the old rules; refit on recent rows and compare out of sample."
REMEDY = "Retrain on rows since the onset, weighing older ones less; until then recalibrate or fall back."
UNSEEN = "whether the same inputs have other outcomes cannot be seen"


def _candidate(evidence: Evidence, node: str, change: OutcomeChange) -> Candidate:
    signs = label_signs(evidence, evidence.models[node], change)
    labels = max((sign.specificity for sign in signs), default=0.0)
    left = unexplained(evidence, change)
    confined = sharpest_slice(evidence, node)
    ruled = another_rule(evidence, node, confined.found.where) if confined else 0.0
    # half of the symptom in one slice says little: what acts on all rows harms some of them most
    sliced = max(0.0, 2.0 * slice_share(evidence, node) - 1.0) * (1.0 - ruled)
    held = ruled * confined.share * confined.sure if confined else 0.0
    within = str(confined.found.where) if confined and held > CONFINED else None
    impact = min(max(change.share, held), left) * change.sure
    onset = change.onset or evidence.symptom.onset
    moved = change.moved
    undone = (
        "computing the metric anew with the baseline's rows in that slice"
        if held > change.share
        else "giving the window's rows the outcomes that the baseline expects of them"
    )
    text = (
        f"explains {impact:.0%} of the symptom, estimated by {undone}; the outcome given the inputs moved by "
        f"{moved.z:.1f} standard errors"
    )
    data = {
        "share": round(impact, 4),
        "z_all_inputs": round(moved.z, 3),
        "z_steady_inputs": round(change.intact.z, 3),
        "offset": round(moved.offset, 5),
        "relation_lost": round(moved.lost, 4),
    }
    return _drift(
        evidence,
        node,
        onset,
        EvidenceItem(kind="estimate", text=text, data=data),
        impact=impact,
        strength=min(change.strength, 1e6),
        specificity=0.8 * (1.0 - 0.8 * labels) * (1.0 - SLICED * sliced),
        summary=f"The same inputs of {node} have other outcomes since {stamp(onset.at)}"
        f"{f' where {within}' if within else ''}: {_in_words(moved)}.",
        slice=within,
        features={"alignment": alignment(onset, evidence.symptom), "coincident_change": 0.0, "label_sign": labels},
    )


def _drift(evidence: Evidence, node: str, onset: Onset, estimate: EvidenceItem, **parts: Any) -> Candidate:
    gradual = (onset.high - onset.low).total_seconds() > GRADUAL * 86_400
    return Candidate(
        family="concept_drift",
        node=node,
        subject=None,
        mechanism="gradual" if gradual else "sudden",
        observed_at=node,
        onset=onset.at,
        onset_low=onset.low,
        onset_high=onset.high,
        evidence=(estimate, *change_items(evidence, {node}, {"business", "other"})),
        verify=VERIFY,
        remedy=REMEDY,
        explains=(("outcome", node),),
        **parts,
    )


def _in_words(moved: Moved) -> str:
    level = f"on average {moved.offset:+.3g} beside what is expected of them"
    return f"{moved.lost:.0%} of what they said about the outcome is gone" if moved.lost >= GONE else level


def _from_histograms(evidence: Evidence, node: str, change: HistogramOutcome) -> Candidate:
    onset = evidence.symptom.onset
    impact = change.share * change.sure
    told = _told_by_histograms(evidence, node)
    kept = "; the answers stayed the same on average" if change.vouched else ""
    text = (
        f"explains {impact:.0%} of the symptom, estimated by what the loss rose within bins of the inputs beyond what "
        f"any column that moved explains ({change.z:.1f} standard errors){kept}"
    )
    data = {"share": round(impact, 4), "z": round(change.z, 3), "steady_columns": list(change.steady)}
    return _drift(
        evidence,
        node,
        onset,
        EvidenceItem(kind="estimate", text=text, data=data),
        impact=impact,
        strength=change.z,
        specificity=UNLABELLED * (1.0 - SLICED * change.one_bin) * (1.0 - TOLD * told),
        summary=f"The loss of {node} rose for the same values of {len(change.steady)} inputs since {stamp(onset.at)}: "
        "other outcomes, as far as histograms tell.",
        features={"alignment": 1.0, "coincident_change": 0.0, "label_sign": 0.0},
    )


def _told_by_histograms(evidence: Evidence, node: str) -> float:
    """Return how far a new version, or an event of the labels, accounts for a loss that rose within bins, [0, 1]."""
    diagnosis, switch = diagnose(evidence, node), version_switch(evidence, node)
    version = dated(evidence, node, diagnosis, switch.since) if diagnosis and switch else 0.0
    version *= suspected_version(evidence, node, switch.subject) if switch else 0.0
    signs = label_signs(evidence, evidence.models[node], None)
    return max(version, max((s.specificity for s in signs if s.specificity > LABELS_TOLD), default=0.0))


def _by_losses(evidence: Evidence, found: Mapping[str, HistogramOutcome]) -> Findings:
    """Return what histograms with losses say."""
    risen = {node: one for node, one in found.items() if one.share * one.sure > 0}
    if not risen:
        clearest = max(one.z for one in found.values())
        return Findings(
            ruled_out=f"what moved explains the losses; within bins they stayed (clearest sign {clearest:.1f} standard "
            "errors)"
        )
    return Findings(candidates=tuple(_from_histograms(evidence, node, one) for node, one in risen.items()))


def generate(evidence: Evidence) -> Findings:
    """Propose the models at the symptom whose outcomes moved."""
    if evidence.symptom.reference_split:
        return Findings(not_examined="no healthy production period: outcomes cannot be compared with earlier ones")
    judged = {node: diagnose(evidence, node) for node in sorted(symptomatic_models(evidence))}
    changes = {node: outcome_change(evidence, node) for node, found in judged.items() if found is not None}
    known = {node: change for node, change in changes.items() if change is not None}
    losses = {node: one for node in judged if (one := outcome_of_histograms(evidence, node)) is not None}
    if not known and losses:
        return _by_losses(evidence, losses)
    if not known:
        return Findings(not_examined=f"{too_few_labels(evidence)}: {UNSEEN}")
    moved = {node: change for node, change in known.items() if change.sure > 0 and change.share > 0}
    if not moved:
        clearest = max(change.strength for change in known.values())
        return Findings(
            ruled_out=f"the same inputs have the same outcomes (clearest sign {clearest:.1f} standard errors)"
        )
    return Findings(candidates=tuple(_candidate(evidence, node, change) for node, change in moved.items()))
