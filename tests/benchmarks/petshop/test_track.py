"""The recorded issues of the pet shop: read, written as bundles, answered, scored, and the controls."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.incidents.report import ENGINE
from benchmarks.petshop import rcaeval, track
from benchmarks.petshop.answer import engine
from benchmarks.petshop.bundle import in_units, metric_of, moved, write_bundle
from benchmarks.petshop.calm import HISTORY, ROWS, calm_issues
from benchmarks.petshop.cases import DATA, by_group, read_issues
from benchmarks.petshop.controls import exchanged_series, random_graph
from benchmarks.petshop.make_data import make_data
from benchmarks.petshop.peers import PEERS
from benchmarks.petshop.rcaeval import _filled
from benchmarks.recorded.answer import Answer
from rca.bundle import read_bundle
from rca.cli import main
from rca.errors import InputError

ISSUES = read_issues(half="tune")
LATENCY, AVAILABILITY = ISSUES[0], ISSUES[4]


def test_the_halves_are_the_published_split():
    held = read_issues(half="held-out")
    assert (len(ISSUES), len(held), len(read_issues())) == (16, 36, 52)
    assert {issue.split for issue in ISSUES} == {"train"}
    assert not {issue.name for issue in ISSUES} & {issue.name for issue in held}
    assert sum(map(len, by_group(ISSUES).values())) == 16


def test_an_issue_is_what_the_protocol_gives():
    for issue in ISSUES:
        assert len(issue.normal.ts) == 589
        assert len(issue.abnormal.ts) == 5
        assert issue.root in issue.nodes
        assert issue.target in issue.abnormal.value


def test_a_folder_without_the_tables_is_explained(tmp_path):
    with pytest.raises(InputError, match=r"graph\.parquet"):
        read_issues(tmp_path)


def test_normal_rows_are_moved_by_whole_days_to_just_before():
    normal = moved(LATENCY)
    shift = int(LATENCY.normal.ts[0] - normal.ts[0])
    assert shift % 86_400 == 0
    assert 0 < LATENCY.abnormal.ts[0] - normal.ts[-1] <= 86_400 + 300


def test_a_bundle_says_the_same_in_the_units_of_the_contract(tmp_path):
    bundle = read_bundle(write_bundle(AVAILABILITY, tmp_path))
    (incident,) = bundle.incidents
    assert (incident.node, incident.metric, incident.direction) == ("PetSite", "availability", "down")
    assert len(bundle.system.edges) == len(set(AVAILABILITY.calls))
    caller, callee = AVAILABILITY.calls[0]
    assert (callee, caller) in {(edge.source, edge.target) for edge in bundle.system.edges}
    assert metric_of(("a", "latency", "p95")) == "latency_p95"
    assert in_units(("a", "availability", "Average"), np.array([97.0]))[0] == pytest.approx(0.97)
    assert in_units(("a", "latency", "p50"), np.array([0.2]))[0] == pytest.approx(200.0)


def test_the_faulty_component_comes_first_and_calm_rows_blame_none():
    for issue in (LATENCY, AVAILABILITY):
        found = engine(issue)
        assert found.nodes[0] == issue.root
        assert found.confidence > found.none_of_these
    calm = next(calm_issues([AVAILABILITY], 1))
    quiet = engine(calm)
    assert not quiet.nodes or quiet.none_of_these > quiet.confidence


def test_calm_stretches_come_with_what_was_before_them():
    made = list(calm_issues(ISSUES, 3))
    assert len(made) == 12
    for issue in made:
        assert len(issue.abnormal.ts) == ROWS
        assert len(issue.normal.ts) >= HISTORY
        assert issue.normal.ts[-1] < issue.abnormal.ts[0]
        assert issue.root == ""


def test_controls_change_the_graph_or_the_series_and_nothing_else():
    graph, series = random_graph(LATENCY), exchanged_series(LATENCY)
    assert len(graph.calls) == len(LATENCY.calls)
    assert len(set(graph.calls) & set(LATENCY.calls)) < len(LATENCY.calls) / 2
    assert graph.abnormal is LATENCY.abnormal
    assert series.calls == LATENCY.calls
    key = LATENCY.target
    assert np.array_equal(series.abnormal.value[key], LATENCY.abnormal.value[key], equal_nan=True)
    assert random_graph(LATENCY).calls == graph.calls


@pytest.mark.parametrize("name", sorted(PEERS))
def test_peers_rank_each_node_once_and_without_the_graphs_order(name):
    ranked = PEERS[name](LATENCY)
    assert len(ranked) == len(set(ranked)) > 0
    assert LATENCY.root in ranked[:5]
    assert ranked == PEERS[name](LATENCY)


ANSWER = """
from benchmarks.petshop.answer import answers
from benchmarks.petshop.cases import read_issues
found = answers(read_issues(half="tune")[4])
print({name: (one.nodes, one.confidence) for name, one in found.items()})
"""


def test_the_answers_are_the_same_under_every_hash_seed():
    told = [
        subprocess.run(
            [sys.executable, "-c", ANSWER], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "12"
    ]
    assert told[0] == told[1]


def test_gaps_are_filled_with_the_last_value():
    assert _filled(np.array([np.nan, 1.0, np.nan, 3.0])).tolist() == [0.0, 1.0, 1.0, 3.0]


def test_the_run_says_who_was_right_by_group(monkeypatch):
    monkeypatch.setattr(track, "read_issues", lambda *_: (LATENCY, AVAILABILITY))
    seen = []
    outcome = track.run(track.Options(half="tune", calm=1), lambda *step: seen.append(step))
    assert outcome.of_method(ENGINE).ac1 == 1.0
    assert outcome.of_method("engine, exchanged series").ac1 < 1.0
    assert outcome.alarms() == {"high, availability": (0, 1), "high, latency": (0, 1)}
    assert len(seen) == 6
    text = outcome.markdown(2)
    assert all(name in text for name in (ENGINE, *PEERS, "shuffled labels", "false alarms", "train split"))
    json.dumps(outcome.as_json(), allow_nan=False)


def test_a_miss_is_told_and_counted():
    outcome = track.Outcome((LATENCY,), {ENGINE: [Answer(("x",), 0.9, 0.1)]})
    assert outcome.of_method(ENGINE).ac1 == 0.0
    assert LATENCY.root in outcome.markdown(1)
    assert "none of these" not in outcome.markdown(0)


def test_another_interpreter_answers_or_is_said_to_have_ended(tmp_path, monkeypatch):
    rcaeval.process.cache_clear()
    runner = tmp_path / "runner.py"
    runner.write_text('import json\ninput()\nprint(json.dumps({"ranks": ["n1", "n0"], "seconds": 0.5}), flush=True)\n')
    monkeypatch.setattr(rcaeval, "RUNNER", runner)
    ranked, seconds = rcaeval.rank(LATENCY, "baro", sys.executable)
    assert (len(ranked), seconds) == (2, 0.5)
    with pytest.raises((RuntimeError, BrokenPipeError)):
        rcaeval.rank(LATENCY, "baro", sys.executable)
    rcaeval.process(sys.executable).communicate()
    rcaeval.process.cache_clear()


def test_the_command_prints_and_writes_the_figures(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(track, "read_issues", lambda *_: (AVAILABILITY,))
    files = ["--json", str(tmp_path / "f.json"), "--markdown", str(tmp_path / "t.md")]
    assert main(["bench", "petshop", "--no-baselines", *files]) == 0
    assert "AC@1" in capsys.readouterr().out
    assert json.loads((tmp_path / "f.json").read_text())["methods"][ENGINE]["n"] == 1
    assert main(["bench", "petshop", "--rcaeval-python", str(tmp_path / "none")]) == 2
    assert "RCAEval" in capsys.readouterr().err


def test_the_tables_are_small_and_keep_what_they_are_made_of(tmp_path):
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 2_000_000
    with pytest.raises(Exception, match="petshop_graph"):
        make_data(tmp_path, tmp_path)
