"""The same rows in every form that a body may have, and as files: the same analysis."""

import gzip
import io
import json
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rca.analyse import analyse_bundle
from tests.api import world
from tests.api.conftest import serving

ROWS = world.predictions(4000)


def table():
    return pa.Table.from_pylist(ROWS)


def arrow(make):
    sink = io.BytesIO()
    with make(sink, table().schema) as writer:
        writer.write_table(table(), max_chunksize=500)
    return sink.getvalue()


def parquet():
    sink = io.BytesIO()
    pq.write_table(table(), sink)
    return sink.getvalue()


def lines():
    return b"\n".join(json.dumps(row).encode() for row in ROWS)


BODIES = {
    "JSON": lambda: ("application/json", {}, json.dumps(ROWS).encode()),
    "JSON, gzip": lambda: ("application/json", {"Content-Encoding": "gzip"}, gzip.compress(json.dumps(ROWS).encode())),
    "JSON Lines": lambda: ("application/x-ndjson", {}, lines()),
    "JSON Lines, deflate": lambda: ("application/jsonl", {"Content-Encoding": "deflate"}, zlib.compress(lines())),
    "Arrow stream": lambda: ("application/vnd.apache.arrow.stream", {}, arrow(pa.ipc.new_stream)),
    "Arrow file": lambda: ("application/vnd.apache.arrow.file", {}, arrow(pa.ipc.new_file)),
    "Parquet": lambda: ("application/vnd.apache.parquet", {}, parquet()),
}


@pytest.fixture(scope="module")
def by_files(tmp_path_factory):
    """What the engine answers where the same lies in a folder."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "predictions" / "fraud-scorer").mkdir(parents=True)
    (folder / "predictions" / "fraud-scorer" / "all.jsonl").write_bytes(lines())
    (folder / "system.yaml").write_text(json.dumps(world.SYSTEM))
    (folder / "changes.jsonl").write_text(json.dumps(world.CHANGE))
    (folder / "incident.json").write_text(json.dumps(world.INCIDENT))
    (answer,) = analyse_bundle(folder)
    return told(answer.model_dump(mode="json"))


def told(answer):
    """Return an answer without what is different each time, numbers to twelve digits, which linear algebra repeats."""
    return rounded({key: part for key, part in answer.items() if key not in ("id", "timings_ms", "ranker")})


def rounded(part):
    if isinstance(part, dict):
        return {key: rounded(each) for key, each in part.items()}
    if isinstance(part, list):
        return [rounded(each) for each in part]
    return float(f"{part:.12g}") if isinstance(part, float) else part


@pytest.mark.parametrize("form", BODIES)
def test_rows_in_any_form_give_the_analysis_that_files_give(tmp_path, by_files, form):
    kind, headers, body = BODIES[form]()
    with serving(tmp_path / "rca.duckdb") as client:
        client.put("/v1/system", json=world.SYSTEM)
        sent = client.post("/v1/predictions?node=fraud-scorer", content=body, headers={"Content-Type": kind, **headers})
        assert (sent.status_code, sent.json()["rows"], sent.json()["quarantined"]) == (200, 4000, 0)
        answer = explain(client)
    first = answer["causes"][0]
    assert (first["family"], first["node"], first["subject"]) == ("data_quality", "payments-feed", "amount")
    assert "data_feed on payments-feed" in json.dumps(first["evidence"])
    assert told(answer) == by_files


def explain(client):
    client.post("/v1/changes", json=[world.CHANGE])
    client.post("/v1/incidents", json=world.INCIDENT)
    done = client.post("/v1/incidents/inc-42:analyze", headers={"Prefer": "wait=60"})
    assert done.status_code == 200, done.text
    return client.get("/v1/incidents/inc-42/analysis").json()


def test_several_bodies_in_any_order_give_the_same(tmp_path, by_files):
    parts = [ROWS[start::8] for start in range(8)]
    with serving(tmp_path / "rca.duckdb") as client:
        client.put("/v1/system", json=world.SYSTEM)
        for part in reversed(parts):
            assert client.post("/v1/predictions?node=fraud-scorer", json=part).json()["quarantined"] == 0
        answer = explain(client)
    assert [cause["subject"] for cause in answer["causes"]] == [cause["subject"] for cause in by_files["causes"]]
    assert answer["causes"][0]["confidence"] == pytest.approx(by_files["causes"][0]["confidence"], abs=0.05)


def test_what_cannot_be_used_is_set_aside_with_its_row_and_reason(client):
    rows = [ROWS[0], ROWS[1] | {"ts": "yesterday"}, ROWS[2]]
    receipt = client.post("/v1/predictions?node=fraud-scorer", json=rows).json()
    assert (receipt["rows"], receipt["quarantined"]) == (3, 1)
    (aside,) = client.get(f"/v1/receipts/{receipt['id']}/quarantine").json()
    assert (aside["row"], aside["path"]) == (2, f"predictions/{receipt['id']}")
    assert "time" in aside["reason"]
