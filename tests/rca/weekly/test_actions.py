"""Action items are specific, owned, dated and verified."""

from datetime import date, timedelta

import pytest

from rca.errors import Conflict, InputError, UnknownName
from rca.weekly import action, actions, add_action, edit_action, move_action
from schemas.feedback import NamedCause
from tests.rca.weekly.site import AFTER, MONDAY, happen

CAUSE = NamedCause(family="data_quality", node="payments-feed", subject="amount")
TITLE = "Add a range check on amount to the feed's contract"


def added(site, **parts):
    given = {"title": TITLE, "owner": "payments", "due": date(2026, 12, 1), "who": "ana", "at": MONDAY} | parts
    return add_action(site, given.pop("title"), given.pop("who"), given.pop("at"), **given)


def test_an_action_goes_from_open_to_verified(site):
    item = added(site, cause=CAUSE)
    assert (item.state, item.owner, item.overdue) == ("open", "payments", False)
    with pytest.raises(Conflict, match="say first that it was done"):
        move_action(site, item.id, "verified", "bo", AFTER, comment="x")
    assert move_action(site, item.id, "done", "bo", AFTER).done_at == AFTER
    with pytest.raises(InputError, match="say how it was checked"):
        move_action(site, item.id, "verified", "bo", AFTER)
    found = move_action(site, item.id, "verified", "bo", AFTER, comment="replayed the bad day: refused")
    assert (found.state, found.verified_by, found.comment) == (
        "verified_effective",
        "bo",
        "replayed the bad day: refused",
    )
    assert move_action(site, item.id, "reopened", "bo", AFTER).done_at is None


def test_what_an_action_was_to_prevent_and_still_happened_is_counted(site):
    item = added(site, cause=CAUSE)
    happen(site, "before", MONDAY, cause="amount")
    move_action(site, item.id, "done", "bo", MONDAY + timedelta(days=1))
    for days in (2, 3):
        happen(site, f"after{days}", MONDAY + timedelta(days=days), cause="amount")
    assert action(site, item.id, AFTER).recurred == 2


def test_what_is_late_is_said(site):
    added(site)
    (item,) = actions(site, AFTER + timedelta(days=30))
    assert item.overdue


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"title": "fix it"}, "does not say what is to be done"),
        ({"owner": " "}, "has an owner"),
        ({"due": date(2020, 1, 1)}, "is past"),
        ({"incident": "nowhere"}, "unknown incident"),
        ({"who": ""}, "name"),
        ({"title": "x " * 600}, "characters long"),
    ],
)
def test_an_action_that_is_not_specific_owned_and_dated_is_refused(site, parts, what):
    with pytest.raises(InputError, match=what):
        added(site, **parts)
    assert actions(site, AFTER) == ()


def test_actions_are_edited_filtered_and_ordered_by_their_day(site):
    first = added(site)
    second = added(site, due=date(2026, 11, 20), owner="Data")
    assert [each.id for each in actions(site, MONDAY)] == [second.id, first.id]
    assert [each.id for each in actions(site, MONDAY, owner="data")] == [second.id]
    edited = edit_action(site, first.id, {"due": date(2026, 11, 18), "cause": CAUSE}, "bo", MONDAY)
    assert (edited.due, edited.cause) == (date(2026, 11, 18), CAUSE)
    move_action(site, first.id, "dropped", "bo", AFTER, comment="the feed is retired")
    assert [each.id for each in actions(site, MONDAY, state="dropped")] == [first.id]
    with pytest.raises(InputError, match="cannot be edited"):
        edit_action(site, first.id, {"state": "done"}, "bo", MONDAY)
    with pytest.raises(InputError, match="is no day"):
        edit_action(site, first.id, {"due": "soon"}, "bo", MONDAY)
    with pytest.raises(UnknownName, match="unknown action"):
        move_action(site, "act-99", "done", "bo", AFTER)
