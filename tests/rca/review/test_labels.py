"""What of a log is settled, case by case."""

import pytest

from rca.review import resolve
from tests.rca.review.said import AMOUNT, COUNTRY, START, said, taken_back


def only(*records):
    (incident,) = resolve(records)
    return incident


def verdicts(incident):
    return {label.cause: label.verdict for label in incident.labels}


def test_an_empty_log_settles_nothing():
    assert resolve([]) == ()


def test_a_verdict_is_settled_with_what_was_shown():
    shown = {"rank": 2, "score": 0.4, "explored": True, "seconds": 3.0, "comment": "a cent feed"}
    incident = only(said(7, "ana", "confirmed", **shown))
    (label,) = incident.labels
    assert (label.cause, label.verdict, label.reviewers) == (AMOUNT.key, "confirmed", ("ana",))
    assert (label.rank, label.score, label.explored, label.comments) == (2, 0.4, True, ("a cent feed",))
    assert (incident.incident, incident.analysis, incident.gold) == ("inc-42", "a" * 32, False)
    assert (incident.at - START).total_seconds() == 7 * 60


def test_a_later_verdict_of_the_same_account_replaces_the_earlier():
    incident = only(said(1, "Ana", "confirmed"), said(2, " ana ", "rejected"))
    assert verdicts(incident) == {AMOUNT.key: "rejected"}
    assert incident.labels[0].reviewers == ("ana",)


def test_two_reviewers_who_differ_are_a_dispute_that_an_adjudication_settles():
    records = [said(1, "ana", "confirmed"), said(2, "bo", "rejected")]
    disputed = only(*records)
    assert (disputed.labels, [label.cause for label in disputed.disputed]) == ((), [AMOUNT.key])
    (label,) = only(*records, said(3, "cy", "rejected", kind="adjudication")).labels
    assert (label.verdict, label.reviewers, label.dissenting, label.ruled_by) == (
        "rejected",
        ("bo", "cy"),
        ("ana",),
        ("cy",),
    )


@pytest.mark.parametrize(("verdict", "disputed"), [("confirmed", True), ("rejected", False)])
def test_a_verdict_after_an_adjudication_opens_the_case_again_only_if_it_differs(verdict, disputed):
    records = [
        said(1, "ana", "confirmed"),
        said(2, "bo", "rejected"),
        said(3, "cy", "rejected", kind="adjudication"),
        said(4, "di", verdict),
    ]
    incident = only(*records)
    assert bool(incident.disputed) == disputed
    assert bool(incident.labels) != disputed


def test_who_cannot_tell_disputes_nothing_and_settles_nothing():
    alone = only(said(1, "ana", "cant_tell"))
    assert (alone.labels, [label.verdict for label in alone.undecided]) == ((), ["cant_tell"])
    assert verdicts(only(said(1, "ana", "cant_tell"), said(2, "bo", "confirmed"))) == {AMOUNT.key: "confirmed"}


def test_two_causes_can_both_be_right():
    incident = only(said(1, "ana", "confirmed"), said(2, "bo", "contributing", COUNTRY))
    assert verdicts(incident) == {AMOUNT.key: "confirmed", COUNTRY.key: "contributing"}


def test_no_fault_is_settled():
    incident = only(said(1, "ana"))
    assert incident.no_fault
    assert verdicts(incident) == {None: "confirmed"}


@pytest.mark.parametrize("kind", ["verdict", "missing"])
@pytest.mark.parametrize("fault_first", [True, False])
def test_no_fault_against_a_cause_of_somebody_else_is_a_dispute(kind, fault_first):
    fault = said(1 if fault_first else 3, "ana", "confirmed" if kind == "verdict" else None, kind=kind)
    incident = only(*sorted((fault, said(2, "bo")), key=lambda each: each.at))
    assert {label.cause for label in incident.disputed} == {None, AMOUNT.key}
    assert incident.labels == ()


def test_no_fault_and_a_rejected_cause_agree():
    incident = only(said(1, "ana"), said(2, "bo", "rejected"))
    assert verdicts(incident) == {None: "confirmed", AMOUNT.key: "rejected"}


def test_who_changes_their_mind_about_there_being_a_fault_holds_the_last_only():
    assert verdicts(only(said(1, "ana"), said(2, "ana", "confirmed"))) == {AMOUNT.key: "confirmed"}
    back = only(said(1, "ana", "confirmed"), said(2, "ana", "rejected", COUNTRY), said(3, "ana"))
    assert verdicts(back) == {COUNTRY.key: "rejected", None: "confirmed"}


@pytest.mark.parametrize("fault", [True, False])
def test_an_adjudication_settles_whether_there_was_a_fault(fault):
    ruling = said(4, "cy", "confirmed" if fault else None, kind="adjudication")
    incident = only(said(1, "ana", "confirmed"), said(2, "bo"), said(3, "di", "rejected", COUNTRY), ruling)
    assert incident.disputed == ()
    assert verdicts(incident) == {AMOUNT.key if fault else None: "confirmed", COUNTRY.key: "rejected"}
    label = next(label for label in incident.labels if label.cause != COUNTRY.key)
    assert (label.reviewers, label.dissenting) == ((("ana", "cy"), ("bo",)) if fault else (("bo", "cy"), ("ana",)))


def test_a_missing_cause_counts_as_confirmed_and_is_told_apart():
    incident = only(said(1, "ana", kind="missing"), said(2, "ana", "rejected", COUNTRY, rank=1))
    assert [(label.cause, label.verdict) for label in incident.missing] == [(AMOUNT.key, "confirmed")]
    assert len(incident.labels) == 2


def test_a_missing_cause_in_words_trains_nothing_but_contradicts_no_fault():
    words = said(1, "ana", cause=None, kind="missing", comment="a loose cable")
    assert only(words).unnamed == ("a loose cable",)
    assert only(words).labels == ()
    assert [label.cause for label in only(words, said(2, "bo")).disputed] == [None]


@pytest.mark.parametrize(
    ("parts", "considered"),
    [
        ({"rank": 1}, False),
        ({"rank": 1, "seconds": 2.0, "opened": False}, False),
        ({"rank": 1, "seconds": 10.0}, True),
        ({"rank": 1, "opened": True}, True),
        ({"rank": 2}, True),
    ],
)
def test_accepting_the_first_cause_at_once_is_not_considered(parts, considered):
    (label,) = only(said(1, "ana", "confirmed", **parts)).labels
    assert label.considered == considered


def test_rejecting_the_first_cause_is_considered():
    (label,) = only(said(1, "ana", "rejected", rank=1)).labels
    assert label.considered


@pytest.mark.parametrize("later", [True, False])
def test_in_the_gold_set_gold_has_the_last_word(later):
    gold = said(2, "gold", "confirmed", gold=True)
    incident = only(*sorted((gold, said(3 if later else 1, "mal", "rejected")), key=lambda each: each.at))
    (label,) = incident.labels
    assert incident.gold
    assert (label.verdict, label.dissenting, label.ruled_by) == ("confirmed", ("mal",), ("gold",))


def test_two_gold_records_that_differ_are_a_dispute():
    incident = only(said(1, "ana", "confirmed", gold=True), said(2, "bo", "rejected", gold=True))
    assert [label.cause for label in incident.disputed] == [AMOUNT.key]


def test_taking_an_adjudication_back_restores_the_dispute():
    records = [said(1, "ana", "confirmed"), said(2, "bo", "rejected"), said(3, "cy", "rejected", kind="adjudication")]
    assert only(*records, taken_back(4, records[2])) == only(*records[:2])


def test_incidents_come_in_the_order_in_which_they_were_last_judged():
    records = [
        said(5, "ana", "confirmed", incident="b"),
        said(1, "ana", "confirmed", incident="c"),
        said(3, "ana", "confirmed", incident="a"),
    ]
    assert [one.incident for one in resolve(records)] == ["c", "a", "b"]


@pytest.mark.parametrize("gold", [False, True])
def test_who_cannot_tell_changes_nothing_that_trains(gold):
    """Neither which answer is meant, nor when it settled, nor that it trains at all."""
    first = said(1, "ana", "confirmed")
    before = only(first, said(2, "bo", "rejected", COUNTRY))
    doubt = said(9, "mal", "cant_tell", COUNTRY, analysis="b" * 32, gold=gold)
    after = only(first, said(2, "bo", "rejected", COUNTRY), doubt)
    assert after == before
    elsewhere = said(9, "mal", "cant_tell", AMOUNT, analysis="b" * 32, gold=gold)
    assert only(first, said(2, "bo", "rejected", COUNTRY), elsewhere) == before


def test_saying_it_again_does_not_make_it_later():
    first = said(1, "ana", "confirmed")
    again = only(first, said(50, "ana", "confirmed"), said(60, "bo", "confirmed"))
    assert again.at == first.at
    assert only(first, said(50, "ana", "rejected")).at > first.at
