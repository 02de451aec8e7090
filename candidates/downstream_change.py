"""The KPI fell though the models that feed it are healthy: look downstream, at the business process."""

from candidates.measures.acted_upon import set_at_onset
from candidates.measures.clock import alignment
from candidates.measures.columns import change_items
from candidates.measures.diagnosis import diagnose
from candidates.measures.following import series_strength
from candidates.measures.health import MOVED, upstream_share
from candidates.measures.reality import reality
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

BUSINESS = {"business", "other", "flag", "config"}
KNOWN_CHANGE = 0.3
"""How much less the process is suspected when a setting right before the KPI was changed at the onset."""


def generate(evidence: Evidence) -> Findings:
    """Propose the process downstream of healthy models, for a KPI's incident.

    That nothing upstream moved speaks for it only as far as the KPI itself did; and less where a setting was changed
    between the models and the KPI just then.
    """
    symptom = evidence.symptom
    node = symptom.incident.node
    declared = evidence.system.by_id.get(node)
    if declared is None or declared.kind != "kpi":
        return Findings(ruled_out=f"the symptom is not a KPI downstream of a model ({node})")
    examined = [m for m in sorted(evidence.models) if diagnose(evidence, m) is not None]
    if not examined:
        return Findings(not_examined=f"no logged predictions of a model that feeds {node}: its health is unknown")
    share, carrier = upstream_share(evidence)
    left = reality(symptom) * (1.0 - share)
    events = change_items(evidence, {node}, BUSINESS)
    unmistakable = (0.75 if events else 0.65) * (1.0 - KNOWN_CHANGE * set_at_onset(evidence))
    moved = _moved(evidence, examined)
    beside = "by more than the models that feed it explain" if moved else "while the models that feed it stayed healthy"
    health = EvidenceItem(
        kind="estimate",
        text=f"{_health(examined, moved)}; the most any upstream node explains is {share:.0%} ({carrier})",
        data={"upstream_share": round(share, 4), "models": examined},
    )
    candidate = Candidate(
        family="downstream_change",
        node=node,
        subject=None,
        impact=left,
        strength=min(abs(symptom.z), 1e6),
        specificity=max(0.05, unmistakable * left),
        mechanism="business_process",
        observed_at=node,
        onset=symptom.onset.at,
        onset_low=symptom.onset.low,
        onset_high=symptom.onset.high,
        summary=f"{symptom.incident.metric} of {node} moved {beside}.",
        evidence=(health, *events),
        verify="Ask the owner of the process what changed after the prediction is made (rules, prices, staffing)?",
        remedy="Hand over to the owner of the business process; the model needs no change.",
        explains=(("metric", node, symptom.incident.metric),),
        features={
            "alignment": alignment(symptom.onset, symptom),
            "coincident_change": float(bool(events)),
            "upstream_share": share,
        },
    )
    return Findings(candidates=(candidate,))


def _moved(evidence: Evidence, models: list[str]) -> list[str]:
    """Return the outputs of models that moved beyond their usual variation, in words."""
    return [
        f"{metric} of {model}"
        for model in models
        for metric, series in sorted(evidence.models[model].outputs.items())
        if metric != "rows" and abs(series_strength(series, evidence.symptom)) >= MOVED
    ]


def _health(models: list[str], moved: list[str]) -> str:
    how = f"are not steady ({', '.join(moved)} moved)" if moved else "are steady"
    return f"the models that feed it ({', '.join(models)}) {how}"
