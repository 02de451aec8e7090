"""Which ranker answers, told on the example with rankers that were really trained."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rankers import heuristic, supervised
from rankers.pretrained import pretrained
from rca.analyse import analyse_bundle, analyse_database
from rca.errors import InputError
from rca.review import kept_proposed, record
from rca.review.choice import Choice, choose
from rca.review.registry import HEURISTIC, promote
from rca.review.shadow import Shadowed, keep_shadow, shadowed
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.feedback import Feedback, NamedCause
from tests.architecture.test_code import SLOW_TO_IMPORT
from tests.rca.review.rankers import kept, small_model, tamper

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the example's database before anything was learned."""
    db = tmp_path_factory.mktemp("db") / "example.duckdb"
    analyse_bundle(ROOT / "examples" / "card-fraud", db=db)
    return db.read_bytes()


@pytest.fixture
def database(tmp_path: Path, example: bytes) -> Path:
    db = tmp_path / "rca.duckdb"
    db.write_bytes(example)
    return db


def answer(database: Path, ranker: str = "auto") -> Analysis:
    (found,) = analyse_database(database, ranker=ranker)
    return found


def with_current(database: Path, version: str = "site-1") -> None:
    with Warehouse(database) as warehouse:
        promote(warehouse, kept(warehouse, version), "ada")


def test_the_current_ranker_answers_and_says_so(database: Path) -> None:
    before = answer(database, "heuristic")
    with_current(database)
    after = answer(database)
    assert (after.ranker.kind, after.ranker.version, after.warnings) == ("supervised", "site-1", before.warnings)
    assert after == answer(database, "supervised").model_copy(update={"timings_ms": after.timings_ms})
    assert after.causes[0].confidence < before.causes[0].confidence


def test_the_heuristic_answers_when_it_is_asked_for(database: Path) -> None:
    with_current(database)
    found = answer(database, "heuristic")
    assert (found.ranker.kind, found.ranker.version) == ("heuristic", heuristic.VERSION)


def test_without_trees_the_supervised_ranker_is_the_heuristic(database: Path) -> None:
    found = answer(database, "heuristic")
    with Warehouse(database) as warehouse:
        proposed = kept_proposed(warehouse, found.id or "")
        ranking = supervised.rank(choose(warehouse, "heuristic").model, proposed)
    plain, none = heuristic.rank(proposed.candidates, proposed.blame, proposed)
    assert ranking.ranked == plain
    assert ranking.none == none


def test_a_tampered_ranker_gives_way_to_the_heuristic_at_once(database: Path) -> None:
    with_current(database)
    with Warehouse(database) as warehouse:
        tamper(warehouse, "site-1")
        started = time.perf_counter()
        chosen = choose(warehouse)
        assert time.perf_counter() - started < 1.0
    assert chosen.info.kind == "heuristic"
    found = answer(database)
    assert (found.ranker.kind, found.ranker.version) == ("heuristic", heuristic.VERSION)
    assert found.causes == answer(database, "heuristic").causes
    assert "site-1" in found.warnings[0]
    assert "rca rankers rollback" in found.warnings[0]


@pytest.mark.parametrize("damaged", [False, True])
def test_choosing_loads_nothing_slow(database: Path, damaged: bool) -> None:
    with_current(database)
    if damaged:
        with Warehouse(database) as warehouse:
            tamper(warehouse, "site-1")
    code = f"""
import pathlib, sys
from rca.analyse import analyse_database
(found,) = analyse_database(pathlib.Path({str(database)!r}))
print(found.ranker.kind, [name for name in {SLOW_TO_IMPORT} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == ("heuristic []\n" if damaged else "supervised []\n")


def test_supervised_is_the_shipped_one_where_the_heuristic_is_current(database: Path) -> None:
    with Warehouse(database) as warehouse:
        assert choose(warehouse).model == pretrained()
        promote(warehouse, HEURISTIC, "ada")
        assert choose(warehouse).info.kind == "heuristic"
        assert choose(warehouse, "supervised").model == pretrained()


def test_supervised_passes_over_a_damaged_one_and_says_so(database: Path) -> None:
    with_current(database)
    with Warehouse(database) as warehouse:
        tamper(warehouse, "site-1")
        chosen = choose(warehouse, "supervised")
    assert chosen.model == pretrained()
    assert "site-1" in chosen.warnings[0]


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_damaged_shipped_ranker_gives_way_too(database: Path, tmp_path: Path, damage: str) -> None:
    """Run on a copy of the package whose model was changed."""
    for package in ("rca", "rankers", "candidates", "schemas"):
        shutil.copytree(ROOT / package, tmp_path / "lib" / package, ignore=shutil.ignore_patterns("__pycache__"))
    model = tmp_path / "lib" / "rankers" / "pretrained" / "model.json"
    if damage == "changed":
        model.write_text(model.read_text().replace("leaf_value=", "leaf_value=9"))
    else:
        model.unlink()
    code = f"""
import pathlib
from rca.analyse import analyse_database
(found,) = analyse_database(pathlib.Path({str(database)!r}))
print(found.ranker.kind, found.warnings[0])
try:
    analyse_database(pathlib.Path({str(database)!r}), ranker="supervised")
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path / "lib"
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("heuristic the ranker pretrained cannot be used")
    assert second.startswith("InputError the ranker pretrained cannot be used")
    assert "--ranker heuristic" in second


def test_an_unknown_kind_is_an_error(database: Path) -> None:
    with Warehouse(database) as warehouse, pytest.raises(InputError, match="heuristic"):
        choose(warehouse, "best")


def test_a_newer_candidate_answers_in_the_shadow(database: Path) -> None:
    with_current(database)
    with Warehouse(database) as warehouse:
        kept(warehouse, "site-0", hours=-1)
        assert choose(warehouse).shadow is None
        kept(warehouse, "site-2", hours=1, not_worse=False)
    found = answer(database)
    with Warehouse(database) as warehouse:
        (text,) = warehouse.connection.execute("SELECT shadow FROM analyses WHERE id = ?", [found.id]).fetchone()
    shadow = json.loads(text)
    assert found.ranker.version == "site-1"
    assert shadow["ranker"] == "site-2"
    assert {tuple(cause[:3]) for cause in shadow["causes"]} >= {(c.family, c.node, c.subject) for c in found.causes}
    confidences = [cause[3] for cause in shadow["causes"]]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 <= shadow["none_of_these"] <= 1


def test_how_the_candidate_did_is_counted(database: Path) -> None:
    with Warehouse(database) as warehouse:
        kept(warehouse, "site-2", lift=12.0)
    found = answer(database)
    first = found.causes[0]
    with Warehouse(database) as warehouse:
        assert shadowed(warehouse, "site-1") == Shadowed(0, 0, 0, 0, 0)
        assert shadowed(warehouse, "site-2") == Shadowed(1, 0, 0, 0, 0)
        said = {"reviewer": "ada", "incident": found.incident.id, "rank": 1, "verdict": "confirmed"}
        record(
            warehouse, Feedback(cause=NamedCause(family=first.family, node=first.node, subject=first.subject), **said)
        )
        assert shadowed(warehouse, "site-2") == Shadowed(1, 0, 1, 0, 1)


def test_a_damaged_candidate_casts_no_shadow(database: Path) -> None:
    with_current(database)
    with Warehouse(database) as warehouse:
        kept(warehouse, "site-2", hours=1)
        tamper(warehouse, "site-2")
        assert choose(warehouse) == Choice(choose(warehouse).model)
    assert answer(database).ranker.version == "site-1"


def test_the_shadow_costs_little(database: Path) -> None:
    found = answer(database)
    candidate = small_model("site-1")
    _ = candidate.trees  # read when it is chosen
    with Warehouse(database) as warehouse:
        proposed = kept_proposed(warehouse, found.id or "")
        took = []
        for _ in range(5):
            started = time.process_time()
            keep_shadow(warehouse, found.id or "", candidate, proposed)
            took.append(time.process_time() - started)
    assert min(took) < 0.01


def test_each_cause_says_what_moved_it(database: Path) -> None:
    found = answer(database, "heuristic")
    first = found.causes[0]
    assert 0 < len(first.moved) <= 6
    assert [abs(each.by) for each in first.moved] == sorted((abs(each.by) for each in first.moved), reverse=True)
    share = next(each for each in first.moved if each.name == "share")
    assert share.by == pytest.approx(heuristic.WEIGHTS["share"] * first.impact, abs=0.01)
    with_current(database)
    learned = next(each for each in answer(database).causes if (each.family, each.subject) == (first.family, "amount"))
    assert next(each for each in learned.moved if each.name == "share").by < share.by


@pytest.mark.parametrize("who", ["site-1", "site-2"])
def test_what_either_learned_from_does_not_tell_how_the_candidate_did(database: Path, who: str) -> None:
    """An incident that is explained again after it was learned from is remembered, not ranked."""
    with_current(database)
    with Warehouse(database) as warehouse:
        kept(warehouse, "site-2", hours=1)
    found = answer(database)
    first = found.causes[0]
    named = NamedCause(family=first.family, node=first.node, subject=first.subject)
    with Warehouse(database) as warehouse:
        said = Feedback(reviewer="ada", incident=found.incident.id, cause=named, rank=1, verdict="confirmed")
        record(warehouse, said)
        assert shadowed(warehouse, "site-2").judged == 1
        warehouse.connection.execute("UPDATE rankers SET incidents = [?] WHERE version = ?", [found.incident.id, who])
        assert shadowed(warehouse, "site-2").judged == 0
