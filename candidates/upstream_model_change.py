"""Another model upstream changed its output after a new version or configuration.

An upstream model is to blame when its *function* changed (its logged outputs deviate from the baseline's
function on familiar inputs), not when it faithfully passes on a fault of its own inputs.
"""

from candidates.measures.columns import UNLOGGED, MovedColumn, came_from_inputs, histogram_item, moved_columns
from candidates.measures.diagnosis import diagnose
from candidates.measures.influence import function_share, influence, symptomatic_models
from candidates.measures.versions import Switch, event_switch, function_strength, spared, version_switch
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

ALIGNED = 0.9
CONFIGURATION = {"config", "flag", "infrastructure"}


def _upstream_models(evidence: Evidence) -> list[str]:
    symptomatic = symptomatic_models(evidence)
    return sorted(
        node.id
        for node in evidence.system.nodes
        if node.kind == "model" and node.id not in symptomatic and node.id in evidence.upstream
    )


def _as_input(evidence: Evidence, node: str) -> MovedColumn | None:
    """Return the column that carries a model's output into another model, if it moved."""
    carried = [m for m in moved_columns(evidence) if m.from_model and m.producer == node]
    return max(carried, key=lambda m: (max(m.bad, m.drift), m.column.column), default=None)


def _share(evidence: Evidence, node: str, carried: MovedColumn | None, switch: Switch | None) -> tuple[float, str]:
    if diagnose(evidence, node) is not None:
        share = function_share(evidence, node) * (spared(evidence, node, switch) if switch else 1.0)
        return share, "its logged outputs against a stand-in of its old function"
    if carried is not None:
        sure = 1.0 if switch and switch.alignment > ALIGNED else UNLOGGED
        sure *= 1 - came_from_inputs(evidence, carried)
        return sure * max(carried.bad, carried.drift), carried.bad_words
    return 0.0, "nothing: its output is not logged"


def _candidate(evidence: Evidence, node: str, switch: Switch | None, carried: MovedColumn | None) -> Candidate:
    diagnosis = diagnose(evidence, node)
    share, estimator = _share(evidence, node, carried, switch)
    column = carried.column if carried else None
    strength = max(
        function_strength(diagnosis) if diagnosis else 0.0, column.shift.strength if column and not diagnosis else 0.0
    )
    items = [
        EvidenceItem(
            kind="estimate",
            text=f"explains {share:.0%} of the symptom, estimated from {estimator}",
            data={"share": round(share, 4), "through_output": round(influence(evidence, node), 4)},
        )
    ]
    if switch:
        items.append(switch.item)
    if carried:
        items.append(histogram_item(carried.profile))
    onset = switch.since if switch else (column.shift.onset.at if column and column.shift.onset else None)
    how = f"since {switch.what} {switch.subject}" if switch else "though no new version or configuration is on record"
    reader = carried.model.node.id if carried else evidence.symptom.incident.node
    return Candidate(
        family="upstream_model_change",
        node=node,
        subject=switch.subject if switch else None,
        impact=share,
        strength=min(strength, 1e6),
        specificity=0.9 if switch else 0.4,
        mechanism="function_changed",
        observed_at=node,
        onset=onset,
        summary=f"{node} answers differently {how}, and {reader} reads its output.",
        evidence=tuple(items),
        verify=f"Score the same inputs with {node} as it was before and as it is now; compare the outputs.",
        remedy=f"Roll {node} back, or retrain its readers on its new output; version the contract between the models.",
        explains=(
            *((("function", node),) if diagnosis else ()),
            ("output", node),
            *((("column", reader, column.column),) if column else ()),
        ),
        features={
            "alignment": switch.alignment if switch else 0.0,
            "coincident_change": float(switch is not None),
            "function_ratio": diagnosis.function_ratio if diagnosis else 0.0,
        },
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the upstream models whose function changed."""
    upstream = _upstream_models(evidence)
    if not upstream:
        return Findings(ruled_out="no other model is upstream of the symptom")
    found = []
    for node in upstream:
        carried = _as_input(evidence, node)
        switch = version_switch(evidence, node) or event_switch(evidence, node, {"deploy", *CONFIGURATION})
        diagnosis = diagnose(evidence, node)
        moved = diagnosis.function_moved if diagnosis else carried is not None
        if switch or moved:
            found.append(_candidate(evidence, node, switch, carried))
    if not found:
        return Findings(ruled_out=f"no upstream model changed version or function ({', '.join(upstream)})")
    return Findings(candidates=tuple(found))
