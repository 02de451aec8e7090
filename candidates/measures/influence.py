"""How much of the symptom passes through a model, a column or a function change.

The symptomatic model's own columns are judged by the symptom's metric. A model further upstream is
judged by what its output, as an input column of the next model, explains there, times the share of
its output's change that the column (or its function) carries. A KPI downstream of a model is
judged by how the KPI followed the model's output in the baseline.
"""

import math

from candidates.measures.diagnosis import MOVED, ColumnDiagnosis, ModelDiagnosis, diagnose
from candidates.measures.following import (
    correlation,
    mean_shift,
    most_predicted,
    passed_on,
    predicted_change,
    series_strength,
    sides,
)
from candidates.measures.null_share import METRIC, null_share
from schemas.evidence import Evidence
from schemas.incident import SHARE_OF

ENERGY_FLOOR = 0.02
"""Movement of an output, in its own variance, below which nobody carries it."""

ANSWERS = frozenset({"rows", "prediction_mean", "positive_rate", "estimated_accuracy"})
"""Outputs that say what a model answered; the others say how right it was."""
MODEST = 0.5
"""Most of a KPI's change that is laid on a model which moved, where nobody knows by how much the KPI follows it."""
CLOSE, UNSEEN, DISTURBED = 0.8, 0.6, 0.25
"""Correlation from which what a KPI followed is all there is to it; how far a KPI is believed to have followed what
nobody sees since; the movement of the answers, in their variance, that leaves no answer as it was."""

BLURRED = 0.2
"""How far a model's function is believed to have changed where a vector that it reads moved at the same time."""
MATTERS = 0.1
"""Share from which putting a column back is no accident: a lost relation shows in both its columns, the repair
only in the one that is wrong."""


LEFT_OUT = "leaving out the rows with values never seen before"
ROSE_MORE = "how much more the loss (or the answers) moved where the column gained rows than where it did not"
"""What `drop` is called of rows, and of histograms."""


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
        (clip(column.drop), LEFT_OUT if math.isfinite(column.repair) else ROSE_MORE),
        (clip(column.unread), "letting the answers follow the column, which the model no longer reads"),
        (clip(column.vacated), "the change of the answers that came when the column went"),
        # of histograms alone: wrong values in a bin are answered as right ones are
        (0.0 if math.isfinite(column.repair) else clip(column.mix), "what its new values meant before"),
        (clip(column.freed), "letting the column move again, at each time to the value that suits the outcomes best"),
    )
    return max(options, key=lambda option: option[0])


def drift_share(column: ColumnDiagnosis) -> tuple[float, str]:
    """Return the share of the metric's change that a real shift of a column explains, and the estimator."""
    options = (
        (clip(column.mix), "reweighting the baseline to the column's new distribution"),
        (clip(column.ventured), "the rows with values never seen before, whose outcomes went where the answers went"),
    )
    return max(options, key=lambda option: option[0])


def _carried(diagnosis: ModelDiagnosis, energy: float) -> float:
    """Return the share of the output's movement that one part's energy is."""
    total = _moved_energy(diagnosis)
    return energy / (total + ENERGY_FLOOR * diagnosis.variance) if energy > 0 else 0.0


def _moved_energy(diagnosis: ModelDiagnosis) -> float:
    """Return the energy of all that moved in a model: its columns and its function."""
    total = sum(c.energy for c in diagnosis.columns.values() if has_moved(c))
    return total + (diagnosis.function_energy if diagnosis.function_moved else 0.0)


def _mean_moved(evidence: Evidence, node: str, diagnosis: ModelDiagnosis) -> bool:
    """Return whether the metric a model is judged by moved at all: its shares mean nothing otherwise."""
    series = evidence.models[node].outputs.get(diagnosis.metric)
    return series is not None and abs(mean_shift(series, evidence.symptom)) >= 3


def counts_nulls(evidence: Evidence, node: str) -> bool:
    """Return whether the symptom counts a model's empty inputs, which nothing that the model answers changes."""
    incident = evidence.symptom.incident
    return incident.node == node and incident.metric == METRIC


def function_share(evidence: Evidence, node: str) -> float:
    """Return the share of the symptom that a change of the model's function explains, in [0, 1]."""
    diagnosis = diagnose(evidence, node)
    if diagnosis is None or not diagnosis.function_moved or counts_nulls(evidence, node):
        return 0.0
    # rows whose columns no longer belong together look like a new function to any stand-in
    columns = diagnosis.columns.values()
    sure = 1 - 0.8 * max((c.relation_loss * clip(c.importance / 0.1) for c in columns), default=0.0)
    # and so do those of which only some projections are known
    if any(len(c.keys) > 1 and math.isfinite(c.vacated) for c in columns):
        sure = min(sure, BLURRED)
    if node == evidence.symptom.incident.node:
        return sure * clip(diagnosis.function)
    share = clip(diagnosis.function) if _mean_moved(evidence, node, diagnosis) else 0.0
    return sure * influence(evidence, node, bad=True) * max(share, _carried(diagnosis, diagnosis.function_energy))


def column_share(evidence: Evidence, node: str, column: ColumnDiagnosis, *, bad: bool) -> tuple[float, str]:
    """Return the share of the symptom that a column of a model explains, and the estimator in words."""
    if counts_nulls(evidence, node):
        share = null_share(evidence.models[node], column.column) if bad else 0.0
        return share, "its share of the change in nulls"
    share, words = bad_share(column) if bad else drift_share(column)
    diagnosis = diagnose(evidence, node)
    if node == evidence.symptom.incident.node or diagnosis is None:
        return share, words
    carried = _carried(diagnosis, column.energy)
    moved = _mean_moved(evidence, node, diagnosis)
    known = moved and math.isfinite(column.redo) and _followed_metric(evidence, node, diagnosis)
    if (bad and carried > share and not known) or not moved:
        share, words = carried, "its share of what moved in the model's output"
    return influence(evidence, node, bad=bad) * share, f"{words}, times what passes through {node}"


def _followed_metric(evidence: Evidence, node: str, diagnosis: ModelDiagnosis) -> bool:
    """Return whether a KPI followed the metric that a model is judged by: then its shares are the KPI's."""
    series = evidence.models[node].outputs.get(diagnosis.metric)
    if series is None or node not in _last_logged(evidence):
        return False
    return math.isfinite(correlation(evidence.symptom.series, series, evidence.symptom)[0])


def influence(evidence: Evidence, node: str, *, bad: bool | None = None) -> float:
    """Return the share of the symptom that passes through a model's output, in [0, 1].

    A model that reads a wrong output suffers as from any other wrong value (`bad`): its other columns stay. If the
    population moved, they move along (not `bad`). None takes the larger of the two.
    """
    if bad is None:
        return max(influence(evidence, node, bad=True), influence(evidence, node, bad=False))
    return evidence.once(("influence", node, bad), lambda: _influence(evidence, node, bad=bad))


def _unsettled(evidence: Evidence, node: str) -> bool:
    """Return whether a model's inputs or function moved: its output may be wrong with the same distribution."""
    diagnosis = diagnose(evidence, node)
    return diagnosis is not None and (
        diagnosis.function_moved or any(has_moved(column) for column in diagnosis.columns.values())
    )


def _influence(evidence: Evidence, node: str, *, bad: bool) -> float:
    symptom = evidence.symptom
    if node == symptom.incident.node:
        return 1.0
    evidence.cache[("influence", node, bad)] = 0.0  # a cycle adds nothing
    best = _followed(evidence, node) if node in _last_logged(evidence) else 0.0
    for edge in evidence.system.edges:
        if edge.source != node or edge.target not in evidence.models:
            continue
        diagnosis = diagnose(evidence, edge.target)
        for name in edge.columns if diagnosis else ():
            column = diagnosis.columns.get(name) if diagnosis else None
            if column is not None and (has_moved(column) or (column.repair >= MATTERS and _unsettled(evidence, node))):
                wrong = column_share(evidence, edge.target, column, bad=True)[0]
                drift = 0.0 if bad else column_share(evidence, edge.target, column, bad=False)[0]
                best = max(best, wrong, drift)
    return best


def _last_logged(evidence: Evidence) -> frozenset[str]:
    """Return the models with a log from which a KPI is reached without passing another one."""
    return evidence.once("last_logged", lambda: _reached(evidence))


def _reached(evidence: Evidence) -> frozenset[str]:
    start = evidence.symptom.incident.node
    if start in evidence.models or not evidence.graph.has_node(start):
        return frozenset()
    found: set[str] = set()
    seen, stack = {start}, [start]
    while stack:
        for node in evidence.graph.predecessors(stack.pop()):
            if node in seen:
                continue
            seen.add(node)
            if diagnose(evidence, node) is not None:
                found.add(node)
            else:
                stack.append(node)
    return frozenset(found)


def _followed(evidence: Evidence, node: str) -> float:
    """Return the share of a KPI's change that a model's outputs predict from the baseline's relation.

    Where the KPI followed how right the model was, and nobody can say how right it has been since, the model is
    held for as wrong as its answers are disturbed.
    """
    symptom = evidence.symptom
    change = symptom.value - symptom.baseline_value
    best, seen, unseen = 0.0, 0.0, 0.0
    model = evidence.models[node]
    for name, series in model.outputs.items():
        if name == "rows":
            continue
        known = abs(correlation(symptom.series, series, symptom)[0])
        if not len(sides(series, symptom)[1]):
            unseen = max(unseen, known if math.isfinite(known) else 0.0)
            continue
        seen = max(seen, known if math.isfinite(known) else 0.0)
        predicted = predicted_change(symptom.series, series, symptom)
        by_strength = MODEST * clip((abs(series_strength(series, symptom)) - 2) / 4)
        if math.isfinite(predicted) and change:
            share = clip(predicted / change) * clip((abs(mean_shift(series, symptom)) - 2) / 3)
            share = max(share, passed_on(symptom.series, series, symptom))
            if not _is_answer(
                name
            ):  # a loss scatters: what it predicts at most bounds what is believed without a relation
                most = clip(most_predicted(symptom.series, series, symptom) / change)
                share = max(share, min(by_strength, most))
        else:
            share = by_strength
        best = max(best, share)
    judged = any(len(sides(s, symptom)[1]) for name, s in model.outputs.items() if not _is_answer(name))
    if unseen > seen or (not judged and seen < CLOSE):
        best = max(best, (UNSEEN + (1 - UNSEEN) * unseen) * _disturbed(evidence, node))
    return best


def _is_answer(output: str) -> bool:
    return output in ANSWERS or output.startswith(SHARE_OF)


def _disturbed(evidence: Evidence, node: str) -> float:
    """Return how far wrong columns and changes of the function moved a model's answers, [0, 1]."""
    diagnosis = diagnose(evidence, node)
    if diagnosis is None:
        return 0.0
    return clip(_moved_energy(diagnosis) / (DISTURBED * diagnosis.variance + 1e-12))
