"""The recorded cases of the repository: read, answered, scored, and the controls."""

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest

from benchmarks.incidents.report import ENGINE
from benchmarks.nezha.cases import SAMPLE, read_cases
from benchmarks.nezha.controls import calm, random_graph
from benchmarks.nezha.make_sample import make_sample
from benchmarks.nezha.track import Options, run
from benchmarks.recorded.answer import Answer, each_once
from benchmarks.recorded.figures import calibration_error, figures, place
from benchmarks.recorded.tables import shuffled, shuffled_labels
from rca.bundle import read_bundle
from rca.cli import main
from rca.errors import InputError


def test_the_halves_are_days_and_do_not_meet():
    tune, held = (read_cases(SAMPLE, half) for half in ("tune", "held-out"))
    assert {case.day for case in tune} == {"2022-08-22"}
    assert not {case.name for case in tune} & {case.name for case in held}
    assert len(tune) + len(held) == len(read_cases(SAMPLE))


@pytest.mark.parametrize("missing", ["truth", "case", "half"])
def test_a_folder_that_is_no_collection_of_cases_is_explained(tmp_path, missing):
    half = "all"
    if missing == "case":
        (tmp_path / "truth.json").write_text(json.dumps([{"id": "x", "fault": "return", "node": "a"}]))
    if missing == "half":
        (tmp_path / "truth.json").write_text("[]")
        half = "tune"
    with pytest.raises(InputError):
        read_cases(tmp_path, half)


def test_figures_count_what_was_not_found_as_missed():
    told = [Answer(("a", "b"), 0.9), Answer(("b", "a"), 0.4), Answer((), 0.0)]
    found = figures(told, ["a", "a", "a"])
    assert (found.n, found.ac1, found.ac3) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.avg5 == pytest.approx((1 / 3 + 4 * 2 / 3) / 5)
    assert found.mrr == pytest.approx((1 + 0.5) / 3)
    assert found.ece == pytest.approx((0.1 + 0.4) / 3)
    assert found.as_json()["seconds"] is None


def test_calibration_is_unknown_without_confidences_and_exact_with_them():
    assert math.isnan(calibration_error([0.5, math.nan], np.array([True, False])))
    assert calibration_error([0.5, 0.5], np.array([True, False])) == 0.0
    assert calibration_error([1.0], np.array([False])) == 1.0


def test_each_service_keeps_its_first_place():
    assert each_once(["b", "a", "b"]) == ("b", "a")
    assert place(("b", "a"), "a") == 2
    assert place((), "a") == 0


def test_shuffled_labels_leave_what_the_labels_alone_give():
    ranked, labels = [[name] for name in "abcd"], list("abcd")
    assert shuffled_labels(ranked, labels, 1) == pytest.approx(0.25, abs=0.03)
    assert shuffled_labels([["a"]] * 4, ["a"] * 4, 1) == 1.0


def test_a_random_graph_keeps_spans_and_changes_who_calls_whom(tmp_path):
    case = read_cases(SAMPLE)[0]
    bundle = random_graph(case.folder, tmp_path)
    edges = [{(edge.source, edge.target) for edge in read_bundle(f).system.edges} for f in (case.folder, bundle)]
    assert len(edges[0] & edges[1]) < len(edges[0])
    assert len(edges[0]) == len(edges[1])


def test_the_calm_half_minute_ends_before_the_fault(tmp_path):
    made = [bundle for case in read_cases(SAMPLE) if (bundle := calm(case.folder, tmp_path))]
    assert made
    for bundle in made:
        (now,), (then,) = (read_bundle(f).incidents for f in (bundle, SAMPLE / bundle.name))
        assert now.detected_at < then.started_at
        assert now.started_at < now.detected_at


def test_the_service_that_was_broken_comes_first_and_nothing_is_believed_when_all_is_calm(tmp_path):
    kept = read_cases(SAMPLE, "tune")
    for case in kept:
        shutil.copytree(case.folder, tmp_path / case.name)
    labels = [{"id": case.name, "fault": case.fault, "node": case.node} for case in kept]
    (tmp_path / "truth.json").write_text(json.dumps(labels))
    seen = []
    outcome = run(Options(tmp_path, "tune"), lambda *step: seen.append(step))
    engine = outcome.of_method(ENGINE)
    assert engine.ac1 == 1.0
    assert engine.ece < 0.2
    assert outcome.false_alarms == 0
    assert shuffled(outcome.by_method[ENGINE], outcome.labels)[0] < 0.7
    assert len(seen) == 2 * len(kept)
    text, plain = outcome.markdown(3), outcome.as_json()
    assert all(name in text for name in (ENGINE, "network_delay", "shuffled labels", "calm"))
    json.dumps(plain, allow_nan=False)


def test_a_miss_is_told(tmp_path):
    outcome = run(Options(SAMPLE, "tune", peers=False))
    wrong = dataclasses.replace(outcome, cases=tuple(dataclasses.replace(one, node="x") for one in outcome.cases))
    assert "none of these" in wrong.markdown(1)
    assert "none of these" not in wrong.markdown(0)


def test_the_sample_is_a_compact_copy(tmp_path):
    case = read_cases(SAMPLE)[0]
    make_sample(SAMPLE, tmp_path, [case.name])
    (copied,) = read_cases(tmp_path)
    assert (copied.node, copied.fault) == (case.node, case.fault)
    assert read_bundle(copied.folder).incidents == read_bundle(case.folder).incidents


def test_the_command_prints_and_writes_the_figures(tmp_path, capsys):
    files = ["--json", str(tmp_path / "f.json"), "--markdown", str(tmp_path / "t.md")]
    assert main(["bench", "nezha", "--half", "tune", "--no-baselines", *files]) == 0
    assert "AC@1" in capsys.readouterr().out
    assert json.loads((tmp_path / "f.json").read_text())["methods"][ENGINE]["n"] == 3
    assert main(["bench", "nezha", "--data", str(tmp_path)]) == 2
    assert "truth.json" in capsys.readouterr().err
