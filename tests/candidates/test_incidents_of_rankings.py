"""A model of relevance: graded labels are numbers, and its incidents are explained like any other's."""

from dataclasses import replace

import numpy as np

from tests.candidates.scenes import corrupted, daily, evidence_of, first, logs

GRADES = 4


def relevance(scene):
    """Return the evidence of the scorer as a model of relevance: its labels in grades, its squared error as symptom."""
    given = evidence_of(scene, "brier")
    log, model = scene["scorer"], given.models["scorer"]
    label = np.floor(np.clip(log.label * 2 + log.prediction * 2, 0, GRADES - 1))
    said = log.prediction * (GRADES - 1)
    rows = replace(model.rows, prediction=said, label=label, score=(said - label) ** 2)
    line = replace(daily("scorer", "mse", rows.score, log.day), n=np.full(given.symptom.series.n.shape, 300.0))
    before, after = (float(rows.score[side].mean()) for side in (~log.late, log.late))
    spread = float(line.value[: len(line.value) // 2].std())
    symptom = replace(
        given.symptom,
        incident=given.symptom.incident.model_copy(update={"metric": "mse"}),
        direction="up" if after > before else "down",
        series=line,
        baseline_value=before,
        value=after,
        z=(after - before) / spread,
    )
    model = replace(
        model,
        node=model.node.model_copy(update={"task": "ranking"}),
        rows=rows,
        outputs={"prediction_mean": daily("scorer", "prediction_mean", said, log.day), "rows": model.outputs["rows"]},
    )
    nodes = tuple(model.node if node.id == "scorer" else node for node in given.system.nodes)
    return replace(
        given,
        symptom=symptom,
        system=given.system.model_copy(update={"nodes": nodes}),
        models={**given.models, "scorer": model},
        cache={},
    )


def test_wrong_values_below_a_model_of_relevance_are_found():
    scene = corrupted("amount", lambda values, _: values * 100)(logs())
    cause = first(relevance(scene))
    assert (cause.family, cause.subject) == ("data_quality", "amount")
