"""The list of incidents: what is on it, in which order, a page at a time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rca.errors import InputError
from rca.incidents import close, edit, facets, incident_page, merge, note, open_incident, refresh
from rca.review import undo
from rca.warehouse import Warehouse
from schemas.feedback import NamedCause
from schemas.handling import IncidentFilter
from tests.rca.incidents.stories import AT, incident, later
from tests.rca.review.conftest import with_system
from tests.rca.review.said import said


def names(warehouse, **filters):
    return [row.incident for row in incident_page(warehouse, IncidentFilter(**filters)).rows]


def test_a_row_says_what_it_probably_was_and_what_it_was(warehouse, explained, say):
    key = explained("a", title="AUC fell")
    (row,) = incident_page(warehouse).rows
    first = NamedCause(family="data_quality", node="payments-feed", subject="amount")
    assert (row.analysis, row.first, row.confidence, row.causes) == (key, first, 0.81, 3)
    assert (row.outcome, row.right, row.records, row.version) == (None, None, 0, 1)
    say(said(1, "ana", "confirmed", incident="a"))
    (row,) = incident_page(warehouse).rows
    assert (row.outcome, row.right, row.records) == ("cause", first, 1)


def test_the_newest_come_first_and_merged_ones_only_when_asked_for(warehouse):
    for hours, name in enumerate("abc"):
        open_incident(warehouse, incident(name, detected_at=later(hours)), "ana", AT)
    merge(warehouse, "a", ["b"], "ana", later(9))
    assert names(warehouse) == ["c", "a"]
    assert names(warehouse, state="merged") == ["b"]
    close(warehouse, "c", "ana", later(9))
    assert (names(warehouse, state="open"), names(warehouse, state="closed")) == (["a"], ["c"])


def test_filters_by_what_reviewers_said(warehouse, explained, say):
    for name in "abcd":
        explained(name)
    say(said(1, "Ana", "confirmed", incident="a"))
    say(said(2, "ana", "confirmed", incident="b"))
    against = say(said(3, "bo", "rejected", incident="b"))
    say(said(4, "bo", incident="c"))
    assert names(warehouse, unreviewed=True) == ["d"]
    assert names(warehouse, disputed=True) == ["b"]
    assert names(warehouse, mine="ANA") == ["b", "a"]
    undo(warehouse, against.id, "bo")
    assert names(warehouse, disputed=True) == []
    found = facets(warehouse)
    assert (found.unreviewed, found.disputed, found.low_confidence) == (1, 0, 0)


def test_filters_by_where_who_and_what(warehouse, explained):
    explained("a", severity="high", title="Fraud_scorer is blind")
    open_incident(warehouse, incident("b", node="approvals", metric="rate"), "ana", AT, owner="risk")
    note(warehouse, "b", "bo", AT, text="Perhaps the HOLIDAY")
    assert names(warehouse, node="payments-feed") == names(warehouse, family="data_quality") == ["a"]
    assert names(warehouse, owner="risk") == names(warehouse, low_confidence=True) == ["b"]
    assert names(warehouse, severity="high") == ["a"]
    assert names(warehouse, week="2026-W10") == ["b", "a"]
    assert names(warehouse, week="2026-W11") == []
    assert names(warehouse, text="blind scorer") == ["a"]
    assert names(warehouse, text="holiday") == names(warehouse, mine="bo") == ["b"]
    assert names(warehouse, text="'; DROP TABLE incidents; --") == []


def test_edits_are_seen(warehouse, explained):
    explained("a")
    assert names(warehouse, owner="bo") == []
    edit(warehouse, "a", {"owner": "bo", "title": "renamed"}, "ana", later(1))
    assert names(warehouse, owner="bo", text="renamed") == ["a"]


def test_an_owner_is_the_nodes_where_none_is_assigned(warehouse):
    open_incident(warehouse, incident("a"), "ana", AT)
    document = '{"nodes": [{"id": "fraud-scorer", "kind": "model", "owner": "risk-ml"}]}'
    warehouse.connection.execute("INSERT INTO systems VALUES ('1', 2, ?)", [document])
    assert names(warehouse, owner="risk-ml") == ["a"]


def test_facets_count_what_fits(warehouse, explained):
    explained("a", severity="high")
    open_incident(warehouse, incident("b", node="approvals"), "ana", AT)
    found = facets(warehouse)
    assert {each.value: each.count for each in found.node} == {"fraud-scorer": 1, "approvals": 1}
    assert {each.value: each.count for each in found.severity} == {"high": 1, None: 1}
    assert {each.value: each.count for each in found.family} == {"data_quality": 1, None: 1}
    assert [(each.value, each.count) for each in found.week] == [("2026-W10", 2)]
    assert [(each.value, each.count) for each in facets(warehouse, IncidentFilter(severity="high")).node] == [
        ("fraud-scorer", 1)
    ]


@pytest.mark.parametrize("after", ["x", "W10=", "eyJhIjoxfQ==", "WzEsMl0="])
def test_a_place_that_is_none_is_refused(warehouse, after):
    with pytest.raises(InputError, match="no place in the list"):
        incident_page(warehouse, after=after)


def test_pages_have_a_size_and_weeks_a_form(warehouse):
    for limit in (0, 501):
        with pytest.raises(InputError, match="1 to 500"):
            incident_page(warehouse, limit=limit)
    for week in ("2026-W54", "2026W01", "last", "2026-W00", "٢٠٢٦-W01"):
        with pytest.raises(InputError, match="is not a week"):
            incident_page(warehouse, IncidentFilter(week=week))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.integers(1, 3), st.integers(0, 4))
def test_pages_together_are_the_list_also_when_one_arrives_meanwhile(hours, size, arriving):
    with Warehouse() as warehouse:
        with_system(warehouse)
        for place, hour in enumerate(hours):
            open_incident(warehouse, incident(f"i{place}", detected_at=later(hour)), "ana", AT)
        whole = names(warehouse)
        page = incident_page(warehouse, limit=size)
        read = [row.incident for row in page.rows]
        open_incident(warehouse, incident("new", detected_at=later(arriving)), "ana", AT)
        while page.after:
            page = incident_page(warehouse, after=page.after, limit=size)
            read += [row.incident for row in page.rows]
        assert [name for name in read if name != "new"] == whole


def test_refreshing_does_only_what_is_new_and_forgets_what_is_gone(warehouse, explained):
    explained("a")
    explained("b")
    assert (refresh(warehouse), refresh(warehouse)) == (2, 0)
    note(warehouse, "a", "ana", later(1), text="hm")
    assert refresh(warehouse) == 1
    for table, name in (("incidents", "id"), ("analyses", "incident")):
        warehouse.connection.execute(f"DELETE FROM {table} WHERE {name} = 'b'")
    assert names(warehouse) == ["a"]
