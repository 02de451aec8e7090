"""What happened around an incident, in order."""

import pytest

from rca.errors import UnknownName
from rca.incidents import close, edit, merge, open_incident, timeline, verified
from tests.rca.incidents.stories import AT, incident, later
from tests.rca.review.said import said
from tests.samples import ONSET


def test_everything_is_told_in_order_with_who(warehouse, explained, say):
    key = explained("a", detected_at=later(-1))
    deploy = (
        "INSERT INTO changes (file_id, ts, node, kind, title, author) VALUES (0, ?, 'payments-feed', 'deploy', ?, ?)"
    )
    for hours, title in ((-3, "v7"), (-90, "long before"), (99, "long after")):
        warehouse.connection.execute(deploy, [later(hours).replace(tzinfo=None), title, "cy"])
    say(said(1, "ana", "confirmed", incident="a"))
    verified(warehouse, "a", "bo", later(30), step="look", result="passed")
    edit(warehouse, "a", {"severity": "low"}, "bo", later(31))
    close(warehouse, "a", "bo", later(32), reason="rolled back")
    told = timeline(warehouse, "a")
    assert [(each.kind, each.who) for each in told] == [
        ("change", "cy"),
        ("onset", None),
        ("detected", None),
        ("opened", "monitor"),
        ("analysis", None),
        ("feedback", "ana"),
        ("verified", "bo"),
        ("edited", "bo"),
        ("closed", "bo"),
    ]
    assert told[1].at == ONSET
    assert told[4].key == key
    assert told[4].text == "most likely data_quality/payments-feed/amount (81%)"
    assert told[5].text == "data_quality/payments-feed/amount: confirmed"
    assert told[-1].text == "closed: rolled back"


def test_what_was_merged_in_is_told_as_well(warehouse):
    for name in "ab":
        open_incident(warehouse, incident(name), "ana", AT)
    merge(warehouse, "a", ["b"], "ana", later(1))
    told = timeline(warehouse, "a")
    assert {(each.incident, each.kind) for each in told} >= {("b", "detected"), ("a", "merged"), ("b", "merged")}


def test_an_incident_that_is_not_there(warehouse):
    with pytest.raises(UnknownName):
        timeline(warehouse, "a")
