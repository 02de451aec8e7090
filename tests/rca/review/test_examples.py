from datetime import timedelta

import pytest

from rankers.labelled import Labelled
from rankers.position import Session
from rankers.proposed import Proposed
from rca.review import adjudicate, keep_analysis, record
from rca.review.examples import read_examples, sessions
from rca.warehouse import Warehouse
from schemas.feedback import Feedback, NamedCause
from tests.rca.review.site import START, answer, candidates, review


def judged(warehouse: Warehouse, number: int, verdicts: dict[int, str], reviewer: str = "ada", **parts) -> None:
    """Keep an answer and let a reviewer judge its causes, by their rank."""
    found, _ = candidates(number)
    key = keep_analysis(warehouse, answer(f"inc-{number:04d}", found), Proposed(found, [1.0] * len(found), 1e-9))
    common = {"reviewer": reviewer, "incident": f"inc-{number:04d}", "analysis": key, "seconds": 60}
    for rank, verdict in verdicts.items():
        cause = NamedCause(**dict(zip(("family", "node", "subject"), found[rank - 1].key, strict=True)))
        at = START + timedelta(minutes=number)
        record(warehouse, Feedback(at=at, rank=rank, cause=cause, verdict=verdict, **common, **parts))


def test_a_confirmed_cause_is_the_only_one_possible(warehouse: Warehouse) -> None:
    judged(warehouse, 1, {1: "rejected", 3: "confirmed"})
    (each,) = read_examples(warehouse).training
    assert each.possible.tolist() == [False, False, True, False, False]
    assert each.told


def test_a_rejected_cause_leaves_the_others_possible(warehouse: Warehouse) -> None:
    judged(warehouse, 1, {1: "rejected"})
    (each,) = read_examples(warehouse).training
    assert each.possible.tolist() == [False, True, True, True, True]
    assert not each.told


@pytest.mark.parametrize("parts", [{"kind": "no_fault"}, {"kind": "missing", "comment": "the moon"}])
def test_no_fault_and_a_cause_without_a_name_leave_none_of_them(warehouse: Warehouse, parts: dict[str, str]) -> None:
    judged(warehouse, 1, {1: "rejected"})
    record(warehouse, Feedback(reviewer="ada", incident="inc-0001", **parts))
    (each,) = read_examples(warehouse).training
    assert each.possible.tolist() == [False, False, False, False, True]


def test_a_missing_cause_that_was_proposed_is_right(warehouse: Warehouse) -> None:
    found, _ = candidates(1)
    shown = answer("inc-0001", found[:2])
    keep_analysis(warehouse, shown, Proposed(found, [1.0] * len(found), 1e-9))
    named = NamedCause(family=found[3].family, node=found[3].node, subject=found[3].subject)
    record(warehouse, Feedback(reviewer="ada", incident="inc-0001", kind="missing", cause=named))
    (each,) = read_examples(warehouse).training
    assert each.right.tolist() == [False, False, False, True]


def test_what_is_disputed_or_undecided_does_not_train(warehouse: Warehouse) -> None:
    judged(warehouse, 1, {1: "confirmed"})
    judged(warehouse, 1, {1: "rejected"}, "bob")
    judged(warehouse, 2, {1: "cant_tell"})
    examples = read_examples(warehouse)
    assert (examples.training, examples.unusable) == ((), 2)
    cause = NamedCause(**dict(zip(("family", "node", "subject"), candidates(1)[0][0].key, strict=True)))
    adjudicate(warehouse, "inc-0001", "eve", cause=cause, verdict="confirmed")
    assert [each.incident for each in read_examples(warehouse).training] == ["inc-0001"]


def test_who_reads_how_far_is_seen(warehouse: Warehouse) -> None:
    judged(warehouse, 1, {1: "rejected", 2: "confirmed"})
    judged(warehouse, 1, {1: "cant_tell"}, "bob")
    judged(warehouse, 2, {1: "confirmed"}, gold=True)
    assert sorted(sessions(warehouse), key=str) == sorted(
        [
            Session(4, frozenset({1, 2}), frozenset({2})),
            Session(4, frozenset({1}), frozenset()),
            Session(4, frozenset({1}), frozenset({1})),
        ],
        key=str,
    )
    assert len(sessions(warehouse, {"inc-0002"})) == 2


def test_what_was_confirmed_far_down_weighs_more_within_an_account(warehouse: Warehouse) -> None:
    for number in range(20):
        rank = 3 if number < 4 else 1
        judged(warehouse, number, {rank: "confirmed"}, "ada")
    judged(warehouse, 30, {3: "confirmed"}, "eve")
    found = {each.incident: each.weight for each in read_examples(warehouse).training}
    assert found["inc-0000"] > 1.2 * found["inc-0010"]
    assert sum(weight for name, weight in found.items() if name != "inc-0030") == pytest.approx(20.0)
    assert found["inc-0030"] == pytest.approx(1.0)


def test_an_explored_rank_weighs_as_any(warehouse: Warehouse) -> None:
    for number in range(20):
        judged(warehouse, number, {3 if number < 4 else 1: "confirmed"}, explored=True)
    assert {round(each.weight, 6) for each in read_examples(warehouse).training} == {1.0}


def test_one_account_does_not_outweigh_the_rest(warehouse: Warehouse) -> None:
    review(warehouse, range(60), reviewers=5)
    review(warehouse, range(100, 160), reviewers=1)
    training = read_examples(warehouse).training
    by_one = sum(each.weight for each in training if each.incident >= "inc-0100")
    assert by_one < 0.3 * sum(each.weight for each in training)


def test_nothing_rides_on_the_weight_of_other_labels(warehouse: Warehouse) -> None:
    """A first cause that is accepted unread is worth half; beside a considered label it adds nothing."""
    judged(warehouse, 1, {3: "confirmed"}, "ana")
    judged(warehouse, 2, {3: "confirmed"}, "ana")
    hasty = {"seconds": 1, "opened": False}
    found, _ = candidates(1)
    cause = NamedCause(**dict(zip(("family", "node", "subject"), found[0].key, strict=True)))
    record(
        warehouse,
        Feedback(reviewer="mal", incident="inc-0001", rank=1, cause=cause, verdict="confirmed", **hasty),
    )
    first, second = (each.right.tolist() for each in sorted(read_examples(warehouse).training, key=_name))
    assert first == second == [False, False, True, False]


def _name(each: Labelled) -> str:
    return each.incident


def test_a_missing_cause_in_words_does_not_ride_either(warehouse: Warehouse) -> None:
    judged(warehouse, 1, {1: "rejected"}, "ana")
    record(warehouse, Feedback(reviewer="mal", incident="inc-0001", kind="missing", comment="the moon"))
    (each,) = read_examples(warehouse).training
    assert each.possible.tolist() == [False, True, True, True, True]


def test_names_that_look_alike_are_one_person(warehouse: Warehouse) -> None:
    """Six honest reviewers of ten labels each, and one who gives sixty under names that look the same."""
    review(warehouse, range(60), reviewers=6)
    names = ("mal", "m\u0430l", "m.a l", "MA\uff2c", "m\u00e1l", "ma1", "m\ufe0fal", "m\u3164al")
    for number in range(100, 160):
        judged(warehouse, number, {1: "confirmed"}, names[number % len(names)], opened=True)
    training = read_examples(warehouse).training
    by_one = sum(each.weight for each in training if each.incident >= "inc-0100")
    assert by_one <= 0.21 * sum(each.weight for each in training)
    assert {each.accounts for each in training if each.incident >= "inc-0100"} == {("mal",)}
