import pytest

from rankers import heuristic
from rankers.model import Model, TamperedModel
from rca.errors import InputError, UnknownName
from rca.review.registry import (
    BUILT_IN,
    HEURISTIC,
    all_versions,
    current,
    events,
    load,
    promote,
    registered,
    rollback,
)
from rca.warehouse import Warehouse
from tests.rca.review.rankers import FIRST, NOON, kept, small_model, tamper


def states(warehouse: Warehouse) -> dict[str, str]:
    return {each.version: each.state for each in all_versions(warehouse)}


def test_nothing_was_learned_at_first(warehouse: Warehouse) -> None:
    assert all_versions(warehouse) == []
    assert current(warehouse) == FIRST
    assert load(warehouse, HEURISTIC) == Model(heuristic.VERSION)


def test_a_kept_ranker_comes_back_and_does_not_answer_yet(warehouse: Warehouse) -> None:
    kept(warehouse, "site-1")
    (found,) = all_versions(warehouse)
    assert (found.version, found.at, found.parent, found.state) == ("site-1", NOON, FIRST, "candidate")
    assert (found.training_hash, found.incidents, found.figures) == ("hash of site-1", ("a", "b"), {"ac1": 0.5})
    assert current(warehouse) == FIRST
    assert load(warehouse, "site-1").to_json() == small_model("site-1").to_json()
    assert [(e.version, e.what) for e in events(warehouse)] == [("site-1", "kept")]


@pytest.mark.parametrize("name", ["site-1", *BUILT_IN])
def test_a_name_is_given_once(warehouse: Warehouse, name: str) -> None:
    kept(warehouse, "site-1")
    with pytest.raises(InputError, match="already"):
        kept(warehouse, name)
    assert len(all_versions(warehouse)) == len(events(warehouse)) == 1


def test_promotions_put_one_above_the_other_and_rollbacks_take_them_off(warehouse: Warehouse) -> None:
    for hours, version in enumerate(("site-1", "site-2")):
        promote(warehouse, kept(warehouse, version, hours=hours), "ada")
    assert current(warehouse) == "site-2"
    assert states(warehouse) == {"site-2": "current", "site-1": "retired"}
    assert rollback(warehouse, "ada", "it missed two") == current(warehouse) == "site-1"
    assert states(warehouse) == {"site-2": "retired", "site-1": "current"}
    assert [rollback(warehouse, "ada") for _ in BUILT_IN] == [*reversed(BUILT_IN)]
    assert states(warehouse) == {"site-2": "retired", "site-1": "retired"}
    with pytest.raises(InputError, match="before the heuristic"):
        rollback(warehouse, "ada")
    assert [(e.what, e.who, e.reason) for e in events(warehouse, "site-1")][-1] == (
        "rolled_back",
        "ada",
        "it missed two",
    )


def test_the_log_outlives_the_process(database) -> None:
    with Warehouse(database) as warehouse:
        promote(warehouse, kept(warehouse, "site-1"), "ada")
    with Warehouse(database) as warehouse:
        assert current(warehouse) == "site-1"
        promote(warehouse, HEURISTIC, "ada", reason="to compare")
        assert (current(warehouse), rollback(warehouse, "ada")) == (HEURISTIC, "site-1")


def test_one_that_was_measured_to_be_worse_is_not_promoted(warehouse: Warehouse) -> None:
    kept(warehouse, "site-1", not_worse=False)
    with pytest.raises(InputError, match="not measured to be at least as good") as refused:
        promote(warehouse, "site-1", "ada")
    assert "--force" in str(refused.value)
    with pytest.raises(InputError, match="needs a reason"):
        promote(warehouse, "site-1", "ada", force=True, reason="  ")
    assert current(warehouse) == FIRST
    promote(warehouse, "site-1", "ada", force=True, reason="the labels it was measured on were wrong")
    assert current(warehouse) == "site-1"
    assert events(warehouse)[-1].reason == registered(warehouse, "site-1").reason
    assert "labels" in events(warehouse)[-1].reason


def test_an_unknown_one_is_named_with_those_that_are_near(warehouse: Warehouse) -> None:
    kept(warehouse, "site-1")
    for act in (load, registered, lambda w, v: promote(w, v, "ada")):
        with pytest.raises(UnknownName, match="'site-1'"):
            act(warehouse, "site-2")


def test_a_tampered_document_is_refused_once_and_for_all(warehouse: Warehouse) -> None:
    promote(warehouse, kept(warehouse, "site-1"), "ada")
    tamper(warehouse, "site-1")
    for _ in range(2):
        with pytest.raises(TamperedModel):
            load(warehouse, "site-1")
    assert states(warehouse) == {"site-1": "refused"}
    assert [e.what for e in events(warehouse)] == ["kept", "promoted", "refused"]
    with pytest.raises(InputError, match="cannot be used"):
        promote(warehouse, "site-1", "ada")


def test_a_refused_one_is_replaced_when_it_is_learned_again(warehouse: Warehouse) -> None:
    promote(warehouse, kept(warehouse, "site-1"), "ada")
    tamper(warehouse, "site-1")
    with pytest.raises(TamperedModel):
        load(warehouse, "site-1")
    kept(warehouse, "site-1")
    assert states(warehouse) == {"site-1": "candidate"}
    assert load(warehouse, "site-1") == small_model("site-1")


def test_a_document_under_another_name_is_refused(warehouse: Warehouse) -> None:
    kept(warehouse, "site-1")
    warehouse.connection.execute("UPDATE rankers SET version = 'site-2'")
    with pytest.raises(TamperedModel, match="calls itself site-1"):
        load(warehouse, "site-2")


def test_a_rollback_passes_over_what_cannot_be_read(warehouse: Warehouse) -> None:
    for hours, version in enumerate(("site-1", "site-2", "site-3")):
        promote(warehouse, kept(warehouse, version, hours=hours), "ada")
    tamper(warehouse, "site-2")
    assert rollback(warehouse, "ada") == "site-1"
    assert rollback(warehouse, "ada") == FIRST


def test_what_fails_half_way_leaves_nothing(warehouse: Warehouse) -> None:
    def write_and_fail() -> None:
        with warehouse.transaction():
            warehouse.connection.execute("DELETE FROM rankers")
            raise KeyError("half way")

    kept(warehouse, "site-1")
    with pytest.raises(KeyError):
        write_and_fail()
    assert states(warehouse) == {"site-1": "candidate"}


def test_a_rollback_returns_to_another_one(warehouse: Warehouse) -> None:
    promote(warehouse, kept(warehouse, "site-1"), "ada")
    with pytest.raises(InputError, match="site-1 answers already"):
        promote(warehouse, "site-1", "ada")
    warehouse.connection.execute(
        "INSERT INTO ranker_events (version, noted_at, what, who, reason) VALUES ('site-1', now(), 'promoted', '', '')"
    )
    assert rollback(warehouse, "ada") == FIRST == current(warehouse)


def test_what_was_compared_with_another_is_not_promoted_without_force(warehouse: Warehouse) -> None:
    kept(warehouse, "site-1", against=HEURISTIC)
    with pytest.raises(InputError, match="at least as good as the current ranker, pretrained"):
        promote(warehouse, "site-1", "ada")
    promote(warehouse, HEURISTIC, "ada")
    promote(warehouse, "site-1", "ada")
    assert current(warehouse) == "site-1"
