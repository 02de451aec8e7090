"""One suite for every engine: the same log gives the same bins and cells, whoever reads it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.speed.cluster import cluster, missing
from rca.analyse import analyse_bundle
from rca.bundle import read_bundle
from rca.cli import main
from rca.errors import InputError
from rca.profile.engines import open_engine
from rca.profile.engines.engine import SOURCE
from rca.profile.lake import profile_lake
from tests.rca.profile import lakes

ROOT = Path(__file__).parents[3]
FEW = ["event_time", "split", "prediction", "label", "amount", "channel"]


@pytest.fixture(scope="session")
def remote(tmp_path_factory):
    reason = missing()
    if reason and os.environ.get("RCA_SPARK") == "required":
        pytest.fail(f"RCA_SPARK=required, but {reason}")
    if reason:
        pytest.skip(reason)
    with cluster(tmp_path_factory.mktemp("cluster"), quick=True) as address:
        yield address


@pytest.fixture(params=["duckdb", "spark"])
def engine(request):
    """Return (name, address) of an engine."""
    return request.param, request.getfixturevalue("remote") if request.param == "spark" else None


def count(engine, source, folder, task="binary", **options):
    name, address = engine
    declared = read_bundle(lakes.bundle(folder, task)).system
    with open_engine(name, str(source), address) as opened:
        return profile_lake(opened, declared.by_id["scorer"], declared, folder / "histograms", **options)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_number_is_that_of_the_database(engine, task, tmp_path):
    table = lakes.log(task)
    lakes.write(table, lakes.bundle(tmp_path / "rows", task) / "predictions" / "scorer", files=1)
    report = count(engine, lakes.write(table, tmp_path / "lake"), tmp_path / "counts", task)

    assert report["rows"] == len(table)
    assert report["left_out"] == ["embedding"]
    keys, numbers = lakes.landed(tmp_path / "counts")
    wanted_keys, wanted = lakes.landed(tmp_path / "rows")
    assert keys == wanted_keys
    assert len(keys) > 3000
    assert [row[:2] for row in numbers] == [row[:2] for row in wanted]
    np.testing.assert_allclose(
        np.array(numbers, dtype=float), np.array(wanted, dtype=float), rtol=1e-11, atol=1e-11, equal_nan=True
    )


def test_a_day_at_a_time_over_the_same_bins_is_the_whole(engine, tmp_path):
    source = lakes.write(lakes.log().select(FEW), tmp_path / "lake")
    bins, middle = tmp_path / "bins.json", (lakes.START + np.timedelta64(20, "h")).item()
    count(engine, source, tmp_path / "whole", bins=bins)
    kept = bins.read_text(encoding="utf-8")
    first = count(engine, source, tmp_path / "days", bins=bins, hours=(None, middle))
    second = count(engine, source, tmp_path / "days", bins=bins, hours=(middle, None))

    assert bins.read_text(encoding="utf-8") == kept
    assert (first["rows"], second["rows"]) == (1334, 2666)
    whole, days = lakes.landed(tmp_path / "whole"), lakes.landed(tmp_path / "days")
    assert days[0] == whole[0]
    np.testing.assert_allclose(np.array(days[1], dtype=float), np.array(whole[1], dtype=float), rtol=1e-11, atol=1e-11)


def test_large_references_give_every_engine_the_same_sample(engine, tmp_path):
    source = lakes.write(lakes.log(n=160_000).select([*FEW[:3], "amount"]), tmp_path / "lake")
    count(engine, source, tmp_path / "one", bins=tmp_path / "bins.json")
    count(("duckdb", None), source, tmp_path / "other", bins=tmp_path / "again.json")

    assert json.loads((tmp_path / "bins.json").read_bytes()) == json.loads((tmp_path / "again.json").read_bytes())


def test_counts_lead_to_the_same_answer(engine, tmp_path):
    incident = {"id": "inc-1", "node": "scorer", "metric": "brier", "detected_at": "2026-03-06T10:00:00Z"}
    source = lakes.write(lakes.log(n=8000).select(FEW), tmp_path / "lake")
    found = []
    for name, chosen in (("one", engine), ("other", ("duckdb", None))):
        count(chosen, source, tmp_path / name)
        found.append(analyse_bundle(lakes.bundle(tmp_path / name, "binary", incident))[0])

    one, other = found
    assert [(c.family, c.node, c.subject) for c in one.causes] == [(c.family, c.node, c.subject) for c in other.causes]
    assert [c.confidence for c in one.causes] == pytest.approx([c.confidence for c in other.causes], abs=1e-6)
    assert "amount" in [c.subject for c in one.causes[:3]]


def test_what_cannot_be_used_is_told(engine, tmp_path):
    source = lakes.write(lakes.log(n=100), tmp_path / "lake")
    with pytest.raises(InputError, match=r"there is no such file|finds nothing there"):
        count(engine, tmp_path / "nowhere" / "x.parquet", tmp_path / "out")
    timeless = lakes.write(lakes.log(n=100).drop_columns(["event_time"]), tmp_path / "timeless")
    with pytest.raises(InputError, match=r"no column ts.*there are: model_version, split"):
        count(engine, timeless, tmp_path / "out")
    with pytest.raises(InputError, match="no row has a time in the hours asked for"):
        count(engine, source, tmp_path / "out", hours=((lakes.START + np.timedelta64(999, "h")).item(), None))


def test_a_table_of_the_cluster(remote, tmp_path, capsys):
    source = lakes.write(lakes.log(n=400), tmp_path / "lake")
    given = ["profile", "--engine", "spark", "--remote", remote, "--node", "scorer", "--task", "binary"]
    given += ["--column", "ts=event_time", "--out", str(tmp_path / "one.parquet"), "--json"]
    assert main([*given, "--input", f"parquet.`{source}`"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 400
    assert main([*given, "--input", "no.such_table"]) == 2
    assert "the cluster has no such table; name it as catalog.schema.table" in capsys.readouterr().err


def test_the_how_to_reduces_traces_on_spark(remote, tmp_path):
    text = (ROOT / "docs" / "how-to" / "profile-on-spark.md").read_text(encoding="utf-8")
    sql = text.partition("```sql")[2].partition("```")[0]
    moment = [datetime(2026, 3, 4, 10, minute, tzinfo=UTC) for minute in (0, 0, 0, 1)]
    spans = {"service": ["api"] * 4, "start": moment, "duration_ms": [1.0, 2.0, 9.0, 5.0]}
    pq.write_table(pa.table({**spans, "status": ["ok", "error", "ok", "ok"]}), tmp_path / "spans.parquet")
    with open_engine("spark", str(tmp_path / "spans.parquet"), remote) as engine:
        engine.session.table(SOURCE).createOrReplaceTempView("spans")
        found = {(ts.minute, metric): value for _, metric, ts, value in engine.session.sql(sql).collect()}
    assert found[0, "requests"] == 3
    assert found[0, "errors"] == pytest.approx(1 / 3)
    assert (found[0, "latency_avg"], found[0, "latency_p50"], found[0, "latency_p99"]) == (4.0, 2.0, 9.0)
    assert found[1, "latency_p95"] == 5.0
