"""Short versions of the speed benchmark's parts: they run, and what they find is right."""

import json

import pytest

from benchmarks.speed import peers
from benchmarks.speed.data import DRIFTED, write
from benchmarks.speed.graph import blame_in
from benchmarks.speed.measure import in_process, medians
from benchmarks.speed.profile import bins, floor, hours, whole
from benchmarks.speed.steps import slices, spans
from benchmarks.speed.tables import tables


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speed")
    write(folder, 60_000)
    return folder


def test_drifted_columns_are_found_from_the_counts_alone(data):
    bins(data)
    told = hours(data)["result"]
    assert told["false"] == []
    assert set(told["found"]) >= set(DRIFTED) - {"n11"}  # 5 % wider: that takes more rows
    assert floor(data)["result"] == 1
    assert whole(data)["result"] > 1000


def test_a_slice_is_found_among_fifty_columns():
    assert slices("40000", "50")["result"].startswith("c0=v3 & n1 in [")


def test_spans_and_graphs_are_reduced():
    assert spans("4000")["result"] == 20
    assert blame_in(300, 900)["result"]["longest_path"] > 1


def test_a_peer_that_cannot_be_had_is_named_with_the_reason(data, tmp_path, monkeypatch):
    monkeypatch.setitem(peers.PACKAGES, "nobody", ("a-package-that-is-nowhere-at-all==0",))
    monkeypatch.setattr(peers.shutil, "which", lambda _: None)
    assert peers.measure(tmp_path, data, ("nobody",)) == {"nobody": {"error": "uv is not here to make its environment"}}


def test_a_step_that_fails_says_so():
    with pytest.raises(RuntimeError, match="KeyError: 'nothing'"):
        in_process("benchmarks.speed.steps", "nothing")


def test_medians_keep_the_last_result():
    runs = [{"wall_s": s, "result": [s]} for s in (3.0, 1.0, 2.0)]
    assert medians(runs) == {"wall_s": 2.0, "result": [2.0]}


def test_tables_hold_every_figure():
    step = {"wall_s": 1.0, "cpu_s": 2.0, "peak_mb": 100, "result": {"found": ["n3"], "false": []}}
    peer = {**step, "result": {**step["result"], "computes": "KS.", "sample": "all rows"}}
    figures = {
        "machine": {"cores": 2, "memory_gb": 8, "system": "Linux", "python": "3.11", "duckdb": "2"},
        "rows": 10,
        "repeats": 5,
        "drifted": DRIFTED,
        "profile": dict.fromkeys(("floor", "bins", "whole", "hours"), step),
        "peers": {"scipy": peer, "gone": {"error": "no such package"}},
        "linear": {40: {"floor": step, "hours": step}},
        "answer": {10: {"land": step, "answer": step}},
        "spans": {**step, "of": (5,), "spans_per_second": 7},
        "slices": {**step, "of": (5, 50)},
        "graph": {"check_s": 1, "graph_s": 1, "blame_s": 1, "of": (5, 6)},
        "catalogue": {"alone_s": 1, "wall_s": 1, "file_mb": 1, "of": (5, 6)},
        "incidents": {"wall_s": 1, "incidents_per_second": 9, "of": (5, 2)},
        "start": {"python": 0.1, "of": ()},
    }
    text = tables(json.loads(json.dumps(figures)) | {"linear": figures["linear"], "answer": figures["answer"]})
    assert "| scipy (KS; all rows) | 1.0 | 2.0 | 1.0 | 100 | 1 of 5 | 0 |" in text
    assert "not measured: no such package" in text
    assert "| 40 | 2.0 | 2.0 | 1.0 | 100 |" in text
