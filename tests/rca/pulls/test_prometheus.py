from datetime import timedelta
from pathlib import Path

import pytest

from rca.errors import InputError
from rca.pulls.prometheus import pull_prometheus
from rca.pulls.queries import Query, read_queries
from tests.rca.pulls.conftest import END, ONSET, START, STEP

LATENCY = Query("latency_p95", "latency_seconds * 1000", STEP, node="scorer")
CPU = Query("cpu", "cpu_share", STEP, node_label="service")


def pull(url, *queries, **more):
    return pull_prometheus(url, queries or (LATENCY,), **({"now": END + timedelta(days=1), "since": START} | more))


def test_a_series_becomes_rows_of_kpis_with_its_labels_as_dimensions(prometheus):
    kpis = pull(prometheus, until=END - STEP).kpis
    assert kpis.column_names == ["node", "metric", "ts", "value", "instance", "service"]
    assert kpis.num_rows == 2 * ((END - START) // STEP)
    assert set(kpis["node"].to_pylist()) == {"scorer"}
    rows = kpis.to_pylist()
    late = [row["value"] for row in rows if row["ts"] >= ONSET.replace(tzinfo=None)]
    assert sum(late) / len(late) == pytest.approx(91, rel=0.02)


def test_a_label_may_name_the_node(prometheus):
    kpis = pull(prometheus, CPU).kpis
    assert set(kpis["node"].to_pylist()) == {"scorer", "feature-store"}
    assert "service" not in kpis.column_names


def test_longer_periods_are_asked_for_piece_by_piece(prometheus, monkeypatch):
    whole = pull(prometheus, until=END).kpis
    monkeypatch.setattr("rca.pulls.prometheus.POINTS", 100)
    assert pull(prometheus, until=END).kpis.sort_by("ts").num_rows == whole.num_rows


def test_a_pull_continues_where_the_last_one_ended_on_the_same_grid(prometheus):
    last = START + timedelta(days=1, seconds=7)
    kpis = pull(prometheus, since=None, latest={("scorer", "latency_p95"): last}, until=END).kpis
    first = min(kpis["ts"].to_pylist())
    assert last.replace(tzinfo=None) - 11 * STEP <= first < last.replace(tzinfo=None)
    assert first.timestamp() % STEP.total_seconds() == 0


def test_a_query_without_values_is_said(prometheus):
    found = pull(prometheus, Query("errors", "absent_metric", STEP, node="scorer"))
    assert found.kpis is None
    assert "errors of scorer: the query gives no values" in found.notes[0]


def test_infinite_values_are_left_out(prometheus):
    assert pull(prometheus, Query("ratio", "cpu_share / 0", STEP, node="scorer")).kpis is None


def test_a_bad_query_is_named_with_the_servers_reason(prometheus):
    with pytest.raises(InputError, match=r"latency_p95 of scorer: the server refuses the query: .*parse error"):
        pull(prometheus, Query("latency_p95", "latency_seconds(", STEP, node="scorer"))


def test_labels_of_reserved_names_do_not_hide_the_columns(prometheus):
    renamed = 'label_replace(cpu_share, "Node", "$1", "service", "(.*)")'
    kpis = pull(prometheus, Query("cpu", renamed, STEP, node="scorer")).kpis
    assert kpis.column_names == ["node", "metric", "ts", "value", "label_Node", "service"]


QUERIES = """
- node: scorer
  metric: latency_p95
  query: histogram_quantile(0.95, sum by (le) (rate(latency_bucket[5m]))) * 1000
  step: 5m
- {node_label: service, metric: cpu, query: cpu_share}
"""


def test_the_file_of_queries(tmp_path: Path):
    path = tmp_path / "queries.yaml"
    path.write_text(QUERIES)
    latency, cpu = read_queries(path)
    assert (latency.name, latency.step) == ("latency_p95 of scorer", timedelta(minutes=5))
    assert (cpu.name, cpu.step) == ("cpu of each service", timedelta(minutes=1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {node: a, metric: m}", "row 1: the query lacks query"),
        ("- {metric: m, query: up}", "row 1: the query lacks one of node and node_label"),
        ("- {node: a, metric: m, query: up, stpe: 1m}", "the key 'stpe' is unknown"),
        ("- {node: a, metric: m, query: up, step: soon}", "the step 'soon' is no duration"),
        ("- {node: a, metric: m, query: up, step: 0}", "is no duration"),
        ("- {node: a, metric: m, query: up}\n- {node: a, metric: m, query: down}", "row 2: m of a is asked for twice"),
        ("node: a", "holds no list of queries"),
        ("- [", "is not valid YAML"),
        ("- up", "row 1: is not a query"),
    ],
)
def test_a_faulty_file_of_queries_is_told_where(tmp_path: Path, text, message):
    path = tmp_path / "queries.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_queries(path)
    assert message in str(caught.value)
