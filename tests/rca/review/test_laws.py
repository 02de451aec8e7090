"""Laws of the log, for whatever is said in whatever order."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from rca.review import resolve
from schemas.feedback import Feedback
from tests.rca.review.said import AMOUNT, COUNTRY, said, taken_back

REVIEWERS = ("ana", "bo", "cy")
VERDICTS = ("confirmed", "contributing", "rejected", "cant_tell")


@st.composite
def records(
    draw: st.DrawFn, reviewers: tuple[str, ...] = ("ana", "bo", "cy"), *, rulings: bool = True
) -> list[Feedback]:
    """Return a log of one or two incidents; each record a minute after the one before."""
    out: list[Feedback] = []
    for minute in range(draw(st.integers(0, 12))):
        kinds = ["verdict", "missing", "no_fault", *(["adjudication", "gold", "undo"] if rulings else [])]
        kind = draw(st.sampled_from(kinds))
        who, incident = draw(st.sampled_from(reviewers)), draw(st.sampled_from(["inc-1", "inc-2"]))
        mine = [each for each in out if each.reviewer == who and each.kind != "undo"]
        mine = [each for each in mine if each.id not in {one.reverts for one in out}]
        if kind == "undo":
            if mine:
                out.append(taken_back(minute, draw(st.sampled_from(mine))))
            continue
        cause = draw(st.sampled_from([AMOUNT, COUNTRY]))
        verdict = draw(st.sampled_from(VERDICTS if kind != "adjudication" else VERDICTS[:3]))
        if kind in {"no_fault", "missing"} or (kind == "adjudication" and draw(st.booleans())):
            verdict = None
        more = {"kind": "verdict" if kind == "gold" else kind, "gold": kind == "gold", "incident": incident}
        words = kind == "missing" and draw(st.booleans())
        shown = {"rank": 1 if cause is AMOUNT else 2} if kind == "verdict" else {}
        comment = "a loose cable" if words else ""
        out.append(said(minute, who, verdict, None if words else cause, comment=comment, **shown, **more))
    return out


@given(records(), records(), st.data())
def test_taking_back_restores_exactly_what_was_settled_before(log, later, data) -> None:
    """Also when others spoke in between: as if the record had never been."""
    numbers = count(1000)
    more = [each.model_copy(update={"id": f"later-{next(numbers)}"}) for each in later if each.kind != "undo"]
    taken = data.draw(records().filter(lambda each: any(one.kind != "undo" for one in each)))
    first = next(each for each in taken if each.kind != "undo").model_copy(update={"id": "taken"})
    assert resolve([*log, first, *more, taken_back(5000, first)]) == resolve([*log, *more])


@given(records(rulings=False), st.randoms())
def test_the_order_of_different_reviewers_does_not_matter(log, random) -> None:
    """Only that of one's own records does: shuffled as a deck of one pile for each reviewer."""
    piles = {name: [each for each in log if each.reviewer == name] for name in REVIEWERS}
    names = [each.reviewer for each in log]
    random.shuffle(names)
    assert resolve([piles[name].pop(0) for name in names]) == resolve(log)


@given(records())
def test_every_cause_is_settled_or_disputed_or_undecided_once(log) -> None:
    for incident in resolve(log):
        causes = [label.cause for label in (*incident.labels, *incident.disputed, *incident.undecided)]
        assert len(causes) == len(set(causes))
        assert all(label.verdict != "cant_tell" for label in incident.labels)
        assert not any(label.positive for label in incident.labels) or not incident.no_fault
        for label in (*incident.labels, *incident.disputed, *incident.undecided):
            assert label.reviewers
            assert not set(label.reviewers) & set(label.dissenting)
            assert set(label.ruled_by) <= set(label.reviewers)


@given(records(reviewers=("ana",)))
def test_a_single_reviewer_disputes_nothing(log) -> None:
    assert all(incident.disputed == () for incident in resolve(log))


@given(records())
def test_saying_the_same_again_changes_only_when_it_was_said(log) -> None:
    plain = [each for each in log if each.kind != "undo"]
    again = [each.model_copy(update={"id": f"again-{each.id}"}) for each in plain[-1:]]
    assert resolve([*plain, *again]) == resolve(plain)
