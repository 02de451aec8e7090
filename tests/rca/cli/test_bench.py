"""`rca bench`: what it refuses, and one small run of everything."""

import json
import sys

import pytest

from rca.cli import main


def test_help_names_the_tracks_and_the_tables(capsys) -> None:
    assert main(["bench", "--help"]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("incidents", "natural", "ablation", "--half", "--nannyml-python"))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["incidents", "--tables", "bikes"], "did you mean 'bike'"),
        (["incidents", "--only-families", "data_qualty"], "data_quality"),
        (["incidents", "--cases", "0"], "--cases 0"),
        (["incidents", "--score-only"], "--out"),
        (["incidents", "--nannyml-python", "/nowhere/python"], "no such interpreter"),
        (["nothing"], "natural"),
    ],
)
def test_bad_arguments_are_explained(arguments, word, capsys) -> None:
    assert main(["bench", *arguments]) == 2
    assert word in capsys.readouterr().err


def test_without_a_checkout_it_says_where_the_benchmarks_are(monkeypatch, capsys) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "benchmarks", None)
    assert main(["bench"]) == 2
    assert "checkout" in capsys.readouterr().err


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys) -> None:
    (tmp_path / "mine.txt").touch()
    assert main(["bench", "incidents", "--tables", "bike", "--cases", "1", "--out", str(tmp_path)]) == 2
    assert "not made by this benchmark" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_two_cases_from_injection_to_figures(tmp_path, capsys) -> None:
    files = {name: tmp_path / name for name in ("figures.json", "tables.md")}
    arguments = ["--tables", "bike", "--cases", "2", "--jobs", "1", "--quiet", "--misses", "2"]
    arguments += ["--only-families", "schema_change", "no_fault", "--out", str(tmp_path / "cases")]
    arguments += ["--json", str(files["figures.json"]), "--markdown", str(files["tables.md"])]
    assert main(["bench", "incidents", *arguments]) == 0
    said = capsys.readouterr().out
    assert files["tables.md"].read_text() == said
    methods = json.loads(files["figures.json"].read_text())["methods"]
    assert {"engine", "psi", "ks", "drift alerts", "latest change", "random", "rules"} == methods.keys()
    for name, found in methods.items():
        assert [case["family"] for case in found["cases"]] == ["schema_change", "no_fault"], name
        assert [case["error"] for case in found["cases"]] == ["", ""], name
