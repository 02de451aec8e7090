"""The symptomatic model's own new version is worse, as a whole or on old segments.

The undo test: predict the window's rows with a stand-in of the old version (`candidates.measures.surrogate`);
what of the symptom goes away is the new version's share. A harmless retrain explains nothing. Answers that changed
without a version, a setting or a moved column, and not in one slice alone, are a change that nobody told of.
"""

from candidates.measures.acted_upon import SETTINGS, aligned
from candidates.measures.answer_form import answer_form, bounded, comparable, served_by
from candidates.measures.clock import alignment, stamp
from candidates.measures.diagnosis import ModelDiagnosis, diagnose
from candidates.measures.health import explained_by_data
from candidates.measures.histogram_outcome import answers_of_histograms, within_bins
from candidates.measures.influence import function_share, symptomatic_models
from candidates.measures.versions import (
    Switch,
    change_subject,
    dated,
    event_switch,
    function_strength,
    spared,
    suspected_version,
    version_switch,
)
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

LEAST = 0.3
"""Share of the symptom from which changed answers that nothing told of are a cause."""
UNTOLD, IN_FORM = 0.5, 0.8
"""How specific such a change is, and where the form of the answers shows it as well."""


def _candidate(evidence: Evidence, node: str, diagnosis: ModelDiagnosis, switch: Switch) -> Candidate:
    # of histograms a loss that rose within bins says as well that the outcomes changed: only a logged version tells
    told = answers_of_histograms(evidence, node)
    if switch.what == "version":
        told = within_bins(evidence, node) * suspected_version(evidence, node, switch.subject)
    share = max(function_share(evidence, node), told) * dated(evidence, node, diagnosis, switch.since)
    share *= spared(evidence, node, switch)
    undone = (
        f"predicting with a stand-in of the old version undoes {share:.0%} of the symptom; logged predictions deviate "
        f"{diagnosis.function_ratio:.1f} times as much from the old function as before"
    )
    within = f"{share:.0%} of the change of the mean arose within bins of the inputs, which no moved one explains"
    estimate = EvidenceItem(
        kind="estimate",
        text=within if told else undone,
        data={"share": round(share, 4), "deviation_ratio": round(diagnosis.function_ratio, 3)},
    )
    return Candidate(
        family="model_change",
        node=node,
        subject=switch.subject,
        impact=share,
        strength=max(function_strength(diagnosis), 12.0 * told),
        specificity=0.9 if switch.what == "version" else 0.6,
        mechanism="bad_version",
        observed_at=node,
        onset=switch.since,
        onset_low=switch.since,
        onset_high=switch.since,
        summary=f"{node} answers differently since version {switch.subject} took over.",
        evidence=(estimate, switch.item),
        verify="Score the same recent rows with the old and the new version and compare the metric.",
        remedy=f"Roll back from {switch.subject}; gate versions on a replay of recent traffic and on old segments.",
        explains=(("function", node), ("output", node)),
        features={"alignment": switch.alignment, "coincident_change": 1.0, "function_ratio": diagnosis.function_ratio},
    )


def _told(evidence: Evidence, node: str) -> bool:
    """Return whether a setting of the model, or of what stands beside it, was changed about then."""
    return any(
        change.kind in SETTINGS
        and change_subject(change) is not None
        and (change.node == node or node in served_by(evidence, str(change.node)))
        and aligned(evidence, change) > 0
        for change in evidence.changes
    )


def _silent(evidence: Evidence, node: str, diagnosis: ModelDiagnosis) -> Candidate | None:
    """Return a change of the answers that no version, setting or column accounts for; None without one."""
    model = evidence.models[node]
    if evidence.symptom.reference_split:  # it never answered otherwise in production: that is skew
        return None
    if diagnosis.function_onset is None or model.rows is None or _told(evidence, node):
        return None
    share = function_share(evidence, node) * comparable(evidence, node)
    share *= (1.0 - explained_by_data(evidence)) * (1.0 - bounded(evidence, node))
    if share < LEAST:
        return None
    form, onset = answer_form(model.rows, model.node), diagnosis.function_onset
    told = f"; {form.words}" if form else ""
    estimate = EvidenceItem(
        kind="estimate",
        text=f"putting the old function back undoes {share:.0%} of the symptom; logged predictions deviate "
        f"{diagnosis.function_ratio:.1f} times as much from it as before{told}",
        data={"share": round(share, 4), "deviation_ratio": round(diagnosis.function_ratio, 3)},
    )
    return Candidate(
        family="model_change",
        node=node,
        subject=None,
        impact=share,
        strength=function_strength(diagnosis),
        specificity=IN_FORM if form else UNTOLD,
        mechanism=form.mechanism if form else "untold",
        observed_at=node,
        onset=onset.at,
        onset_low=onset.low,
        onset_high=onset.high,
        summary=f"{node} answers the same inputs differently since {stamp(onset.at)}, though its logged version stayed"
        f"{told}.",
        evidence=(estimate,),
        verify="Score rows from before and since with the model as it was registered; compare with what was logged.",
        remedy="Redeploy the registered model; log the version, and the settings it is served with.",
        explains=(("function", node), ("output", node)),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "coincident_change": 0.0,
            "function_ratio": diagnosis.function_ratio,
        },
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the new versions of the symptomatic model, or of the models right before a symptomatic KPI."""
    judged = {node: diagnose(evidence, node) for node in sorted(symptomatic_models(evidence))}
    known = {node: diagnosis for node, diagnosis in judged.items() if diagnosis is not None}
    if not known:
        return Findings(not_examined="no model at the symptom has logged predictions to compare versions on")
    found = []
    for node, diagnosis in known.items():
        switch = version_switch(evidence, node) or event_switch(evidence, node, {"deploy"})
        candidate = _candidate(evidence, node, diagnosis, switch) if switch else _silent(evidence, node, diagnosis)
        if candidate is not None:
            found.append(candidate)
    if not found:
        return Findings(ruled_out=f"the same version served throughout ({', '.join(known)})")
    return Findings(candidates=tuple(found))
