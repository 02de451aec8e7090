"""What reaches spans and figures: failures, repeated calls, resources, gaps."""

import pytest

from rca.demo.extent import Extent
from rca.demo.scenario import Evidence, Gap
from rca.demo.symptoms import move_of
from tests.rca.demo.three import ROWS, Injected, query, read, run, write


def test_gaps_lose_telemetry_of_one_source(three, tmp_path) -> None:
    gaps = (Gap("bads", 9.0, 8.0), Gap("traces", 4.0, 2.0), Gap("kpis", 7.0, 6.0))
    folder = write(tmp_path, three, evidence=Evidence(traces=ROWS, gaps=gaps))
    lost = "ts > '2026-10-09 00:00+00' AND ts < '2026-10-10 00:00+00'"
    assert read(folder, "bads", "count(*)", lost) == [(0,)]
    assert read(folder, "values", "count(*)", lost)[0][0] > 50
    spans, kpis = folder / "traces" / "spans.parquet", folder / "kpis.parquet"
    counted = "SELECT count(*) FROM read_parquet(?) WHERE {} BETWEEN '2026-10-{} 00:00+00' AND '2026-10-{}+00'"
    assert query(counted.format("start", "14", "15 23:59"), spans) == [(0,)]
    assert query(counted.format("start", "11", "12 23:59"), spans)[0][0] > 500
    assert query(counted.format("ts", "11", "11 23:59"), kpis) == [(0,)]


def test_failures_reach_the_callers_and_their_figures(three, tmp_path) -> None:
    def fail(world, mask):
        world.errors[:, 3] |= mask  # the feature cache

    folder = write(
        tmp_path, three, Injected("operations", fail, Extent(5.0, share=0.5)), evidence=Evidence(traces=1000)
    )
    sql = """SELECT service, avg((status = 'error')::INT) FROM read_parquet(?)
             WHERE start > '2026-10-13 00:00+00' GROUP BY 1"""
    share = dict(query(sql, folder / "traces" / "spans.parquet"))
    assert 0.4 < share["scoring-api"] < 0.6
    assert 0.4 < share["feature-store"] < 0.6
    assert share["auth"] < 0.02
    sql = """SELECT avg(value) FROM read_parquet(?)
             WHERE node = 'scoring-api' AND metric = ? AND ts > '2026-10-13 01:00+00'"""
    errors, availability = (query(sql, folder / "kpis.parquet", metric)[0][0] for metric in ("errors", "availability"))
    assert 0.4 < errors < 0.6
    assert availability == pytest.approx(1 - errors)


def test_repeated_calls_are_spans_of_one_caller_and_make_it_wait(three, tmp_path) -> None:
    def repeat(world, mask):
        world.calls[mask, 4] *= 3  # the feature database, where it is called

    fault = Injected("operations", repeat)
    folder = write(tmp_path, three, fault, evidence=Evidence(traces=ROWS))
    sql = """SELECT calls, count(*) FROM (SELECT count(*) calls FROM read_parquet(?) WHERE service = 'feature-db'
             AND start > '2026-10-13 12:00+00' GROUP BY trace_id, parent_span_id) GROUP BY 1"""
    assert [calls for calls, _ in query(sql, folder / "traces" / "spans.parquet")] == [3]
    sql = "SELECT count(*), count(DISTINCT span_id) FROM read_parquet(?)"
    assert len(set(*query(sql, folder / "traces" / "spans.parquet"))) == 1
    slow, calm = run(three, fault), run(three)
    assert move_of(slow, "scoring-api", "latency_p95", onset=5.0).after > (
        move_of(calm, "scoring-api", "latency_p95", onset=5.0).after + 10
    )


def test_resources_are_measured_by_the_minute_and_can_be_broken(three, tmp_path) -> None:
    def saturate(world, _):
        late = world.grid >= world.moment(0.1)
        world.resources["auth", "cpu"][late] += 0.6

    evidence = Evidence(traces=0, resource_minutes=1.0, resource_days=1.0)
    folder = write(tmp_path, three, Injected("operations", saturate), evidence=evidence)
    sql = """SELECT ts >= '2026-10-17 21:36+00', count(*), avg(value) FROM read_parquet(?)
             WHERE node = 'auth' AND metric = 'cpu' GROUP BY 1 ORDER BY 1"""
    (_, before, calm), (_, after, high) = query(sql, folder / "kpis.parquet")
    assert before + after == 24 * 60
    assert high > calm + 0.4
