"""The demo's bundle is complete, repeats exactly, and does not contain its own answer."""

import hashlib
import json
import subprocess
import sys

import duckdb
import pytest
import yaml

from rca.analyse import analyse_bundle
from rca.demo import write_demo_bundle
from schemas.incident import Change, Incident
from schemas.system import System


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    steps = []
    folder = write_demo_bundle(tmp_path_factory.mktemp("demo") / "bundle", steps.append)
    assert len(steps) == 3
    return folder


def rows(query: str, *paths) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(query, list(paths)).fetchall()


def test_documents_follow_the_contract(demo) -> None:
    system = System.model_validate(yaml.safe_load((demo / "system.yaml").read_text()))
    incident = Incident.model_validate_json((demo / "incident.json").read_text())
    changes = [Change.model_validate_json(line) for line in (demo / "changes.jsonl").read_text().splitlines()]
    assert incident.node in system.by_id
    assert system.producer("guest-intent", "lead_hours") == "booking-feed"
    assert system.producer("cancellation-risk", "intent_score") == "guest-intent"
    assert {change.node for change in changes} <= set(system.by_id)
    assert all(change.ts < incident.detected_at for change in changes)


def test_the_lead_is_in_days_for_travel_agents_since_the_onset(demo) -> None:
    medians = dict(
        rows(
            """SELECT (ts >= '2026-11-04 09:36+00', distribution_channel = 'TA/TO'), median(lead_hours)
               FROM read_parquet(?) WHERE split = 'production' GROUP BY 1""",
            f"{demo}/predictions/guest-intent/2*.parquet",
        )
    )
    assert medians[True, True] < medians[False, True] / 20
    assert medians[True, False] == pytest.approx(medians[False, False], rel=0.5)


def test_newest_labels_are_missing_and_training_rows_are_there(demo) -> None:
    found = dict(
        rows(
            """SELECT CASE WHEN split <> 'production' THEN split
                           WHEN ts < '2026-11-07 12:00+00' THEN 'old' ELSE 'new' END, count(label)
               FROM read_parquet(?, union_by_name = true) GROUP BY 1""",
            f"{demo}/predictions/cancellation-risk/*.parquet",
        )
    )
    assert found["new"] == 0
    assert found["old"] > 10_000
    assert found["train"] > found["validation"] > 100


def test_the_cascades_output_is_the_downstreams_input(demo) -> None:
    (worst,) = rows(
        """SELECT max(abs(up.prediction - down.intent_score))
           FROM read_parquet(?) up JOIN read_parquet(?) down USING (request_id)""",
        f"{demo}/predictions/guest-intent/2*.parquet",
        f"{demo}/predictions/cancellation-risk/2*.parquet",
    )
    assert worst[0] < 1e-5


def test_spans_of_a_trace_nest(demo) -> None:
    for line in (demo / "traces" / "spans.jsonl").read_text().splitlines()[:2]:
        spans = [s for r in json.loads(line)["resourceSpans"] for s in r["scopeSpans"][0]["spans"]]
        by_id = {span["spanId"]: span for span in spans}
        assert len(by_id) == len(spans)
        for span in spans:
            if "parentSpanId" in span:
                parent = by_id[span["parentSpanId"]]
                assert int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
                assert int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"])


def test_the_answer_lies_outside(demo) -> None:
    truth = json.loads(demo.with_name("bundle.truth.json").read_text())
    assert truth["causes"][0]["subject"] == "lead_hours"
    assert not [path for path in demo.rglob("*") if "truth" in path.name]


def test_the_first_answer_names_the_unit_that_changed(demo) -> None:
    (analysis,) = analyse_bundle(demo)
    first = analysis.causes[0]
    assert (first.family, first.mechanism, first.subject) == ("data_quality", "unit_change", "lead_hours")
    assert first.confidence > 0.5


def test_writing_twice_gives_the_same_bytes(demo, tmp_path) -> None:
    def digests(folder):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}

    assert digests(write_demo_bundle(tmp_path / "bundle")) == digests(demo)


def test_importing_the_demo_is_cheap() -> None:
    heavy = "import rca.demo, sys; print([m for m in ('pandas', 'lightgbm', 'pyarrow', 'scipy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
