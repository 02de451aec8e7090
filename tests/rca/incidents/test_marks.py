"""What a line of the list shows beside its row, and what stands before and behind it."""

from rca.incidents import merge, refresh
from rca.incidents.listing import neighbours
from rca.incidents.marks import RECENT_DAYS, marks
from rca.review.reliability import reliabilities
from schemas.handling import IncidentFilter
from tests.rca.incidents.stories import later
from tests.rca.review.said import COUNTRY, said


def test_the_same_cause_counts_within_ninety_days_and_merged_ones_do_not(warehouse, explained):
    explained("a")
    explained("b", detected_at=later(24))
    explained("c", detected_at=later(24 * (RECENT_DAYS + 2)))
    refresh(warehouse)
    found = marks(warehouse, "abc")
    assert [found[name].again for name in "abc"] == [1, 1, 0]
    merge(warehouse, "a", ["b"], "ana", later(30))
    refresh(warehouse)
    assert marks(warehouse, "a")["a"].again == 0


def test_a_settled_cause_counts_instead_of_the_most_probable(warehouse, explained, say):
    for name in "ab":
        explained(name)
    say(said(1, "ana", kind="no_fault", incident="b"))
    refresh(warehouse)
    found = marks(warehouse, ["a", "b"])
    assert (found["a"].again, found["b"].again) == (0, 0)
    assert found["b"].reviewers == ("ana",)
    assert found["a"].onset is not None


def test_neighbours_are_those_of_the_filtered_list(warehouse, explained, say):
    for hours, name in enumerate("abcd"):
        explained(name, detected_at=later(hours), severity="high" if name != "c" else "low")
    refresh(warehouse)
    assert neighbours(warehouse, "b") == ("c", "a")
    assert neighbours(warehouse, "b", IncidentFilter(severity="high")) == ("d", "a")
    assert neighbours(warehouse, "c", IncidentFilter(severity="high")) == ("d", "b")
    assert neighbours(warehouse, "d") == (None, "c")
    assert neighbours(warehouse, "nothing") == (None, None)


def test_what_probabilities_were_worth_is_told_from_settled_incidents(warehouse, explained, say):
    for place, name in enumerate("abcdef"):
        explained(name)
        say(said(place, "ana", "confirmed" if name != "f" else "rejected", incident=name))
    say(said(9, "ana", "confirmed", COUNTRY, incident="f"))
    refresh(warehouse)
    found = reliabilities(warehouse).near(0.81)
    assert (found.right, found.of) == (5, 6)
    assert found.low <= 0.71
    assert found.high >= 0.9
    assert found.share == 5 / 6
    far = reliabilities(warehouse).near(0.2)
    assert (far.of, far.share) == (0, None)
