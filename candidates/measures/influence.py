"""How much of the symptom passes through a model, a column or a function change.

The symptomatic model's own columns are judged by the symptom's metric. A model further upstream is
judged by what its output, as an input column of the next model, explains there, times the share of
its output's change that the column (or its function) carries. A KPI downstream of a model is
judged by how the KPI followed the model's output in the baseline.
"""

import math

from candidates.measures.diagnosis import MOVED, ColumnDiagnosis, ModelDiagnosis, diagnose
from candidates.measures.following import mean_shift, predicted_change, series_strength
from schemas.evidence import Evidence

ENERGY_FLOOR = 0.02
"""Movement of an output, in its own variance, below which nobody carries it."""

MATTERS = 0.1
"""Share from which putting a column back is no accident: a lost relation shows in both its columns, the repair
only in the one that is wrong."""


def clip(share: float) -> float:
    """Return a share in [0, 1]; 0 when it is not a number."""
    return min(1.0, max(0.0, share)) if math.isfinite(share) else 0.0


def origin(evidence: Evidence, node: str, column: str) -> str:
    """Return the furthest upstream declared node that hands the column on, the node itself if none."""
    seen = {node}
    while True:
        producer = evidence.system.producer(node, column)
        if producer is None or producer in seen:
            return node
        seen.add(producer)
        node = producer
        if evidence.system.by_id[producer].kind == "model":
            return node


def symptomatic_models(evidence: Evidence) -> frozenset[str]:
    """Return the models whose own failure the symptom is: the node itself, or the last models before it."""
    start = evidence.symptom.incident.node
    kinds = {node.id: node.kind for node in evidence.system.nodes}
    if kinds.get(start) == "model":
        return frozenset({start})
    found: set[str] = set()
    seen, stack = {start}, [start]
    while stack:
        for node in evidence.graph.predecessors(stack.pop()) if evidence.graph.has_node(start) else ():
            if node in seen:
                continue
            seen.add(node)
            if kinds.get(node) == "model":
                found.add(node)
            else:
                stack.append(node)
    return frozenset(found)


def has_moved(column: ColumnDiagnosis) -> bool:
    """Return whether a column's distribution or its relation to the others moved beyond the usual.

    A column that carries much of the change is taken at half the strength.
    """
    matters = not column.repair < MATTERS or (column.redo >= 3 * MATTERS and column.repair > -1)
    lost = (column.relation_loss > 0 and matters) or column.label_loss > 0.5
    carries = max(bad_share(column)[0], drift_share(column)[0]) >= 0.3 and column.importance >= 0.05
    return column.shift.strength >= (MOVED / 2 if carries else MOVED) or lost


def bad_share(column: ColumnDiagnosis) -> tuple[float, str]:
    """Return the share of the metric's change that wrong values in a column explain, and the estimator."""
    options = (
        (clip(column.repair), "putting the column back to what the others predict"),
        (clip(column.redo), "putting its fault into the baseline"),
        (clip(column.drop), "leaving out the rows with values never seen before"),
    )
    return max(options, key=lambda option: option[0])


def drift_share(column: ColumnDiagnosis) -> tuple[float, str]:
    """Return the share of the metric's change that a real shift of a column explains, and the estimator."""
    return clip(column.mix), "reweighting the baseline to the column's new distribution"


def _carried(diagnosis: ModelDiagnosis, energy: float) -> float:
    """Return the share of the output's movement that one part's energy is."""
    total = sum(c.energy for c in diagnosis.columns.values() if has_moved(c))
    total += diagnosis.function_energy if diagnosis.function_moved else 0.0
    return energy / (total + ENERGY_FLOOR * diagnosis.variance) if energy > 0 else 0.0


def _mean_moved(evidence: Evidence, node: str, diagnosis: ModelDiagnosis) -> bool:
    """Return whether the metric a model is judged by moved at all: its shares mean nothing otherwise."""
    series = evidence.models[node].outputs.get(diagnosis.metric)
    return series is not None and abs(mean_shift(series, evidence.symptom)) >= 3


def function_share(evidence: Evidence, node: str) -> float:
    """Return the share of the symptom that a change of the model's function explains, in [0, 1]."""
    diagnosis = diagnose(evidence, node)
    if diagnosis is None or not diagnosis.function_moved:
        return 0.0
    # rows whose columns no longer belong together look like a new function to any stand-in
    sure = 1 - 0.8 * max((c.relation_loss * clip(c.importance / 0.1) for c in diagnosis.columns.values()), default=0.0)
    if node == evidence.symptom.incident.node:
        return sure * clip(diagnosis.function)
    share = clip(diagnosis.function) if _mean_moved(evidence, node, diagnosis) else 0.0
    return sure * influence(evidence, node) * max(share, _carried(diagnosis, diagnosis.function_energy))


def column_share(evidence: Evidence, node: str, column: ColumnDiagnosis, *, bad: bool) -> tuple[float, str]:
    """Return the share of the symptom that a column of a model explains, and the estimator in words."""
    share, words = bad_share(column) if bad else drift_share(column)
    diagnosis = diagnose(evidence, node)
    if node == evidence.symptom.incident.node or diagnosis is None:
        return share, words
    carried = _carried(diagnosis, column.energy)
    moved = _mean_moved(evidence, node, diagnosis)
    if (bad and carried > share) or not moved:
        share, words = carried, "its share of what moved in the model's output"
    return influence(evidence, node) * share, f"{words}, times what passes through {node}"


def influence(evidence: Evidence, node: str) -> float:
    """Return the share of the symptom that passes through a model's output, in [0, 1]."""
    return evidence.once(("influence", node), lambda: _influence(evidence, node))


def _unsettled(evidence: Evidence, node: str) -> bool:
    """Return whether a model's inputs or function moved: its output may be wrong with the same distribution."""
    diagnosis = diagnose(evidence, node)
    return diagnosis is not None and (
        diagnosis.function_moved or any(has_moved(column) for column in diagnosis.columns.values())
    )


def _influence(evidence: Evidence, node: str) -> float:
    symptom = evidence.symptom
    if node == symptom.incident.node:
        return 1.0
    evidence.cache[("influence", node)] = 0.0  # a cycle adds nothing
    best = _followed(evidence, node) if symptom.incident.node not in evidence.models else 0.0
    for edge in evidence.system.edges:
        if edge.source != node or edge.target not in evidence.models:
            continue
        diagnosis = diagnose(evidence, edge.target)
        for name in edge.columns if diagnosis else ():
            column = diagnosis.columns.get(name) if diagnosis else None
            if column is not None and (has_moved(column) or (column.repair >= MATTERS and _unsettled(evidence, node))):
                bad = column_share(evidence, edge.target, column, bad=True)[0]
                best = max(best, bad, column_share(evidence, edge.target, column, bad=False)[0])
    return best


def _followed(evidence: Evidence, node: str) -> float:
    """Return the share of a KPI's change that a model's outputs predict from the baseline's relation."""
    symptom = evidence.symptom
    change = symptom.value - symptom.baseline_value
    best = 0.0
    for name, series in evidence.models[node].outputs.items() if node in evidence.models else ():
        if name == "rows":
            continue
        predicted = predicted_change(symptom.series, series, symptom)
        if math.isfinite(predicted) and change:
            share = clip(predicted / change) * clip((abs(mean_shift(series, symptom)) - 2) / 3)
        else:
            share = 0.5 * clip((abs(series_strength(series, symptom)) - 2) / 4)
        best = max(best, share)
    return best
