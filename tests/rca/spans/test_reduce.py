from datetime import timedelta

import pytest

from benchmarks.spans import FILL
from rca.spans import reduce
from rca.spans.reduce import nanoseconds, self_times
from rca.warehouse import Warehouse
from schemas.evidence import Window
from tests.rca.spans.traces import END, T0, Span, land

CASES: dict[str, tuple[list[Span], dict[str, float]]] = {
    "a child's time is not its parent's": (
        [("t", "a", None, "s", "o", 0, 100), ("t", "b", "a", "s", "o", 10, 30)],
        {"a": 70, "b": 30},
    ),
    "children that overlap count once": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "b", "a", "s", "o", 10, 40),
            ("t", "c", "a", "s", "o", 20, 10),
            ("t", "d", "a", "s", "o", 45, 10),
        ],
        {"a": 55, "b": 40, "c": 10, "d": 10},
    ),
    "a child that began before its parent, by a skewed clock, is clipped": (
        [("t", "a", None, "s", "o", 100, 100), ("t", "b", "a", "s", "o", 50, 80)],
        {"a": 70, "b": 80},
    ),
    "a child outside its parent takes nothing from it": (
        [("t", "a", None, "s", "o", 100, 100), ("t", "b", "a", "s", "o", 500, 80)],
        {"a": 100, "b": 80},
    ),
    "an asynchronous child that outlives its parent is clipped": (
        [("t", "a", None, "s", "o", 0, 100), ("t", "b", "a", "s", "o", 60, 1000)],
        {"a": 60, "b": 1000},
    ),
    "a missing parent does no harm": ([("t", "a", "gone", "s", "o", 0, 100)], {"a": 100}),
    "a span that names itself keeps its time": ([("t", "a", "a", "s", "o", 0, 100)], {"a": 100}),
    "a cycle of parents ends": (
        [("t", "a", "b", "s", "o", 0, 100), ("t", "b", "a", "s", "o", 20, 50)],
        {"a": 50, "b": 0},
    ),
    "a span that was sent twice counts once": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "b", "a", "s", "o", 0, 30),
            ("t", "b", "a", "s", "o", 0, 30),
        ],
        {"a": 70, "b": 30},
    ),
    "the same span id in another trace is another span": (
        [("t", "a", None, "s", "o", 0, 100), ("u", "b", "a", "s", "o", 0, 30)],
        {"a": 100, "b": 30},
    ),
    "a negative duration counts as zero": ([("t", "a", None, "s", "o", 0, -5)], {"a": 0}),
    "a duration that is not a number counts as zero": ([("t", "a", None, "s", "o", 0, float("nan"))], {"a": 0}),
}


@pytest.mark.parametrize("most_names", [0, reduce.MOST_NAMES])
@pytest.mark.parametrize("name", CASES)
def test_own_time(name, most_names, monkeypatch):
    monkeypatch.setattr(reduce, "MOST_NAMES", most_names)
    spans, expected = CASES[name]
    with Warehouse() as warehouse:
        land(warehouse, spans)
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection:
            rows = connection.execute(
                "SELECT s.span_id, r.self_ms FROM reduced_self AS r JOIN spans AS s ON s.rowid = r.id"
            ).fetchall()
        assert len(rows) == len(expected)
        assert dict(rows) == pytest.approx(expected)


def test_children_that_begin_after_the_period_still_count_for_their_parents():
    edge = (END - T0).total_seconds() * 1000
    with Warehouse() as warehouse:
        land(warehouse, [("t", "a", None, "s", "o", edge - 10, 100), ("t", "b", "a", "s", "o", edge + 10, 50)])
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection:
            assert connection.execute("SELECT self_ms FROM reduced_self").fetchall() == [(50.0,)]


def test_names_of_other_times_do_no_harm():
    day = 86_400_000.0
    others = [(name, name, None, f"of {name}", name, k * 30 * day, 1.0) for k, name in ((-1, "before"), (1, "after"))]
    with Warehouse() as warehouse:
        land(warehouse, [("t", "a", None, "s", "o", 0, 100), *others])
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection:
            assert connection.execute("SELECT service, self_ms FROM reduced_self").fetchall() == [("s", 100.0)]


def test_a_long_chain_needs_no_recursion():
    depth = 20_000
    chain = [("t", str(k), str(k - 1), "s", "o", k * 0.001, 100.0) for k in range(depth)]
    with Warehouse() as warehouse:
        land(warehouse, chain)
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection:
            assert connection.execute("SELECT count(*), round(sum(self_ms)) FROM reduced_self").fetchone() == (
                depth,
                120.0,  # 0.001 ms before each child begins, and the innermost one's 100 ms
            )


def test_nothing_is_left_behind():
    with Warehouse() as warehouse:
        land(warehouse, [("t", "a", None, "s", "o", 0, 1)])
        with self_times(warehouse, *nanoseconds(Window(T0, END))):
            pass
        tables = "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'reduced%'"
        assert warehouse.connection.execute(tables).fetchall() == []
        types = "SELECT type_name FROM duckdb_types() WHERE type_name LIKE 'reduced%'"
        assert warehouse.connection.execute(types).fetchall() == []


def test_names_are_in_order_though_they_are_numbers():
    spans = [("t", name, None, name, name, k, 1) for k, name in enumerate(("b", "c", "a"))]
    with Warehouse() as warehouse:
        land(warehouse, spans)
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection:
            ordered = connection.execute("SELECT service, operation FROM reduced_self ORDER BY service").fetchall()
            kind = connection.execute("SELECT typeof(service) FROM reduced_self LIMIT 1").fetchone()
    assert ordered == [("a", "a"), ("b", "b"), ("c", "c")]
    assert kind[0].startswith("ENUM")


def test_what_does_not_fit_in_memory_is_put_aside(tmp_path):
    with Warehouse() as warehouse:
        run = warehouse.connection.execute
        run(FILL, {"n": 400_000, "start": T0.replace(tzinfo=None)})
        reduced = {}
        for limit in ("4GB", "110MB"):
            run(f"SET temp_directory = '{tmp_path}'")
            run(f"SET memory_limit = '{limit}'")
            with self_times(warehouse, *nanoseconds(Window(T0, T0 + timedelta(days=1)))) as connection:
                put_aside = sum(file.stat().st_size for file in tmp_path.iterdir())
                sums = connection.execute("SELECT count(*), sum(CAST(self_ms * 1e6 AS BIGINT)) FROM reduced_self")
                reduced[limit] = (sums.fetchone(), put_aside > 0)
    assert reduced["4GB"][0] == reduced["110MB"][0]
    assert [aside for _, aside in reduced.values()] == [False, True]
