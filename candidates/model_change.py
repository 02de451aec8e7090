"""The symptomatic model's own new version is worse, as a whole or on old segments.

The undo test: predict the window's rows with a stand-in of the old version (`candidates.measures.surrogate`);
what of the symptom goes away is the new version's share. A harmless retrain explains nothing.
"""

from candidates.measures.diagnosis import ModelDiagnosis, diagnose
from candidates.measures.influence import function_share, symptomatic_models
from candidates.measures.versions import Switch, dated, event_switch, function_strength, spared, version_switch
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence


def _candidate(evidence: Evidence, node: str, diagnosis: ModelDiagnosis, switch: Switch) -> Candidate:
    share = function_share(evidence, node) * dated(evidence, node, diagnosis, switch.since)
    share *= spared(evidence, node, switch)
    estimate = EvidenceItem(
        kind="estimate",
        text=f"predicting with a stand-in of the old version undoes {share:.0%} of the symptom; logged predictions "
        f"deviate {diagnosis.function_ratio:.1f} times as much from the old function as before",
        data={"share": round(share, 4), "deviation_ratio": round(diagnosis.function_ratio, 3)},
    )
    return Candidate(
        family="model_change",
        node=node,
        subject=switch.subject,
        impact=share,
        strength=function_strength(diagnosis),
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


def generate(evidence: Evidence) -> Findings:
    """Propose the new versions of the symptomatic model, or of the models right before a symptomatic KPI."""
    judged = {node: diagnose(evidence, node) for node in sorted(symptomatic_models(evidence))}
    known = {node: diagnosis for node, diagnosis in judged.items() if diagnosis is not None}
    if not known:
        return Findings(not_examined="no model at the symptom has logged predictions to compare versions on")
    found = []
    for node, diagnosis in known.items():
        switch = version_switch(evidence, node) or event_switch(evidence, node, {"deploy"})
        if switch is not None:
            found.append(_candidate(evidence, node, diagnosis, switch))
    if not found:
        return Findings(ruled_out=f"the same version served throughout ({', '.join(known)})")
    return Findings(candidates=tuple(found))
