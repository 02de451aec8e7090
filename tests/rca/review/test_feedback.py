"""The log in a database: what is filled in, what is refused and how that is said, and that nothing is ever lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rca.errors import InputError, UnknownName
from rca.review import adjudicate, history, read_feedback, record, settled, undo
from rca.warehouse import Warehouse
from schemas.feedback import LONGEST_COMMENT, Feedback
from tests.rca.review.conftest import Keep, of_incident, open_memory
from tests.rca.review.said import AMOUNT, COUNTRY
from tests.samples import analysis

UNTRUSTED = [
    "[bold red]markup[/] <script>alert(1)</script>",
    "quotes ' \" ` ; DROP TABLE feedback; --",
    "control \x1b[31m \x00 \x07 \u202e characters",
    "наблюдатель 審査員 👩\u200d🔬",
]


def verdict(cause=AMOUNT, said="confirmed", **parts) -> Feedback:
    return read_feedback(**({"reviewer": "ana", "incident": "inc-42", "cause": cause, "verdict": said} | parts))


def missing(cause=None, **parts) -> Feedback:
    return verdict(cause, None, kind="missing", **parts)


def test_what_was_shown_is_filled_in_from_the_kept_answer(warehouse: Warehouse, kept: str) -> None:
    said = record(warehouse, verdict(COUNTRY, "rejected", seconds=4.5, opened=True))
    assert (said.analysis, said.rank, said.score, said.ranker_version) == (kept, 2, 0.08, "1")
    assert (said.seconds, said.opened) == (4.5, True)
    assert history(warehouse) == (said,)


def test_what_was_shown_in_another_order_is_kept_as_shown(warehouse: Warehouse, kept: str) -> None:
    said = record(warehouse, verdict(rank=3, explored=True, analysis=kept))
    assert (said.rank, said.score, said.explored) == (3, 0.81, True)


def test_the_latest_answer_is_meant_unless_another_is_named(warehouse: Warehouse, keep: Keep) -> None:
    old, new = keep(analysis()), keep(analysis(none_of_these=0.5))
    assert record(warehouse, verdict()).analysis == new
    assert record(warehouse, verdict(analysis=old)).analysis == old


def test_records_are_on_disk_when_they_are_acknowledged(warehouse: Warehouse, kept: str, database) -> None:
    said = record(warehouse, verdict(analysis=kept))
    warehouse.close()
    with Warehouse(database) as again:
        assert history(again) == (said,)


def test_the_same_record_again_changes_nothing(warehouse: Warehouse, kept: str) -> None:
    asked = verdict(analysis=kept)
    assert record(warehouse, asked) == record(warehouse, asked)
    assert len(history(warehouse)) == 1


def test_an_id_that_says_something_else_is_refused(warehouse: Warehouse, kept: str) -> None:
    first = record(warehouse, verdict(analysis=kept))
    with pytest.raises(InputError, match="says something else; give it another id"):
        record(warehouse, verdict(said="rejected", id=first.id))
    assert history(warehouse) == (first,)


def test_what_is_taken_back_is_kept_by_its_whole_id_and_of_its_incident(warehouse: Warehouse, keep: Keep) -> None:
    keep(of_incident("inc-1"))
    keep(of_incident("inc-2"))
    first = record(warehouse, verdict(incident="inc-1"))
    with pytest.raises(InputError, match="is of incident 'inc-1'; take it back there"):
        record(warehouse, verdict(None, None, kind="undo", reverts=first.id, incident="inc-2"))
    back = record(warehouse, verdict(None, None, kind="undo", reverts=first.id[:6], incident="inc-1"))
    assert back.reverts == first.id
    assert settled(warehouse) == ()


def test_the_log_of_one_incident_is_its_own(warehouse: Warehouse, keep: Keep) -> None:
    keep(of_incident("inc-1"))
    keep(of_incident("inc-2"))
    for name in ("inc-1", "inc-2", "inc-1"):
        record(warehouse, verdict(incident=name))
    assert len(history(warehouse, "inc-1")) == 2
    assert history(warehouse, "inc-3") == ()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("said", "told"),
    [
        (verdict(incident="inc-24"), "unknown incident 'inc-24'; did you mean 'inc-42'"),
        (verdict(AMOUNT.model_copy(update={"subject": "amounts"})), "did you mean 'data_quality/payments-feed/amount'"),
        (verdict(analysis="b" * 32), "unknown analysis"),
        (missing(AMOUNT), "is listed as number 1; give it a verdict"),
        (missing(AMOUNT.model_copy(update={"family": "data_qualty"})), "did you mean 'data_quality'"),
        (missing(AMOUNT.model_copy(update={"node": "payment-feed"})), "did you mean 'payments-feed'"),
        (verdict(None, None, kind="undo", reverts="c" * 32), "unknown record"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest(warehouse: Warehouse, said: Feedback, told: str) -> None:
    with pytest.raises(InputError, match=told):
        record(warehouse, said)
    assert history(warehouse) == ()


def test_an_answer_of_another_incident_is_refused(warehouse: Warehouse, keep: Keep, kept: str) -> None:
    keep(of_incident("inc-1"))
    with pytest.raises(InputError, match="is of incident 'inc-42', not 'inc-1'"):
        record(warehouse, verdict(incident="inc-1", analysis=kept))


def test_a_verdict_needs_a_kept_answer_and_the_rest_does_not(warehouse: Warehouse) -> None:
    warehouse.connection.execute("INSERT INTO incidents VALUES ('inc-42', '{}')")
    with pytest.raises(InputError, match="make one: rca analyze --db"):
        record(warehouse, verdict())
    assert record(warehouse, missing(COUNTRY)).analysis is None
    assert record(warehouse, verdict(None, None, kind="no_fault")).analysis is None


@pytest.mark.usefixtures("kept")
def test_a_missing_cause_may_be_a_declared_node_or_words(warehouse: Warehouse) -> None:
    named = AMOUNT.model_copy(update={"node": "approvals", "subject": None})
    assert record(warehouse, missing(named)).rank is None
    assert record(warehouse, missing(comment="a loose cable")).cause is None
    (incident,) = settled(warehouse)
    assert [label.cause for label in incident.missing] == [named.key]


@pytest.mark.usefixtures("kept")
def test_one_takes_back_what_is_ones_own_once(warehouse: Warehouse) -> None:
    said = record(warehouse, verdict())
    with pytest.raises(InputError, match="is ana's, and only they can take it back; give your own verdict"):
        undo(warehouse, said.id, "bo")
    back = undo(warehouse, said.id[:8], "ANA ")
    assert (back.kind, back.reverts, back.incident, back.analysis) == ("undo", said.id, "inc-42", said.analysis)
    assert settled(warehouse) == ()
    with pytest.raises(InputError, match=r"was taken back on .* UTC; say again"):
        undo(warehouse, said.id, "ana")
    with pytest.raises(InputError, match="is itself an undo; say again"):
        undo(warehouse, back.id, "ana")
    assert history(warehouse) == (said, back)


@pytest.mark.usefixtures("kept")
def test_too_short_an_id_names_no_record(warehouse: Warehouse) -> None:
    said = record(warehouse, verdict())
    with pytest.raises(UnknownName, match=said.id):
        undo(warehouse, said.id[:5], "ana")


@pytest.mark.usefixtures("kept")
def test_an_adjudication_settles_a_listed_or_a_named_cause_or_that_there_was_no_fault(warehouse: Warehouse) -> None:
    named = AMOUNT.model_copy(update={"subject": "currency"})
    with pytest.raises(UnknownName, match="did you mean"):
        adjudicate(warehouse, "inc-42", "cy", cause=named, verdict="confirmed")
    record(warehouse, missing(named))
    assert adjudicate(warehouse, "inc-42", "cy", cause=named, verdict="rejected").rank is None
    assert adjudicate(warehouse, "inc-42", "cy", cause=COUNTRY, verdict="rejected").rank == 2
    adjudicate(warehouse, "inc-42", "cy")
    (incident,) = settled(warehouse)
    assert incident.no_fault


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("text", UNTRUSTED)
def test_untrusted_text_is_kept_as_it_is(warehouse: Warehouse, text: str) -> None:
    said = record(warehouse, verdict(reviewer=text, comment=text * 200))
    assert history(warehouse) == (said,)
    assert history(warehouse)[0].comment == text * 200


PARTS = {"reviewer": "ana", "incident": "inc-42"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, "a verdict needs a cause"),
        ({"cause": AMOUNT}, "a verdict is one of confirmed"),
        ({"cause": AMOUNT, "verdict": "maybe"}, "verdict: Input should be 'confirmed'"),
        ({"kind": "missing", "cause": AMOUNT, "verdict": "confirmed"}, "leave out the verdict"),
        ({"kind": "missing", "comment": " \n "}, "a comment that says what it was"),
        ({"kind": "no_fault", "cause": AMOUNT}, "leave out cause and verdict"),
        ({"kind": "undo"}, "says in reverts which record"),
        ({"kind": "undo", "reverts": "x", "cause": AMOUNT}, "takes a whole record back"),
        ({"kind": "adjudication", "cause": AMOUNT}, "an adjudication gives a cause its verdict"),
        ({"kind": "adjudication", "cause": AMOUNT, "verdict": "cant_tell"}, "an adjudication settles"),
        ({"kind": "no_fault", "reverts": "x"}, "no_fault takes nothing back"),
        ({"cause": AMOUNT, "verdict": "confirmed", "explored": True}, "explored needs rank"),
        ({"cause": AMOUNT, "verdict": "confirmed", "seconds": -1}, "seconds: .*greater than or equal to 0"),
        ({"cause": AMOUNT, "verdict": "confirmed", "seconds": float("nan")}, "seconds: .*finite"),
        ({"cause": {"family": "x"}, "verdict": "confirmed"}, "cause.node: Field required"),
        ({"kind": "no_fault", "reviewer": " \t"}, "a name that can be seen"),
        ({"kind": "no_fault", "reviewer": "\u200b"}, "a name that can be seen"),
        ({"kind": "no_fault", "reviewer": "\udce4"}, "reviewer: .*unicode"),
        ({"kind": "no_fault", "comment": "x" * (LONGEST_COMMENT + 1)}, "comment: .*20000"),
        ({"kind": "no_fault", "surprise": 1}, "surprise: Extra"),
    ],
)
def test_parts_that_do_not_go_together_are_refused_with_a_mend(parts, told) -> None:
    with pytest.raises(InputError, match=told):
        read_feedback(**(PARTS | parts))


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        verdict().comment = "something else"


KINDS = st.sampled_from(["verdict", "missing", "no_fault", "undo", "adjudication"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(KINDS, st.sampled_from(["ana", "bo"]), st.integers(0, 20)), max_size=8))
def test_the_log_only_grows(steps: list[tuple[str, str, int]]) -> None:
    """Whatever is asked, accepted or refused, what was there before stays, in its order and to the letter."""
    with open_memory() as warehouse:
        before: tuple[Feedback, ...] = ()
        for kind, who, place in steps:
            meant = before[place % len(before)].id if before else "nothing"
            asked = {
                "verdict": lambda who=who: record(warehouse, verdict(reviewer=who)),
                "missing": lambda who=who: record(warehouse, missing(reviewer=who, comment="a cable")),
                "no_fault": lambda who=who: record(warehouse, verdict(None, None, kind="no_fault", reviewer=who)),
                "undo": lambda who=who, meant=meant: undo(warehouse, meant, who),
                "adjudication": lambda who=who: adjudicate(warehouse, "inc-42", who),
            }
            try:
                added = (asked[kind](),)
            except InputError:
                added = ()
            after = history(warehouse)
            assert after == (*before, *added)
            before = after


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("taken_back", [False, True])
@pytest.mark.parametrize("how", ["adjudication", "gold", "no fault"])
def test_nobody_settles_what_they_are_part_of(warehouse: Warehouse, how: str, taken_back: bool) -> None:
    record(warehouse, verdict())
    own = record(warehouse, verdict(said="rejected", reviewer="bo"))
    if taken_back:
        undo(warehouse, own.id, "bo")
    rulings = {
        "adjudication": lambda who: adjudicate(warehouse, "inc-42", who, cause=AMOUNT, verdict="rejected"),
        "gold": lambda who: record(warehouse, verdict(said="rejected", reviewer=who, gold=True)),
        "no fault": lambda who: adjudicate(warehouse, "inc-42", who),
    }
    before = history(warehouse)
    for who in ("bo", "\uff22O"):
        with pytest.raises(InputError, match=r"nobody settles what they are part of; ask .* neither ana nor bo"):
            rulings[how](who)
    assert history(warehouse) == before
    assert rulings[how]("cy").reviewer == "cy"


@pytest.mark.usefixtures("kept")
def test_who_said_that_there_was_no_fault_settles_no_cause_and_who_cannot_tell_does(warehouse: Warehouse) -> None:
    record(warehouse, verdict())
    record(warehouse, verdict(None, None, kind="no_fault", reviewer="bo"))
    record(warehouse, verdict(said="cant_tell", reviewer="cy"))
    with pytest.raises(InputError, match="part of"):
        adjudicate(warehouse, "inc-42", "bo", cause=AMOUNT, verdict="rejected")
    with pytest.raises(InputError, match="part of"):
        adjudicate(warehouse, "inc-42", "ana")
    assert adjudicate(warehouse, "inc-42", "cy", cause=AMOUNT, verdict="rejected").kind == "adjudication"
