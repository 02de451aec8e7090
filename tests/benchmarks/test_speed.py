"""Short versions of the speed benchmark's parts: they run, and what they find is right."""

import json

import numpy as np
import pytest

from benchmarks.speed import peers, run
from benchmarks.speed.data import DRIFTED, write
from benchmarks.speed.graph import blame_in
from benchmarks.speed.measure import in_process, medians, spent
from benchmarks.speed.plot import draw
from benchmarks.speed.profile import bins, floor, hours, whole
from benchmarks.speed.stages import STAGES, answered
from benchmarks.speed.stages import run as run_stage
from benchmarks.speed.steps import land, slices, spans
from benchmarks.speed.tables import tables
from rca.cli import main


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


def test_the_peak_is_that_of_the_work_alone():
    much = np.ones(40_000_000)  # 320 MB, freed before the work begins
    del much
    told = spent(lambda: np.ones(10_000_000).sum())
    assert 60 < told["peak_mb"] - told["held_mb"] < 200


def test_every_stage_of_an_answer_is_measured(tmp_path):
    land(str(tmp_path), "2000")
    told = {stage: run_stage(stage, tmp_path) for stage in ("land", "profile")} | dict(answered(tmp_path))
    assert tuple(told) == STAGES
    assert told["land"]["result"] == 2
    assert all(0 < step["held_mb"] <= step["peak_mb"] for step in told.values())
    assert told["rank"]["wall_s"] < told["candidates"]["wall_s"]


def quick(monkeypatch, failing: str = "", kept=None):
    """Run everything with steps that cost nothing; one of them fails."""
    step = {"wall_s": 1.0, "cpu_s": 2.0, "held_mb": 50, "peak_mb": 100, "result": {"found": ["n3"], "false": []}}
    more = {"spans_per_second": 7, "check_s": 1, "graph_s": 1, "blame_s": 1, "alone_s": 1, "file_mb": 1}
    more |= {"incidents_per_second": 9}

    def asked(module: str, name: str, *_of: object) -> dict:
        if name == failing:
            raise RuntimeError(f"Traceback\nMemoryError: {name}")
        return {"python": 0.1} if name == "start" else {**step, **(more if module == run.STEPS else {})}

    monkeypatch.setattr(run, "in_process", asked)
    monkeypatch.setattr(run, "write", lambda folder, _: (folder.mkdir(exist_ok=True), folder))
    return run.run(run.Options(short=True, rows=20, kept=kept), None)


def test_a_step_that_fails_is_a_row_and_the_others_are_kept(monkeypatch, tmp_path):
    kept = tmp_path / "speed.json"
    made = quick(monkeypatch, "catalogue", kept)
    assert made.failed == ("catalogue",)
    assert json.loads(kept.read_text()) == json.loads(json.dumps(made.as_json()))
    assert made.figures["spans"]["cpu_s"] == 2.0
    assert made.figures["incidents"]["of"] == ["4", str(run.os.cpu_count())]
    text = made.markdown()
    assert "| catalogue | MemoryError: catalogue |" in text
    assert "incidents in" in text
    assert "an answer beside" not in text


@pytest.mark.parametrize(
    "failing", ["floor", "bins", "hours", "land", "answer", "evidence", "spans", "slices", "start"]
)
def test_tables_are_written_whatever_fails(monkeypatch, failing):
    made = quick(monkeypatch, failing)
    assert made.failed
    assert f"MemoryError: {failing}" in made.markdown()
    assert ("profile_over_read_cpu_ratio" in made.figures) == (failing not in {"floor", "hours"})


def test_figures_so_far_are_there_when_a_run_is_stopped(monkeypatch, tmp_path):
    kept = tmp_path / "speed.json"

    def stopped(*_: object) -> dict:
        raise KeyboardInterrupt

    monkeypatch.setattr(run.Run, "others", stopped)
    with pytest.raises(KeyboardInterrupt):
        quick(monkeypatch, kept=kept)
    assert json.loads(kept.read_text())["stages"]["5000"]["rank"]["peak_mb"] == 100


def test_tables_hold_every_figure(monkeypatch):
    made = quick(monkeypatch)
    assert made.failed == ()
    peer = {"wall_s": 1.0, "cpu_s": 2.0, "peak_mb": 100}
    peer["result"] = {"found": ["n3"], "false": [], "computes": "KS.", "sample": "all rows"}
    text = tables(made.figures | {"peers": {"scipy": peer, "gone": {"error": "no such package"}}})
    assert "| scipy (KS; all rows) | 1.0 | 2.0 | 1.0 | 100 | 1 of 5 | 0 |" in text
    assert "not measured: no such package" in text
    assert "| 40 | 2.0 | 2.0 | 1.0 | 100 |" in text
    assert "| candidates | 10,000 rows x 50 columns | 1.0 | 2.0 | 50 | 100 |" in text
    assert "| span reduction | 50,000 spans | 1.0 | 2.0 | 50 | 100 |" in text


@pytest.mark.parametrize("failing", ["", "graph"])
def test_a_failed_step_is_the_exit_status(monkeypatch, tmp_path, capsys, failing):
    made = quick(monkeypatch, failing)
    monkeypatch.setattr(run, "run", lambda options, _: made)
    kept = tmp_path / "speed.json"
    assert main(["bench", "speed", "--short", "--json", str(kept)]) == (1 if failing else 0)
    assert json.loads(kept.read_text())["spans"]["cpu_s"] == 2.0
    assert ("not measured" in capsys.readouterr().out) == bool(failing)


def test_what_the_profile_costs_is_drawn_by_rows(tmp_path):
    steps = {step: {"cpu_s": cost} for step, cost in (("floor", 1.0), ("whole", 3.0), ("hours", 6.0))}
    linear = {"4000": {**steps, "hours": {"error": "no space left"}}, "20000": steps}
    draw({"rows": 1000, "profile": steps, "linear": linear}, tmp_path / "cost.svg")
    text = (tmp_path / "cost.svg").read_text()
    assert "20k" in text
    assert "profile by the hour" in text
