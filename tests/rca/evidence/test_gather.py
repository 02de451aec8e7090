"""The evidence of one incident, from logs landed straight in the warehouse."""

from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest

from rca.evidence.gather import gather
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.evidence import Onset, Series, Symptom, Window
from schemas.incident import Incident
from schemas.system import System
from tests.rca.profile.landing import START, land, make_log

T0 = START.replace(tzinfo=UTC)
HOURS, SPLIT = 96, 72
SYSTEM = System.model_validate(
    {
        "nodes": [
            {"id": "feed", "kind": "dataset"},
            {"id": "up", "kind": "model", "task": "regression"},
            {"id": "m", "kind": "model"},
            {"id": "aside", "kind": "model"},
            {"id": "rate", "kind": "kpi"},
        ],
        "edges": [
            {"from": "feed", "to": "m", "columns": ["x", "country"]},
            {"from": "up", "to": "m", "columns": ["score"]},
            {"from": "m", "to": "rate"},
            {"from": "m", "to": "aside"},
        ],
    }
)


def symptom(node="m", metric="logloss", **parts):
    ts = np.datetime64(START, "us") + np.arange(HOURS) * np.timedelta64(1, "h")
    start, split, end = (T0 + timedelta(hours=h) for h in (0, SPLIT, HOURS))
    made = Symptom(
        incident=Incident(id="i", node=node, metric=metric, detected_at=split + timedelta(hours=2)),
        direction="up",
        baseline=Window(start, split),
        window=Window(split, end),
        onset=Onset(split, split, split),
        series=Series(node, metric, ts, np.zeros(HOURS), np.ones(HOURS)),
        baseline_value=0.4,
        value=0.9,
        p_value=1e-6,
        z=9.0,
        bucket_seconds=3600.0,
    )
    return replace(made, **parts)


def served(count=960):
    """Yield ten rows an hour: from the split on another version, another country, and requests sent twice."""
    for i in range(count):
        hour = HOURS * i / count
        late = hour >= SPLIT
        yield {
            "ts": START + timedelta(hours=hour),
            "request_id": f"r{i // 2 if late else i}",
            "model_version": "2" if late else "1",
            "prediction": 0.9 if late else 0.2 + 0.01 * (i % 20),
            "label": float(i % 2),
            "x": float(i % 37),
            "score": float(i % 11),
            "country": "XX" if late and i % 2 else ("DE", "FR")[i % 2],
        }


@pytest.fixture(scope="module")
def warehouse():
    with Warehouse() as opened:
        make_log(opened, {"x": "DOUBLE", "score": "DOUBLE", "country": "VARCHAR"})
        make_log(opened, {"u": "DOUBLE"}, node="up", task="regression")
        rows = list(served())
        training = [row | {"split": "train", "ts": row["ts"] - timedelta(days=30), "request_id": None} for row in rows]
        file_id = land(opened, [*training[:200], *rows])
        up = [{"ts": r["ts"], "prediction": r["score"], "u": r["x"]} for r in rows]
        land(opened, up, node="up", table="predictions_2")
        opened.connection.execute(
            "INSERT INTO schema_observations VALUES (?, 'm', 'x', 3, 'VARCHAR', 'category', 960, 4, 2, ?, ?)",
            [file_id, START, START + timedelta(hours=HOURS)],
        )
        opened.connection.executemany(
            "INSERT INTO quarantine VALUES (?, 'f', ?, 'x', ?, 'not a number')",
            [(file_id, k, raw) for k, raw in enumerate(["1,5", "n/a", "1,5", "2,5", "zz"])],
        )
        opened.connection.executemany(
            "INSERT INTO changes VALUES (1, ?, ?, 'config', ?, NULL, NULL, NULL, NULL)",
            [
                (START + timedelta(hours=h), node, title)
                for h, node, title in [(70, "m", "near"), (-12, "feed", "the day before"), (-40, "m", "long ago")]
            ],
        )
        opened.connection.executemany(
            "INSERT INTO kpis VALUES (1, ?, 'errors', ?, ?, NULL)",
            [(node, START + timedelta(hours=h), 0.1 * h) for node in ("m", "rate") for h in range(5)],
        )
        update_profile(opened)
        yield opened


@pytest.fixture(scope="module")
def gathered(warehouse):
    return gather(warehouse, SYSTEM, symptom())


def test_only_what_is_upstream_is_gathered(gathered):
    assert gathered.upstream == {"feed", "up", "m"}
    assert set(gathered.models) == {"m", "up"}
    assert {s.node for s in gathered.metrics} == {"m"}


def test_a_kpi_gathers_the_models_before_it(warehouse):
    found = gather(warehouse, SYSTEM, symptom("rate", "errors"))
    assert set(found.models) == {"m", "up"}
    assert {s.node for s in found.metrics} == {"m", "rate"}


def test_a_node_that_is_not_in_the_graph_gathers_itself(warehouse):
    assert gather(warehouse, SYSTEM, symptom("nowhere")).upstream == {"nowhere"}


def test_the_undeclared_task_is_taken_from_the_log(gathered):
    assert gathered.models["m"].node.task == "binary"
    assert SYSTEM.by_id["m"].task is None


def test_columns_and_rows_agree(gathered):
    model = gathered.models["m"]
    assert set(model.columns) == {"x", "score", "country"} == set(model.rows.bins)
    for name, position in model.rows.bins.items():
        for side, counts in ((model.rows.after, "after"), (~model.rows.after, "before")):
            sampled = np.bincount(position[side], minlength=len(model.columns[name].roles))
            assert sampled.tolist() == getattr(model.columns[name], counts).tolist()


def test_scores_are_the_symptoms_metric_here_and_the_prediction_upstream(gathered):
    rows = gathered.models["m"].rows
    expected = -np.log(np.where(rows.label > 0, rows.prediction, 1 - rows.prediction))
    assert rows.score == pytest.approx(expected)
    up = gathered.models["up"].rows
    assert np.abs(np.corrcoef(up.score, up.prediction)[0, 1]) == pytest.approx(1.0)


def test_outputs_are_series_of_the_model(gathered):
    outputs = gathered.models["m"].outputs
    assert {"prediction_mean", "positive_rate", "brier", "accuracy", "rows"} <= set(outputs)
    assert outputs["prediction_mean"].value[-1] == pytest.approx(0.9)
    assert outputs["rows"].value.sum() == 960
    assert "positive_rate" not in gathered.models["up"].outputs


def test_versions_say_when_they_served(gathered):
    old, new = gathered.models["m"].versions
    assert (old.version, old.n_before, old.n_after) == ("1", 720, 0)
    assert (new.version, new.n_before, new.n_after) == ("2", 0, 240)
    assert new.first == T0 + timedelta(hours=SPLIT)
    (unnamed,) = gathered.models["up"].versions
    assert unnamed.version == ""


def test_batches_come_with_a_few_examples_of_what_could_not_be_read(gathered):
    (batch,) = gathered.models["m"].batches
    assert (batch.column, batch.kind, batch.rows, batch.nulls, batch.uncast) == ("x", "category", 960, 4, 2)
    assert batch.examples == ("1,5", "2,5", "n/a")
    assert batch.first == T0


def test_producers_are_what_the_edges_say(gathered):
    assert gathered.models["m"].producers == {"x": "feed", "country": "feed", "score": "up"}
    assert gathered.models["up"].producers == {}


def test_the_vocabulary_of_a_category_that_moved_is_read(gathered):
    assert {v: (was, now) for v, was, now in gathered.models["m"].vocabulary["country"]} == {
        "DE": (360, 120),
        "FR": (360, 0),
        "XX": (0, 120),
    }


def test_requests_logged_twice_are_counted_per_side(gathered):
    assert gathered.models["m"].duplicates == (0.0, 0.5)
    assert gathered.models["up"].duplicates == (0.0, 0.0)  # no request ids: same moment and prediction


def test_changes_reach_back_a_day(gathered):
    assert [change.title for change in gathered.changes] == ["the day before", "near"]


def test_without_spans_there_are_no_operations(gathered):
    assert gathered.operations is None


def test_the_training_rows_may_be_the_baseline(warehouse):
    found = gather(warehouse, SYSTEM, symptom(reference_split=True)).models["m"]
    assert (~found.rows.after).sum() == 200
    assert found.columns["x"].before.sum() == 200


def test_a_database_without_predictions_has_no_models():
    with Warehouse() as empty:
        found = gather(empty, SYSTEM, symptom())
    assert found.models == {}
    assert found.changes == ()
