"""A column's relation to the outcome in training and in production."""

from dataclasses import replace

import numpy as np

from candidates.measures.leakage import relations
from tests.candidates.scenes import logs, model_of

ROWS = 8000


def related(change, rows=ROWS):
    scene = logs(rows)["scorer"]
    values = scene.columns["noise"].copy()
    log = replace(scene, columns=dict(scene.columns) | {"noise": change(values, scene, np.random.default_rng(1))})
    model = model_of("scorer", log)
    return relations(model, model.rows)


def test_healthy_relations_stay():
    assert all(relation.lost == 0 for relation in related(lambda v, *_: v).values())


def test_a_leak_is_gone_in_production_and_it_alone():
    found = related(lambda v, log, rng: np.where(log.late, v, 20 * log.label + v + rng.normal(size=len(v))))
    assert found["noise"].told > 0.1
    assert found["noise"].lost > 0.7
    assert found["noise"].alone > 0.9
    assert all(relation.lost == 0 for key, relation in found.items() if key != "noise")


def test_changed_outcomes_are_no_leak():
    scene = logs(ROWS)["scorer"]
    turned = scene.late & (np.random.default_rng(2).random(ROWS) < 0.45)
    model = model_of("scorer", replace(scene, label=np.where(turned, 1 - scene.label, scene.label)))
    found = relations(model, model.rows)
    assert all(relation.lost * relation.alone < 0.3 for relation in found.values())


def test_without_labels_there_is_no_relation():
    scene = logs()["scorer"]
    model = model_of("scorer", replace(scene, label=np.full(len(scene.label), np.nan)))
    assert relations(model, model.rows) == {}


def test_a_column_that_still_tells_most_may_have_told_too_much():
    rng = np.random.default_rng(3)

    def own(values, log, told):
        """Return the label's own log-odds, blurred; in the earlier rows hardly."""
        return 3 * log.label + rng.normal(size=len(values)) * np.where(log.late, 0.9, told)

    def change(told, rows=ROWS):
        return related(lambda v, log, _: own(v, log, told), rows)["noise"]

    few = change(0.3, 1_600)
    assert few.lost > 0.5
    leaked, honest = change(0.3), change(0.9)
    assert honest.lost == 0
    assert leaked.told > 0.5
    assert leaked.lost > 0.7
    assert leaked.alone == 1.0
    assert 0 < leaked.mixed < 0.3


def test_a_column_is_not_blamed_for_what_another_one_that_is_wrong_no_longer_tells():
    rng, scene = np.random.default_rng(4), logs(ROWS)["scorer"]
    kind, told = rng.integers(0, 4, ROWS), rng.normal(size=ROWS)
    label = 2 * told + kind + 0.1 * rng.normal(size=ROWS)
    written = np.where(scene.late, (kind + 1) % 4, kind)
    columns = {"kind": np.array([f"k{k}" for k in written], dtype=object), "told": told}
    model = model_of("scorer", replace(scene, columns=columns, label=label))
    model = replace(model, node=model.node.model_copy(update={"task": "regression"}))
    assert relations(model, model.rows)["told"].lost > 0
    assert relations(model, model.rows, {"kind"})["told"].lost == 0
