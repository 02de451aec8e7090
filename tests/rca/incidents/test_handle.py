"""What may happen to an incident, and what it is afterwards."""

import pytest

from rca.errors import Conflict, InputError, UnknownName
from rca.incidents import (
    alerted,
    close,
    edit,
    handled,
    merge,
    note,
    open_incident,
    reopen,
    split,
    split_off,
    verified,
)
from rca.ingest.documents import load_incidents
from schemas.feedback import NamedCause
from tests.rca.incidents.stories import AT, incident, later


@pytest.fixture
def opened(warehouse):
    return [open_incident(warehouse, incident(name), "ana", AT) for name in ("a", "b", "c")]


def test_an_opened_incident_is_kept_as_a_document_and_an_event(warehouse):
    now = open_incident(warehouse, incident("a", title="AUC fell"), "ana", AT, owner="risk")
    assert (now.state, now.owner, now.opened_at, now.version) == ("open", "risk", AT, 1)
    assert [each.title for each in load_incidents(warehouse)] == ["AUC fell"]
    with pytest.raises(Conflict, match="is there already"):
        open_incident(warehouse, incident("a"), "bo", AT)


def test_an_incident_that_was_only_ingested_is_open_at_version_0(warehouse):
    warehouse.connection.execute("INSERT INTO incidents VALUES ('z', ?)", [incident("z").model_dump_json()])
    now = handled(warehouse, "z")
    assert (now.version, now.state, now.opened_at, now.owner) == (0, "open", AT, None)
    assert close(warehouse, "z", "ana", later(1), expected_version=0).state == "closed"


def test_an_incident_that_is_not_there_is_named(warehouse, opened):
    with pytest.raises(UnknownName, match="unknown incident 'd'"):
        close(warehouse, "d", "ana", AT)


def test_an_edit_changes_the_document_and_keeps_what_was_before(warehouse, opened):
    now = edit(warehouse, "a", {"title": "two", "owner": "bo", "severity": "high"}, "bo", later(1))
    assert (now.incident.title, now.incident.severity, now.owner) == ("two", "high", "bo")
    assert edit(warehouse, "a", {"title": None}, "bo", later(2)).incident.title is None
    details = warehouse.connection.execute("SELECT detail FROM incident_events WHERE what = 'edited'").fetchall()
    assert '"before": {"title": "two"}' in details[1][0]
    assert edit(warehouse, "a", {"title": None}, "bo", later(3)).version == 5, "nothing changed, no event"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"id": "b"}, "'id' cannot be edited"),
        ({"detected_at": "never"}, "detected_at"),
        ({"baseline": ["2026-03-02", "2026-03-01"]}, "baseline must be"),
        ({"node": None}, "node"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_and_changes_nothing(warehouse, opened, changes, what):
    with pytest.raises(InputError, match=what):
        edit(warehouse, "a", changes, "ana", later(1))
    assert handled(warehouse, "a") == opened[0]


def test_who_saw_an_older_version_is_told_so(warehouse, opened):
    edit(warehouse, "a", {"title": "one"}, "ana", later(1), expected_version=1)
    for change in (
        lambda: edit(warehouse, "a", {"title": "two"}, "bo", later(1), expected_version=1),
        lambda: close(warehouse, "a", "bo", later(1), expected_version=1),
        lambda: merge(warehouse, "a", ["b"], "bo", later(1), expected_version=1),
    ):
        with pytest.raises(Conflict, match="at version 4, not 1"):
            change()


def test_merged_incidents_can_be_split_again_and_are_what_they_were(warehouse, opened):
    close(warehouse, "b", "ana", later(1), reason="fixed")
    now = merge(warehouse, "a", ["b", "c"], "bo", later(2), comment="one outage")
    assert now.merged == ("b", "c")
    assert (handled(warehouse, "b").state, handled(warehouse, "b").merged_into) == ("merged", "a")
    assert split(warehouse, "a", ["b"], "bo", later(3)).merged == ("c",)
    back = handled(warehouse, "b")
    assert (back.state, back.merged_into, back.reason) == ("closed", None, "fixed")


def test_merges_do_not_go_in_circles(warehouse, opened):
    merge(warehouse, "a", ["b"], "ana", later(1))
    for into, other in (("b", "a"), ("c", "b")):
        with pytest.raises(Conflict, match="b was merged into a"):
            merge(warehouse, into, [other], "ana", later(2))
    with pytest.raises(InputError, match="into itself"):
        merge(warehouse, "a", ["a"], "ana", later(2))
    with pytest.raises(InputError, match="nothing to merge"):
        merge(warehouse, "a", [], "ana", later(2))
    assert merge(warehouse, "c", ["a"], "ana", later(2)).merged == ("a",)
    with pytest.raises(InputError, match="b is not merged into c"):
        split(warehouse, "c", ["b"], "ana", later(3))


def test_a_merge_of_which_one_part_is_unknown_changes_nothing(warehouse, opened):
    with pytest.raises(UnknownName):
        merge(warehouse, "a", ["b", "nowhere"], "ana", later(1))
    assert handled(warehouse, "b") == opened[1]


def test_a_merged_incident_is_changed_where_it_went(warehouse, opened):
    merge(warehouse, "a", ["b"], "ana", later(1))
    with pytest.raises(Conflict, match="was merged into a; change that one"):
        edit(warehouse, "b", {"title": "x"}, "ana", later(2))


def test_a_part_can_be_split_off_as_an_incident_of_its_own(warehouse, opened):
    part = split_off(warehouse, "a", incident("a2", metric="accuracy"), "ana", later(1), comment="two faults")
    assert (part.state, part.incident.metric) == ("open", "accuracy")
    assert handled(warehouse, "a").version == 5


def test_closing_and_reopening(warehouse, opened):
    closed = close(warehouse, "a", "ana", later(5), reason="feed fixed")
    assert (closed.state, closed.closed_at, closed.reason) == ("closed", later(5), "feed fixed")
    with pytest.raises(Conflict, match="closed already"):
        close(warehouse, "a", "ana", later(6))
    assert reopen(warehouse, "a", "bo", later(7)).closed_at is None
    with pytest.raises(Conflict, match="not closed"):
        reopen(warehouse, "a", "bo", later(8))


def test_checks_alerts_and_notes_are_kept(warehouse, opened):
    cause = NamedCause(family="data_quality", node="payments-feed", subject="amount")
    verified(warehouse, "a", "ana", later(1), step="compare raw rows", result="passed", cause=cause)
    alerted(warehouse, "a", "monitor", later(2), detail={"rule": "auc < 0.8", "value": 0.78})
    now = note(warehouse, "a", "bo", later(3), text="asked the feed's team")
    (check,) = now.verified
    assert (check.who, check.result, check.cause, now.alerts) == ("ana", "passed", cause, 1)
    for empty in ("", "  "):
        with pytest.raises(InputError, match="says something"):
            note(warehouse, "a", "bo", later(3), text=empty)
    with pytest.raises(InputError, match="passed, failed or unclear"):
        verified(warehouse, "a", "ana", later(1), step="x", result="fine")


@pytest.mark.parametrize("who", ["", "\u200b", "x" * 2000])
def test_whoever_changes_something_has_a_name(warehouse, opened, who):
    with pytest.raises(InputError, match="name"):
        close(warehouse, "a", who, later(1))


def test_details_are_json(warehouse, opened):
    for value in (float("nan"), object()):
        with pytest.raises(InputError, match="must be JSON"):
            alerted(warehouse, "a", "monitor", later(1), detail={"value": value})
