"""The labels changed meaning: guideline, source, delay or vocabulary.

To the numbers it looks like concept drift (the same inputs have other outcomes); what tells the two apart is what the
labels say of themselves: a guideline event at that moment, classes never seen before, labels that come later or not at
all, outcomes that moved one way only. A guideline event alone, with outcomes as before, is no cause.
"""

from typing import Any

from candidates.measures.clock import alignment, stamp
from candidates.measures.histogram_outcome import HistogramOutcome, outcome_of_histograms
from candidates.measures.influence import clip, symptomatic_models
from candidates.measures.labels import TOLD, LabelSign, label_producer, label_signs
from candidates.measures.outcome_change import OutcomeChange, outcome_change, too_few_labels, unexplained
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence, Onset

EXPECTED = 2.0
"""Standard errors from which outcomes are believed to have moved as was told, in full from twice that on."""

PLAINLY = 0.8
"""Specificity of an event that speaks of labels itself."""


def _sure(change: OutcomeChange, signs: tuple[LabelSign, ...]) -> float:
    """Return how far a change of the labels is believed, [0, 1]: by the outcomes, or because the labels show it.

    Of an event that tells of it outcomes bear out what was expected, at that moment: less of them is needed.
    """
    if any(sign.seen for sign in signs):
        return 1.0
    told = any(sign.announced and sign.specificity > PLAINLY for sign in signs)
    return max(change.sure, clip(change.strength / EXPECTED - 1.0)) if told else change.sure


def _candidate(evidence: Evidence, node: str, change: OutcomeChange, signs: tuple[LabelSign, ...]) -> Candidate:
    best = signs[0]
    impact = min(change.share, unexplained(evidence, change)) * _sure(change, signs)
    onset = change.onset or evidence.symptom.onset
    text = (
        f"explains {impact:.0%} of the symptom, estimated by giving the window's rows the outcomes that the baseline "
        f"expects of them"
    )
    estimate = EvidenceItem(
        kind="estimate",
        text=text,
        data={"share": round(impact, 4), "z": round(change.moved.z, 3), "one_way": round(change.moved.one_way, 3)},
    )
    return _change(
        evidence,
        node,
        onset,
        signs,
        estimate,
        impact=impact,
        strength=min(change.strength, 1e6),
        # labels recorded otherwise are mixed otherwise as well
        explains=(("outcome", node), *((("classes", node),) if best.specificity > TOLD else ())),
    )


def _change(
    evidence: Evidence, node: str, onset: Onset, signs: tuple[LabelSign, ...], estimate: EvidenceItem, **parts: Any
) -> Candidate:
    best = signs[0]
    return Candidate(
        family="label_change",
        node=label_producer(evidence, evidence.models[node]) or node,
        subject=None,
        specificity=best.specificity,
        mechanism=best.mechanism,
        observed_at=node,
        onset=onset.at,
        onset_low=onset.low,
        onset_high=onset.high,
        summary=f"The labels of {node} changed since {stamp(onset.at)}: {best.words}.",
        evidence=(estimate, *(sign.item for sign in signs if sign.item is not None)),
        verify="Label the same few rows by the old and the new rule; compare label source, delay and vocabulary.",
        remedy="Relabel, or evaluate apart before and after; version guideline and label source with the data.",
        features={
            "alignment": alignment(onset, evidence.symptom),
            "coincident_change": float(any(sign.announced for sign in signs)),
            "label_sign": best.specificity,
        },
        **parts,
    )


def _told(evidence: Evidence, node: str) -> tuple[LabelSign, ...]:
    """Return the surest event of a model's labels, if there is one."""
    signs = label_signs(evidence, evidence.models[node], None)
    return tuple(sign for sign in signs if sign.announced and sign.specificity > TOLD)[:1]


def _from_histograms(evidence: Evidence, node: str, losses: HistogramOutcome, sign: LabelSign) -> Candidate:
    onset, impact = evidence.symptom.onset, losses.share * losses.sure
    text = (
        f"explains {impact:.0%} of the symptom, estimated by what the loss rose within bins of the inputs beyond what "
        f"any column that moved explains ({losses.z:.1f} standard errors)"
    )
    estimate = EvidenceItem(kind="estimate", text=text, data={"share": round(impact, 4), "z": round(losses.z, 3)})
    parts = {"impact": impact, "strength": losses.z, "explains": (("outcome", node),)}
    return _change(evidence, node, onset, (sign,), estimate, **parts)


def generate(evidence: Evidence) -> Findings:
    """Propose the models at the symptom whose labels changed."""
    if evidence.symptom.reference_split:
        return Findings(not_examined="no healthy production period: labels cannot be compared with earlier ones")
    found, examined = [], False
    for node in sorted(symptomatic_models(evidence)):
        change = outcome_change(evidence, node)
        if change is None:
            losses = outcome_of_histograms(evidence, node)
            examined |= losses is not None
            if losses is not None and losses.share * losses.sure > 0:
                found += [_from_histograms(evidence, node, losses, sign) for sign in _told(evidence, node)]
            continue
        examined = True
        signs = label_signs(evidence, evidence.models[node], change)
        if signs and _sure(change, signs) > 0 and change.share > 0:
            found.append(_candidate(evidence, node, change, signs))
    if not examined:
        return Findings(not_examined=too_few_labels(evidence))
    if not found:
        return Findings(
            ruled_out="the labels' outcomes, vocabulary and delay stayed, or nothing says that they changed"
        )
    return Findings(candidates=tuple(found))
