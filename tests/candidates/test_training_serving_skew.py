"""Serving that differs from training since the first production row, and differences that do not matter."""

from dataclasses import replace

import numpy as np
import pytest

from candidates import families
from tests.candidates.scenes import Log, answered, corrupted, evidence_of, found, logs, score

NODE = "scorer"


def trained(scene, metric="logloss", *, validated=True):
    """Return evidence whose baseline is training rows, every third of them for validation."""
    evidence = evidence_of(scene, metric)
    models = {}
    for node, model in evidence.models.items():
        rows = model.rows
        number = np.cumsum(~rows.after)
        split = np.where(rows.after, "production", np.where(validated & (number % 3 == 0), "validation", "train"))
        columns = {name: replace(p, reference=p.before) for name, p in model.columns.items()}
        models[node] = replace(model, columns=columns, rows=replace(rows, split=split.astype(object)))
    symptom = replace(evidence.symptom, reference_split=True)
    return replace(evidence, models=models, symptom=symptom, cache={})


def best(evidence):
    """Return the candidate with the most support."""
    candidates = found("training_serving_skew", evidence).values()
    return max(candidates, key=lambda c: (c.impact * c.specificity, c.subject or ""))


def recoded(values, _):
    turn = {"de": "fr", "fr": "it", "it": "nl", "nl": "pl", "pl": "de"}
    return np.array([turn[v] for v in values], dtype=object)


@pytest.mark.parametrize(
    ("column", "change", "mechanism"),
    [
        ("amount", lambda v, _: 100 * v, "scaling"),
        ("amount", lambda v, _: np.full(len(v), np.nan), "missing_in_serving"),
        ("country", recoded, "encoding"),
        ("country", lambda v, _: np.array([f"{c.upper()}_" for c in v], dtype=object), "encoding"),
    ],
    ids=["scaled", "missing", "recoded", "spelled"],
)
def test_a_column_that_serving_has_otherwise(column, change, mechanism):
    candidate = best(trained(corrupted(column, change)(logs())))
    assert (candidate.node, candidate.subject, candidate.mechanism) == (NODE, column, mechanism)
    assert candidate.impact > 0.5
    assert candidate.features["alignment"] == 1.0


def leaked(scene, column="noise"):
    """Let a column know the outcome in the training rows alone, and the model rely on it."""
    log, rng = scene[NODE], np.random.default_rng(4)
    values = np.where(log.late, rng.normal(size=len(log.day)), 2 * log.label - 1 + 0.7 * rng.normal(size=len(log.day)))
    logit = np.log(log.prediction / (1 - log.prediction)) + 2.5 * np.clip(values, -3, 3)
    return scene | {
        NODE: replace(log, columns=dict(log.columns) | {column: values}, prediction=1 / (1 + np.exp(-logit)))
    }


def test_a_column_that_knew_the_outcome_in_training_is_a_leak():
    candidate = best(trained(leaked(logs())))
    assert (candidate.subject, candidate.mechanism) == ("noise", "leakage")
    assert candidate.impact > 0.5


def by_heart(scene, *, validation=False):
    """Let the model know the outcome of its training rows, and be far too sure elsewhere."""
    log, number = scene[NODE], np.cumsum(~scene[NODE].late)
    known = ~log.late & ((number % 3 != 0) | validation)
    rng = np.random.default_rng(6)
    logit = np.log(log.prediction / (1 - log.prediction)) * 2.5 + 3 * rng.normal(size=len(log.day))
    sure = np.where(log.label > 0, 0.999, 0.001)
    return scene | {NODE: replace(log, prediction=np.where(known, sure, 1 / (1 + np.exp(-logit))))}


@pytest.mark.parametrize("validated", [True, False])
def test_a_model_that_knows_its_training_rows_by_heart_overfits(validated):
    candidate = best(trained(by_heart(logs(), validation=not validated), validated=validated))
    assert (candidate.subject, candidate.mechanism) == (None, "overfitting")
    assert candidate.impact > 0.5


def test_another_function_in_serving_is_told_by_equal_inputs():
    rng = np.random.default_rng(8)
    rows = 4000
    day = np.sort(rng.integers(0, 20, rows))
    grid = {name: rng.integers(0, 4, rows).astype(float) for name in ("amount", "temp", "follower", "noise", "score")}
    grid["amount"], grid["temp"] = 10 + 10 * grid["amount"], 10 + 3 * grid["temp"]
    columns = grid | {"country": np.full(rows, "de", dtype=object)}
    truth = score(columns)
    label = (rng.random(rows) < truth).astype(float)
    served = score(columns | {"amount": 50 - columns["amount"]})
    log = Log(columns, truth, label, day, np.full(rows, "v1", dtype=object))
    scene = logs() | {NODE: replace(log, prediction=np.where(log.late, served, truth))}
    candidate = best(trained(scene))
    assert candidate.mechanism == "parity"
    assert candidate.subject == "amount"
    assert candidate.features["pairs"] >= 20


def test_another_function_is_told_without_equal_inputs():
    scene = logs()
    served = answered(scene, score(scene[NODE].columns, amount=-1.3))
    candidate = best(trained(served))
    assert (candidate.mechanism, candidate.subject) == ("parity", "amount")


def test_what_was_so_from_the_first_row_is_no_change_of_the_model():
    served = answered(logs(), score(logs()[NODE].columns, amount=-1.3))
    assert not found("model_change", trained(served))


@pytest.mark.parametrize(
    "fault",
    [
        lambda scene: scene,
        corrupted("noise", lambda v, _: 1.6 * v + 5),
        corrupted("noise", lambda v, _: np.full(len(v), np.nan)),
    ],
    ids=["calm", "an unimportant column scaled", "an unimportant column missing"],
)
def test_benign_differences_are_not_blamed(fault):
    candidates = found("training_serving_skew", trained(fault(logs()))).values()
    assert all(c.impact < 0.15 for c in candidates)


def test_another_season_in_training_is_not_blamed():
    scene = logs()
    log, rng = scene[NODE], np.random.default_rng(9)
    keep = ~log.late | (rng.random(len(log.day)) < 1 / (1 + np.exp(-(log.columns["temp"] - 15) / 4)))
    log = replace(
        log,
        columns={name: values[keep] for name, values in log.columns.items()},
        prediction=log.prediction[keep],
        label=log.label[keep],
        day=log.day[keep],
        version=log.version[keep],
    )
    candidates = found("training_serving_skew", trained(scene | {NODE: log})).values()
    assert all(c.impact * c.specificity < 0.15 for c in candidates)


def test_it_is_ruled_out_when_production_was_healthy_before():
    findings = families()["training_serving_skew"](evidence_of(corrupted("amount", lambda v, _: 100 * v)(logs())))
    assert findings.ruled_out
