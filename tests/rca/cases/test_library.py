"""What a case tells, and how it is found."""

from datetime import date, timedelta

import pytest

from rca.cases import case, search_cases
from rca.errors import InputError, UnknownName
from rca.incidents import merge, verified
from rca.review import record
from rca.weekly import add_action
from schemas.feedback import Feedback, NamedCause
from tests.rca.weekly.site import AFTER, MONDAY, happen

AMOUNT = NamedCause(family="data_quality", node="payments-feed", subject="amount")
COUNTRY = NamedCause(family="population_shift", node="fraud-scorer", subject="country")


def test_a_case_tells_symptom_cause_test_fix_and_prevention(site):
    happen(site, "before", MONDAY - timedelta(days=9), cause="amount")
    happen(site, "a", MONDAY, cause="amount", closed=5)
    record(site, Feedback(incident="a", reviewer="bo", cause=COUNTRY, verdict="rejected", comment="same mix as ever"))
    verified(site, "a", "ana", MONDAY, step="read five raw rows", result="passed", cause=AMOUNT)
    item = add_action(
        site, "Refuse batches without a unit", "ana", MONDAY, owner="payments", due=date(2026, 12, 1), cause=AMOUNT
    )
    search_cases(site)
    found = case(site, "a", AFTER)
    assert found.symptom == "auc of fraud-scorer fell from 0.91 to 0.78 since 2026-03-04 10:00 UTC"
    assert (found.cause, found.mechanism, found.verdict) == (AMOUNT, "unit_change", "confirmed")
    assert found.told_apart == ("read five raw rows: passed",)
    assert found.fix == ("same mix as ever",)
    assert "Divide amount by 100" in found.remedy
    assert next((rival.cause, rival.rejected) for rival in found.rivals) == (COUNTRY, True)
    assert ([each.id for each in found.prevention], found.again) == ([item.id], ("before",))


def test_a_case_without_a_fault_or_with_a_cause_that_was_not_listed(site):
    happen(site, "calm", MONDAY, cause="-")
    happen(site, "other", MONDAY, cause="currency")
    happen(site, "unexplained", MONDAY, explained=False)
    assert case(site, "calm", AFTER).cause is None
    found = case(site, "other", AFTER)
    assert (found.cause.subject, found.summary, len(found.rivals)) == ("currency", "", 3)
    with pytest.raises(InputError, match="not settled"):
        case(site, "unexplained", AFTER)
    with pytest.raises(UnknownName):
        case(site, "nowhere", AFTER)


def test_cases_are_found_by_words_the_rarer_the_better(site):
    for name, cause in (("a", "amount"), ("b", "currency"), ("c", "amount"), ("d", None)):
        happen(site, name, MONDAY, cause=cause)
    assert next(hit.incident for hit in search_cases(site, "the currenc of payments")) == "b"
    assert {hit.incident for hit in search_cases(site)} == {"a", "b", "c"}
    assert search_cases(site, "nothing of the kind zzz", node="nowhere") == ()
    assert {hit.incident for hit in search_cases(site, "amount", family="data_quality")} >= {"a", "c"}
    assert search_cases(site, "zzz") == ()
    merge(site, "a", ["c"], "ana", MONDAY)
    assert "c" not in {hit.incident for hit in search_cases(site)}


@pytest.mark.parametrize("query", ["'; DROP TABLE incidents; --", "%", "\\", "(", "[", "é" * 900, "a_b"])
def test_any_text_may_be_searched_for(site, query):
    happen(site, "a", MONDAY, cause="amount")
    assert isinstance(search_cases(site, query), tuple)


def test_what_cannot_be_searched_is_said(site):
    with pytest.raises(InputError, match="1 to 200"):
        search_cases(site, limit=0)
    with pytest.raises(InputError, match="characters long"):
        search_cases(site, "x" * 2000)
