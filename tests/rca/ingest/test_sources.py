"""Metrics, changes, spans, lineage and histograms."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.rca.ingest.conftest import Land
from tests.rca.ingest.landing import DAY, lines, parquet, text, times


def test_metrics_keep_their_dimensions(folder: Path, land: Land) -> None:
    parquet(
        folder / "kpis.parquet",
        node=["k"] * 3,
        metric=["rate"] * 3,
        ts=times(3),
        value=[1, 2, None],
        region=["eu", None, "us"],
    )
    landed = land()
    assert landed.rows("SELECT node, metric, ts, value, dimensions FROM kpis ORDER BY ts") == [
        ("k", "rate", DAY, 1.0, '{"region":"eu"}'),
        ("k", "rate", DAY + timedelta(minutes=1), 2.0, None),
        ("k", "rate", DAY + timedelta(minutes=2), None, '{"region":"us"}'),
    ]


def test_bad_metrics_are_set_aside(folder: Path, land: Land) -> None:
    text(
        folder / "kpis" / "day.csv",
        "node,metric,ts,value\nk,rate,2026-01-01T02:00:00+02:00,5\nk,rate,then,1\n,rate,2026-01-01,1\nk,rate,2026-01-01,high\n",
    )
    landed = land()
    assert landed.rows("SELECT ts, value FROM kpis") == [(DAY, 5.0)]
    assert [row[1:4] for row in landed.quarantine()] == [(2, "ts", "then"), (3, "node", "rate"), (4, "value", "high")]


def test_a_missing_column_is_named(folder: Path, land: Land) -> None:
    text(folder / "kpis.csv", "Node,metric,ts,value\nk,rate,2026-01-01,5\n")
    lines(folder / "changes.json", {"ts": "2026-01-01"})
    landed = land()
    assert "no column 'node'" in landed.quarantine()[0][4]
    assert "'Node'" in landed.quarantine()[0][4]


@pytest.mark.parametrize("as_array", [True, False])
def test_changes_keep_any_json(folder: Path, land: Land, as_array: bool) -> None:
    events: list[dict[str, Any]] = [
        {
            "ts": "2026-01-02T00:00:00Z",
            "node": "m",
            "kind": "deploy",
            "title": "v2",
            "before": "v1",
            "after": {"version": 2},
        },
        {"ts": "2026-01-01T00:00:00Z", "kind": "party", "before": 3, "after": [1, 2], "author": "ann", "extra": 1},
        {"node": "m", "title": "when?"},
    ]
    if as_array:
        text(folder / "changes.json", json.dumps(events))
    else:
        lines(folder / "changes.jsonl", *events)
    landed = land()
    assert landed.rows("SELECT ts, node, kind, title, before, after, author FROM changes ORDER BY ts") == [
        (DAY, None, "other", None, "3", "[1,2]", "ann"),
        (DAY + timedelta(days=1), "m", "deploy", "v2", '"v1"', '{"version":2}', None),
    ]
    assert any("'party'" in warning for warning in landed.report.warnings)
    assert [row[1:4] for row in landed.quarantine()] == [(3, "ts", "when?")]


def otlp(*spans: dict[str, Any], service: str = "api", snake: bool = False) -> dict[str, Any]:
    attributes = [{"key": "service.name", "value": {"string_value" if snake else "stringValue": service}}]
    outer, scope = ("resource_spans", "scope_spans") if snake else ("resourceSpans", "scopeSpans")
    return {outer: [{"resource": {"attributes": attributes}, scope: [{"scope": {"name": "x"}, "spans": list(spans)}]}]}


def span(number: int, parent: str | None = None, **others: Any) -> dict[str, Any]:
    start = 1767225600_000_000_123 + number * 1_000_000
    return {
        "traceId": "AB" * 16,
        "spanId": f"{number:016x}",
        "parentSpanId": parent or "",
        "name": "GET /",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 2_500_000),
        **others,
    }


def test_otlp_spans(folder: Path, land: Land) -> None:
    attributes = [
        {"key": "http.route", "value": {"stringValue": "/x"}},
        {"key": "size", "value": {"intValue": "12345678901"}},
        {"key": "ok", "value": {"boolValue": True}},
    ]
    failed = span(2, parent=f"{1:016x}", status={"code": "STATUS_CODE_ERROR"}, attributes=attributes)
    lines(
        folder / "traces/a.jsonl",
        otlp(span(1, endTimeUnixNano=1767225600_004_000_123), failed),
        otlp(span(3, status={"code": 2}), service="db"),
    )
    landed = land()
    found = landed.rows(
        "SELECT span_id, parent_span_id, service, operation, start, start_ns, duration_ms, status FROM spans ORDER BY 1"
    )
    assert found == [
        (f"{1:016x}", None, "api", "GET /", DAY + timedelta(milliseconds=1), 1767225600_001_000_123, 3.0, "ok"),
        (
            f"{2:016x}",
            f"{1:016x}",
            "api",
            "GET /",
            DAY + timedelta(milliseconds=2),
            1767225600_002_000_123,
            2.5,
            "error",
        ),
        (f"{3:016x}", None, "db", "GET /", DAY + timedelta(milliseconds=3), 1767225600_003_000_123, 2.5, "error"),
    ]
    assert landed.rows("SELECT DISTINCT trace_id FROM spans") == [("ab" * 16,)]
    (kept,) = landed.rows("SELECT attributes FROM spans WHERE attributes IS NOT NULL")[0]
    assert json.loads(kept) == {"http.route": "/x", "size": 12345678901, "ok": True}


def test_otlp_in_snake_case(folder: Path, land: Land) -> None:
    sent = {
        "trace_id": "ab",
        "span_id": "1",
        "name": "x",
        "start_time_unix_nano": 1767225600_000_000_000,
        "end_time_unix_nano": 1767225601_000_000_000,
    }
    lines(folder / "traces/a.jsonl", otlp(sent, snake=True))
    assert land().rows("SELECT service, duration_ms FROM spans") == [("api", 1000.0)]


def test_spans_sent_again_and_bad_spans(folder: Path, land: Land) -> None:
    backwards = span(5, endTimeUnixNano="1767225600000000000")
    lines(folder / "traces/a.jsonl", otlp(span(1), span(1), span(4, traceId=""), backwards), otlp(span(6), service=""))
    text(folder / "traces/b.jsonl", json.dumps(otlp(span(1), span(2))) + "\n{oops\n")
    landed = land()
    assert landed.rows("SELECT span_id FROM spans ORDER BY 1") == [(f"{1:016x}",), (f"{2:016x}",)]
    assert sorted((row[0], row[1], row[2]) for row in landed.quarantine() if row[2]) == [
        ("traces/a.jsonl", 1, "duration_ms"),
        ("traces/a.jsonl", 1, "trace_id"),
        ("traces/a.jsonl", 2, "service"),
    ]
    assert [row[1] for row in landed.quarantine() if row[2] is None] == [2]


@pytest.mark.parametrize(
    "start",
    [
        pa.array([DAY, DAY], pa.timestamp("us", tz="UTC")),
        pa.array([DAY, DAY], pa.timestamp("ns", tz="UTC")),
        pa.array([DAY, DAY], pa.timestamp("ns")),
        [1767225600_000_000_000] * 2,
        [1767225600_000_000] * 2,
        [1767225600_000] * 2,
        ["2026-01-01T00:00:00Z"] * 2,
    ],
)
def test_flat_spans(folder: Path, land: Land, start: Any) -> None:
    parquet(
        folder / "traces/a.parquet",
        trace_id=["t", "t"],
        span_id=["1", "2"],
        parent_span_id=[None, "1"],
        service=["a", "b"],
        operation=["x", "y"],
        start=start,
        duration_ms=[5, 2],
        status=["ok", "ERROR"],
    )
    found = land().rows(
        "SELECT span_id, parent_span_id, service, start, start_ns, duration_ms, status FROM spans ORDER BY 1"
    )
    assert found == [
        ("1", None, "a", DAY, 1767225600_000_000_000, 5.0, "ok"),
        ("2", "1", "b", DAY, 1767225600_000_000_000, 2.0, "error"),
    ]


def test_lineage(folder: Path, land: Land) -> None:
    event = {
        "eventTime": "2026-01-01T01:00:00+01:00",
        "eventType": "COMPLETE",
        "run": {"runId": "r1"},
        "job": {"namespace": "etl", "name": "load"},
        "inputs": [{"namespace": "n", "name": "a"}, {"namespace": "n", "name": "b"}],
        "outputs": [{"namespace": "n", "name": "c"}],
    }
    lines(folder / "lineage.jsonl", event, {"eventTime": "2026-01-01", "run": {}}, {"job": {"name": "x"}})
    landed = land()
    assert landed.rows("SELECT ts, event_type, run_id, job, inputs, outputs FROM lineage") == [
        (DAY, "COMPLETE", "r1", "etl.load", ["a", "b"], ["c"])
    ]
    assert sorted(row[1:3] for row in landed.quarantine()) == [(2, "job"), (3, "eventTime")]


HOUR = {
    "node": "m",
    "model_version": "v1",
    "window_start": "2026-01-01T00:00:00Z",
    "window_end": "2026-01-01T01:00:00Z",
}


def cell(column: str, count: Any, **others: Any) -> dict[str, Any]:
    return {**HOUR, "column": column, "bin_left": None, "bin_right": None, "category": None, "count": count, **others}


def test_histograms_become_cells_of_the_profile(folder: Path, land: Land) -> None:
    lines(
        folder / "histograms/a.jsonl",
        cell("amount", 5, bin_left=0, bin_right=10, n_labelled=2, sum_loss=0.5),
        cell("amount", 7, bin_left=10, bin_right=20),
        cell("amount", 1, bin_right=0),
        cell("amount", 2, bin_left=20),
        cell("amount", 3),
        cell("country", 4, category="DE"),
    )
    landed = land()
    cells = """SELECT column_name, bin, n, n_labelled, sum_value, sum_loss, hour, model_version, split
               FROM profile ORDER BY 1, 2"""
    tail = (DAY, "v1", "production")
    assert landed.rows(cells) == [
        ("amount", -6, 2, 0, None, None, *tail),
        ("amount", -5, 1, 0, None, None, *tail),
        ("amount", -1, 3, 0, None, None, *tail),
        ("amount", 0, 5, 2, 25.0, 0.5, *tail),
        ("amount", 1, 7, 0, 105.0, None, *tail),
        ("country", 0, 4, 0, None, None, *tail),
    ]
    lines(
        folder / "histograms/b.jsonl",
        cell("amount", 9, bin_left=10, bin_right=20),
        cell("amount", 1, bin_left=30, bin_right=40),
    )
    landed.again()
    found = landed.rows("SELECT bin, bin_left FROM bins WHERE column_name = 'amount' AND bin >= 0 ORDER BY bin")
    assert found == [(0, 0.0), (1, 10.0), (2, 30.0)]
    assert landed.rows("SELECT sum(n) FROM profile WHERE column_name = 'amount' AND bin = 1") == [(16,)]


def test_bad_histogram_rows_are_set_aside(folder: Path, land: Land) -> None:
    lines(
        folder / "histograms/a.jsonl",
        cell("x", 1, category="good"),
        cell("x", -1, category="a"),
        cell("x", "many", category="b"),
        cell("y", 1, bin_left=5, bin_right=5),
        cell("y", 1, window_start="soon"),
        cell("y", 1, bin_left=0, bin_right=1, category="c"),
    )
    landed = land()
    assert landed.rows("SELECT column_name, n FROM profile") == [("x", 1)]
    assert [row[1:3] for row in sorted(landed.quarantine(), key=lambda row: row[1])] == [
        (2, "count"),
        (3, "count"),
        (4, "bin_left"),
        (5, "window_start"),
        (6, "category"),
    ]


def test_unknown_files_are_mentioned(folder: Path, land: Land) -> None:
    text(folder / "kpis.csv", "node,metric,ts,value\nk,rate,2026-01-01,5\n")
    text(folder / "notes.xlsx", b"?")
    text(folder / "README.md", b"fine")
    text(folder / "traces/readme.doc", b"?")
    warnings = land().report.warnings
    assert any("notes.xlsx" in warning for warning in warnings)
    assert any("traces/readme.doc" in warning for warning in warnings)
    assert not any("README" in warning for warning in warnings)


def test_progress_is_told(folder: Path) -> None:
    from rca.ingest import ingest_bundle  # noqa: PLC0415
    from rca.warehouse import Warehouse  # noqa: PLC0415

    text(folder / "kpis.csv", "node,metric,ts,value\nk,rate,2026-01-01,5\n")
    told: list[tuple[str, int, int]] = []
    with Warehouse() as warehouse:
        ingest_bundle(warehouse, folder, lambda *step: told.append(step))
    assert told == [("kpis", 0, 1)]
