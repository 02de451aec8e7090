"""Training on databases of a site that the heuristic misjudges; every ranker here is really learned."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rankers import heuristic
from rankers.fit import fit, learn, left_out_loss
from rankers.model import Model
from rankers.pretrained import lessons
from rankers.quality import figures
from rca.review.choice import choose
from rca.review.examples import fingerprint, read_examples
from rca.review.feedback import undo
from rca.review.forecasts import read_evidence
from rca.review.registry import HEURISTIC, PRETRAINED, all_versions, current, events, load, promote, rollback
from rca.review.training import LEAST_HELD_OUT, TrainingReport, split, train
from rca.warehouse import Warehouse
from tests.rca.review.rankers import FIRST, kept, small_model, tamper
from tests.rca.review.site import review

LABELS = 80


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a database with labels, and nothing learned yet."""
    db = tmp_path_factory.mktemp("db") / "rca.duckdb"
    with Warehouse(db) as warehouse:
        review(warehouse, range(LABELS))
    return db.read_bytes()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, reviewed: bytes) -> tuple[TrainingReport, bytes]:
    """Return what was learned first from these labels, and the database since."""
    db = tmp_path_factory.mktemp("db") / "rca.duckdb"
    db.write_bytes(reviewed)
    with Warehouse(db) as warehouse:
        report = train(warehouse, who="ada")
    return report, db.read_bytes()


def opened(folder: Path, content: bytes) -> Warehouse:
    db = folder / "site.duckdb"
    db.write_bytes(content)
    return Warehouse(db)


@pytest.fixture
def site(tmp_path: Path, reviewed: bytes) -> Iterator[Warehouse]:
    with opened(tmp_path, reviewed) as warehouse:
        yield warehouse


@pytest.fixture
def learned(tmp_path: Path, first: tuple[TrainingReport, bytes]) -> Iterator[tuple[Warehouse, TrainingReport]]:
    report, content = first
    with opened(tmp_path, content) as warehouse:
        yield warehouse, report


def test_labels_become_examples_in_the_order_of_time(site: Warehouse) -> None:
    examples = read_examples(site)
    assert [each.incident for each in examples.training] == [f"inc-{number:04d}" for number in range(LABELS)]
    assert all(each.told for each in examples.training)
    assert sum(each.weight for each in examples.training) == pytest.approx(LABELS)
    assert (examples.gold, examples.unusable) == ((), 0)


def test_a_better_ranker_is_learned_and_answers(learned: tuple[Warehouse, TrainingReport]) -> None:
    site, report = learned
    assert report.outcome == "promoted"
    assert report.comparison.challenger.ac1 > report.comparison.current.ac1 + 0.3
    assert (report.learned_from, report.held_out, report.current) == (40, 40, FIRST)
    (known,) = all_versions(site)
    assert (known.version, known.state, known.training_hash) == (report.version, "current", report.training_hash)
    assert known.figures["ac1"] == report.comparison.challenger.ac1
    assert len(known.incidents) == LABELS
    model = load(site, report.version)
    assert model.about["training"] == {"hash": report.training_hash, "incidents": LABELS, "seed": 0}
    assert "hint" in model.about["features"]
    log = [(e.what, e.who) for e in events(site, report.version)]
    assert log == [("kept", "ada"), ("promoted", "ada")]
    assert choose(site).model == model


def test_the_same_labels_give_the_same_ranker_and_no_second_version(
    learned: tuple[Warehouse, TrainingReport], reviewed: bytes, tmp_path: Path
) -> None:
    site, first = learned
    again = train(site)
    assert (again.outcome, again.version) == ("known", first.version)
    assert "already" in again.reason
    assert len(all_versions(site)) == 1
    other = tmp_path / "other.duckdb"
    other.write_bytes(reviewed)
    with Warehouse(other) as warehouse:
        assert train(warehouse).version == first.version
        assert load(warehouse, first.version).to_json() == load(site, first.version).to_json()


def test_another_seed_is_another_ranker(site: Warehouse, first: tuple[TrainingReport, bytes]) -> None:
    assert train(site, seed=1, dry_run=True).training_hash != first[0].training_hash


def test_a_dry_run_writes_nothing(site: Warehouse) -> None:
    report = train(site, dry_run=True)
    assert (report.outcome, report.kept) == ("promoted", False)
    assert (all_versions(site), events(site), current(site)) == ([], [], FIRST)


def test_too_few_labels_say_how_many_more(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "few.duckdb") as warehouse:
        assert train(warehouse).missing == 20
        review(warehouse, range(7))
        report = train(warehouse)
        assert (report.outcome, report.labelled, report.missing) == ("too_few", 7, 13)
        assert "13 more incidents" in report.reason
        assert all_versions(warehouse) == []


def test_held_out_is_what_came_last_and_was_not_seen(site: Warehouse) -> None:
    examples = read_examples(site).training
    earlier, later = split(examples, ())
    assert [each.incident for each in (*earlier, *later)] == [each.incident for each in examples]
    seen = [each.incident for each in examples[:65]]
    earlier, later = split(examples, seen)
    assert [each.incident for each in later] == [each.incident for each in examples[65:]]
    assert [each.incident for each in earlier] == seen
    earlier, later = split(examples, [each.incident for each in examples[::2]])
    assert all(int(each.incident[-2:]) % 2 for each in later)
    assert max(each.incident for each in earlier) < min(each.incident for each in later)


def test_what_the_current_one_learned_from_does_not_judge_it(learned: tuple[Warehouse, TrainingReport]) -> None:
    site, first = learned
    review(site, range(LABELS, LABELS + 4))
    report = train(site)
    assert (report.outcome, report.missing) == ("too_few", LEAST_HELD_OUT - 4)
    assert first.version in report.reason
    review(site, range(LABELS + 4, LABELS + 12))
    report = train(site)
    assert (report.held_out, report.learned_from, report.current) == (12, LABELS, first.version)
    assert report.outcome in {"promoted", "candidate"}


def test_labels_that_contradict_what_follows_promote_nothing(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "turned.duckdb") as warehouse:
        review(warehouse, range(50))
        review(warehouse, range(50, 71), hinted=False)
        report = train(warehouse)
        assert report.outcome == "candidate"
        assert not report.comparison.not_worse
        assert current(warehouse) == (HEURISTIC if report.demoted else FIRST)
        (known,) = all_versions(warehouse)
        assert (known.state, known.reason) == ("candidate", report.reason)
        assert choose(warehouse).shadow is not None


def test_the_gold_set_never_trains(site: Warehouse, first: tuple[TrainingReport, bytes]) -> None:
    without, _ = first
    review(site, range(200, 212), gold=True)
    report = train(site)
    assert (report.labelled, report.gold) == (LABELS, 12)
    assert report.training_hash == without.training_hash
    assert report.on_gold.challenger.incidents == 12
    (known,) = all_versions(site)
    assert not {f"inc-{number:04d}" for number in range(200, 212)} & set(known.incidents)


def test_the_gold_set_vetoes(site: Warehouse) -> None:
    review(site, range(200, 240), hinted=False, gold=True)
    report = train(site)
    assert report.outcome == "candidate"
    assert report.reason.startswith("worse on the gold set")
    assert current(site) == (HEURISTIC if report.demoted else FIRST)


def test_a_current_one_that_is_worse_than_the_heuristic_gives_way(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "bad.duckdb") as warehouse:
        promote(warehouse, kept(warehouse, "site-1", lift=12.0), "ada")
        review(warehouse, range(60), hinted=False)
        examples = read_examples(warehouse).training
        assert figures(small_model("x", 12.0), examples).log_loss > figures(Model(heuristic.VERSION), examples).log_loss
        report = train(warehouse)
        assert (report.demoted, report.current) == (True, "site-1")
        assert [e.version for e in events(warehouse) if e.what == "promoted"][:2] == ["site-1", HEURISTIC]
        assert current(warehouse) in {HEURISTIC, report.version}


def test_a_damaged_current_one_is_replaced_by_learning_again(learned: tuple[Warehouse, TrainingReport]) -> None:
    site, first = learned
    tamper(site, first.version)
    assert choose(site).info.kind == "heuristic"
    review(site, range(LABELS, LABELS + 40))
    report = train(site)
    assert (report.outcome, report.demoted) == ("promoted", True)
    assert choose(site).info.version == report.version


def test_nothing_held_out_is_learned_from_before_it_is_compared(
    site: Warehouse, first: tuple[TrainingReport, bytes]
) -> None:
    report, _ = first
    examples = read_examples(site).training
    earlier, later = split(examples, ())
    starts = {HEURISTIC: (), PRETRAINED: lessons()}
    tried = [learn(earlier, Model(heuristic.VERSION), version="x", lessons=taught) for taught in starts.values()]
    chosen = min(tried, key=lambda each: left_out_loss(each, {one.incident for one in earlier}))
    leaking = fit(examples, Model(heuristic.VERSION), version="x")
    assert report.comparison.challenger.log_loss == pytest.approx(figures(chosen.model, later).log_loss, rel=1e-6)
    assert report.comparison.challenger.log_loss != pytest.approx(figures(leaking, later).log_loss, rel=1e-3)


def test_the_fingerprint_sees_every_part(site: Warehouse) -> None:
    examples = read_examples(site).training
    assert fingerprint(examples) == fingerprint(list(examples))
    assert (
        len({fingerprint(examples), fingerprint(examples[1:]), fingerprint(examples[::-1]), fingerprint(examples, "1")})
        == 4
    )


def test_learning_again_does_not_draw_again(site: Warehouse) -> None:
    """Whatever the seed, and though a label more would move the border: each incident is forecast once."""
    promote(site, HEURISTIC, "ada")
    held = [train(site, seed=seed, dry_run=True).comparison.e_value for seed in (0, 1)]
    assert held[0] == held[1]
    site.connection.execute("DELETE FROM feedback WHERE incident < 'inc-0068'")
    kept = train(site)
    before = read_evidence(site, HEURISTIC, "learned").kept
    assert (kept.outcome, len(before)) == ("too_few", 0)


def test_evidence_grows_from_one_training_to_the_next(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "grows.duckdb") as warehouse:
        promote(warehouse, HEURISTIC, "ada")
        review(warehouse, range(16))
        review(warehouse, range(16, 20), hinted=False)
        first = train(warehouse)
        kept = dict(read_evidence(warehouse, HEURISTIC, "learned").kept)
        assert (first.outcome, len(kept)) == ("candidate", 10)
        assert "log loss" in first.reason
        review(warehouse, range(20, 60))
        second = train(warehouse, seed=7)
        assert (second.outcome, second.held_out) == ("promoted", 10 + 20)
        assert second.comparison.e_value > first.comparison.e_value


def test_after_a_rollback_new_labels_are_needed(learned: tuple[Warehouse, TrainingReport]) -> None:
    site, first = learned
    answered = rollback(site, "ada", "it missed two")
    assert train(site).outcome == "known"
    review(site, range(LABELS, LABELS + 3))
    again = train(site)
    assert (again.outcome, again.missing, current(site)) == ("too_few", LEAST_HELD_OUT - 3, answered)
    assert first.version != again.version


def test_a_label_that_was_taken_back_is_no_evidence(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "back.duckdb") as warehouse:
        promote(warehouse, HEURISTIC, "ada")
        review(warehouse, range(16))
        review(warehouse, range(16, 20), hinted=False)
        first = train(warehouse)
        undo(warehouse, f"{18:06d}", "reviewer 4")
        review(warehouse, range(20, 23))
        assert train(warehouse).held_out == first.held_out - 1 + 3


def test_what_is_kept_is_kept_whole_or_not_at_all(site: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("rca.review.training.promote", fails)
    with pytest.raises(OSError, match="full"):
        train(site)
    assert (all_versions(site), events(site), current(site)) == ([], [], FIRST)
    assert not read_evidence(site, FIRST, "learned").spent
    monkeypatch.undo()
    assert train(site).outcome == "promoted"


@pytest.mark.parametrize("flood", [40, 120])
def test_one_account_takes_nothing_down_and_lifts_nothing_up(tmp_path: Path, flood: int) -> None:
    """The site's people find the current ranker right; somebody confirms in many later incidents what it holds last."""
    with Warehouse(tmp_path / "flood.duckdb") as warehouse:
        promote(warehouse, HEURISTIC, "ada")
        review(warehouse, range(40), hinted=False)
        review(warehouse, range(100, 100 + flood), reviewers=1)
        report = train(warehouse)
        assert report.outcome == "candidate"
        assert "without the labels of" in report.reason or "log loss" in report.reason
        assert current(warehouse) == HEURISTIC
