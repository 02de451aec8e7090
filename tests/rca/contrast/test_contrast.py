from datetime import UTC, datetime, timedelta

import pytest

from rca.contrast import attribution_shift, component_times, confusion, example_trace, model_of, precision_recall
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, IncidentSummary, RankerInfo
from schemas.system import Node, System

START = datetime(2026, 3, 1, tzinfo=UTC)
ONSET = START + timedelta(days=1)
END = ONSET + timedelta(days=1)
NODE = Node(id="scorer", kind="model", task="binary", threshold=0.5)
SYSTEM = System(nodes=(NODE, Node(id="kpi", kind="kpi")))


def seen(node: str = "scorer") -> IncidentSummary:
    return IncidentSummary(
        id="i",
        node=node,
        metric="auc",
        direction="down",
        baseline=(START, ONSET),
        window=(ONSET, END),
        onset=ONSET,
        baseline_value=0.9,
        value=0.6,
    )


@pytest.fixture
def logged() -> Warehouse:
    """Ten rows a period: before, all are right; since, every second one is wrong. One request of two spans a period."""
    warehouse = Warehouse(None)
    run = warehouse.connection.execute
    run(
        "CREATE TABLE predictions_1 AS SELECT TIMESTAMP '2026-03-01 01:00' + to_hours(24 * p) AS ts, "
        "'production' AS split, (i % 2)::DOUBLE AS label, "
        "CASE WHEN p = 1 AND i < 5 THEN 1 - i % 2 ELSE i % 2 END * 0.8 + 0.1 AS prediction, "
        "(1 + p * 3)::DOUBLE AS attribution_age, 1.0 AS attribution_city "
        "FROM range(10) AS a(i), range(2) AS b(p)"
    )
    run("INSERT INTO prediction_tables VALUES ('scorer', 'predictions_1', 'binary')")
    run(
        "INSERT INTO prediction_columns SELECT 'scorer', n, n, 'attribution', 'numeric', 'DOUBLE' "
        "FROM (SELECT unnest(['attribution_age', 'attribution_city']) AS n)"
    )
    for day, database_ms in ((1, 10.0), (2, 60.0)):
        at = datetime(2026, 3, day, 2)  # noqa: DTZ001 - as the table keeps it
        ns = int(at.replace(tzinfo=UTC).timestamp() * 1e9)
        for span, parent, service, start, ms in (
            ("a", None, "api", 0, database_ms + 5),
            ("b", "a", "database", 2_000_000, database_ms),
        ):
            run(
                "INSERT INTO spans VALUES (1, ?, ?, ?, ?, 'op', ?, ?, ?, 'ok', NULL)",
                [f"t{day}", span, parent, service, at, ns + start, ms],
            )
    return warehouse


def test_the_matrices_hold_what_was_right_before_and_wrong_since(logged: Warehouse) -> None:
    found = confusion(logged, NODE, seen())
    assert found is not None
    assert found.classes == ("0", "1")
    assert found.before == ((5, 0), (0, 5))
    assert found.since == ((2, 3), (2, 3))


def test_precision_falls_where_the_model_errs(logged: Warehouse) -> None:
    found = precision_recall(logged, NODE, seen())
    assert found is not None
    assert found.before[0] == (1.0, 1.0)
    assert found.since[0] == (0.6, 0.5)
    assert found.since[-1] == (1.0, 0.5)


def test_the_attribution_that_moved_most_comes_first(logged: Warehouse) -> None:
    first, second = attribution_shift(logged, NODE, seen())
    assert (first.column, first.before, first.since) == ("age", 1.0, 4.0)
    assert second.column == "city"


def test_own_time_leaves_out_what_was_called(logged: Warehouse) -> None:
    database, api = component_times(logged, seen())
    assert (database.service, database.before[0], database.since[0]) == ("database", 10.0, 60.0)
    assert (api.service, api.before[0], api.since[0]) == ("api", 5.0, 5.0)


def test_a_request_of_the_window_is_shown(logged: Warehouse) -> None:
    found = example_trace(logged, seen())
    assert found is not None
    trace, (root, below) = found
    assert trace == "t2"
    assert (root.depth, root.start_ms, root.duration_ms, root.own_ms) == (0, 0.0, 65.0, 5.0)
    assert (below.depth, below.start_ms, below.own_ms) == (1, 2.0, 60.0)


def test_of_a_kpi_the_model_before_it_tells(logged: Warehouse) -> None:
    ranker = RankerInfo(kind="heuristic", version="1")
    answer = Analysis(incident=seen("kpi"), causes=(), none_of_these=1.0, ranker=ranker)
    assert model_of(logged, answer, SYSTEM) is None
    own = answer.model_copy(update={"incident": seen()})
    assert model_of(logged, own, SYSTEM) == NODE


def test_nothing_logged_is_nothing_to_show() -> None:
    with Warehouse(None) as warehouse:
        assert confusion(warehouse, NODE, seen()) is None
        assert precision_recall(warehouse, NODE, seen()) is None
        assert attribution_shift(warehouse, NODE, seen()) == ()
        assert component_times(warehouse, seen()) == ()
        assert example_trace(warehouse, seen()) is None
