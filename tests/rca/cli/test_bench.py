"""`rca bench`: what it refuses, and one small run of everything."""

import json
import sys

import pytest

from rca.cli import main
from tests.benchmarks.incidents import bundles


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


def run(tmp_path, *arguments: str) -> dict:
    """Run the command on the cases in a folder; return the figures of each method."""
    files = {name: tmp_path / name for name in ("figures.json", "tables.md")}
    told = ["--json", str(files["figures.json"]), "--markdown", str(files["tables.md"])]
    where = ["--tables", "telco", "--out", str(tmp_path / "cases"), "--jobs", "1"]
    assert main(["bench", "incidents", *where, *arguments, *told]) == 0
    assert "exact AC@1" in files["tables.md"].read_text()
    return json.loads(files["figures.json"].read_text())["methods"]


def test_from_injection_to_figures(tmp_path) -> None:
    found = run(tmp_path, "--cases", "1", "--quiet", "--only-families", "schema_change", "--no-baselines")
    assert found.keys() == {"engine"}
    assert [(case["family"], case["error"]) for case in found["engine"]["cases"]] == [("schema_change", "")]


def test_every_method_answers_the_same_cases(tmp_path) -> None:
    folder = tmp_path / "cases" / "telco"
    names = [bundles.write(folder / name).name for name in ("shop-000", "shop-001")]
    (folder / "shop-001.truth.json").write_text(json.dumps(bundles.TRUTH | {"causes": []}))
    found = run(tmp_path, "--score-only", "--misses", "2")
    assert found.keys() == {"engine", "psi", "ks", "drift alerts", "latest change", "random", "rules"}
    for method in found.values():
        assert [(case["case"], case["error"]) for case in method["cases"]] == [(name, "") for name in names]
        assert [case["family"] for case in method["cases"]] == ["data_quality", "no_fault"]
    assert found["engine"]["all"]["at"]["exact"] == [1, 1]
