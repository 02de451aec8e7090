"""How much of the symptom passes through a model, a column or a function change.

The symptomatic model's own columns are judged by the symptom's metric. A model further upstream is
judged by what its output, as an input column of the next model, explains there, times the share of
its output's change that the column (or its function) carries. A KPI downstream of a model is
judged by how the KPI followed the model's output in the baseline.
"""

import math

import numpy as np

from candidates.measures.clock import within
from candidates.measures.diagnosis import MOVED, ColumnDiagnosis, ModelDiagnosis, diagnose
from schemas.evidence import Evidence, FloatArray, Series, Symptom


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


def has_moved(column: ColumnDiagnosis) -> bool:
    """Return whether a column's distribution or its relation to the others moved beyond the usual."""
    lost = (column.relation_loss > 0 and not column.repair < MATTERS) or column.label_loss > 0.5
    return column.shift.strength >= MOVED or lost


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


def _energies(diagnosis: ModelDiagnosis) -> float:
    total = sum(c.energy for c in diagnosis.columns.values() if has_moved(c))
    if diagnosis.function_moved:
        total += diagnosis.function_energy
    return total


def function_share(evidence: Evidence, node: str) -> float:
    """Return the share of the symptom that a change of the model's function explains, in [0, 1]."""
    diagnosis = diagnose(evidence, node)
    if diagnosis is None or not diagnosis.function_moved:
        return 0.0
    if node == evidence.symptom.incident.node:
        return clip(diagnosis.function)
    energy = _energies(diagnosis)
    return influence(evidence, node) * (diagnosis.function_energy / energy if energy > 0 else 0.0)


def column_share(evidence: Evidence, node: str, column: ColumnDiagnosis, *, bad: bool) -> tuple[float, str]:
    """Return the share of the symptom that a column of a model explains, and the estimator in words."""
    share, words = bad_share(column) if bad else drift_share(column)
    if node == evidence.symptom.incident.node:
        return share, words
    diagnosis = diagnose(evidence, node)
    energy = _energies(diagnosis) if diagnosis else 0.0
    carried = column.energy / energy if energy > 0 else 0.0
    return influence(evidence, node) * carried, "the share of the model's output that moved with it"


def influence(evidence: Evidence, node: str) -> float:
    """Return the share of the symptom that passes through a model's output, in [0, 1]."""
    return evidence.once(("influence", node), lambda: _influence(evidence, node))


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
            if column is not None and has_moved(column):
                bad = column_share(evidence, edge.target, column, bad=True)[0]
                best = max(best, bad, column_share(evidence, edge.target, column, bad=False)[0])
    return best


def _sides(series: Series, symptom: Symptom) -> tuple[FloatArray, FloatArray]:
    fine = np.isfinite(series.value)
    before = series.value[fine & within(series.ts, symptom.baseline)]
    return before, series.value[fine & within(series.ts, symptom.window)]


def series_strength(series: Series, symptom: Symptom) -> float:
    """Return how far a series' window mean lies from its baseline, in robust baseline deviations, signed."""
    before, after = _sides(series, symptom)
    if len(before) < 3 or not len(after):
        return 0.0
    centre = float(np.median(before))
    spread = 1.4826 * float(np.median(np.abs(before - centre)))
    floor = max(0.5 * float(before.std()), 1e-3 * abs(centre), 1e-12)
    return float((np.median(after) - centre) / max(spread, floor))


def mean_shift(series: Series, symptom: Symptom) -> float:
    """Return Welch's t of a series' window buckets against its baseline buckets, signed."""
    before, after = _sides(series, symptom)
    if len(before) < 3 or not len(after):
        return 0.0
    spread = max(float(before.var(ddof=1)), 1e-18)
    error = math.sqrt(spread / len(before) + max(spread, float(after.var())) / len(after))
    return float((after.mean() - before.mean()) / error)


def _followed(evidence: Evidence, node: str) -> float:
    """Return the share of a KPI's change that a model's outputs predict from the baseline's relation."""
    symptom = evidence.symptom
    change = symptom.value - symptom.baseline_value
    best = 0.0
    for name, series in evidence.models[node].outputs.items() if node in evidence.models else ():
        if name == "rows":
            continue
        predicted = _predicted_change(symptom.series, series, symptom)
        if math.isfinite(predicted) and change:
            share = clip(predicted / change) * clip((abs(mean_shift(series, symptom)) - 2) / 3)
        else:
            share = 0.5 * clip((abs(series_strength(series, symptom)) - 2) / 4)
        best = max(best, share)
    return best


def _predicted_change(kpi: Series, output: Series, symptom: Symptom) -> float:
    """Return the KPI's change that the output's change predicts; NaN when the baseline shows no relation."""
    shared, at_kpi, at_output = np.intersect1d(kpi.ts, output.ts, return_indices=True)
    x, y = output.value[at_output], kpi.value[at_kpi]
    fine = np.isfinite(x) & np.isfinite(y) & within(shared, symptom.baseline)
    if fine.sum() < 10 or x[fine].std() < 1e-12 or y[fine].std() < 1e-12:
        return float("nan")
    correlation = float(np.corrcoef(x[fine], y[fine])[0, 1])
    if abs(correlation) * math.sqrt(fine.sum()) < 3:
        return float("nan")
    before, after = _sides(output, symptom)
    slope = correlation * float(y[fine].std() / x[fine].std())
    return slope * float(np.mean(after) - np.mean(before))
