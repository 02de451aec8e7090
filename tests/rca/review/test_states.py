from hypothesis import given

from rca.review import record_states, resolve
from tests.rca.review.said import COUNTRY, said, taken_back
from tests.rca.review.test_laws import records


def states(*log):
    return list(record_states(log).values())


def test_what_became_of_each_record_is_said():
    first = said(1, "ana", "confirmed")
    assert states(first) == ["holds"]
    assert states(first, taken_back(2, first)) == ["taken_back", "undo"]
    assert states(first, said(2, "ana", "rejected")) == ["replaced", "holds"]
    assert states(first, said(2, "bo", "rejected"), said(3, "di", "rejected", COUNTRY)) == [
        "disputed",
        "disputed",
        "holds",
    ]
    ruling = said(4, "cy", "confirmed", kind="adjudication")
    assert states(first, said(2, "bo", "rejected"), said(3, "di"), ruling) == [
        "holds",
        "overruled",
        "overruled",
        "holds",
    ]


@given(records())
def test_states_tell_of_every_record_and_agree_with_what_is_settled(log):
    found = record_states(log)
    assert set(found) == {each.id for each in log}
    disputed = {one.incident for one in resolve(log) if one.disputed}
    assert {each.incident for each in log if found[each.id] == "disputed"} == disputed
