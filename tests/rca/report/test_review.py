"""The weekly review and the postmortem as people read them."""

from datetime import date, timedelta

import pytest

from rca.cases import case
from rca.errors import UnknownName
from rca.incidents import verified
from rca.report.case import case_markdown
from rca.report.postmortem import postmortem_html, postmortem_markdown
from rca.report.review import headline, review_html, review_markdown
from rca.weekly import add_action, freeze, weekly_review
from schemas.feedback import NamedCause
from tests.rca.weekly.site import AFTER, MONDAY, happen, open_site

CAUSE = NamedCause(family="data_quality", node="payments-feed", subject="amount")


@pytest.fixture
def site():
    with open_site() as warehouse:
        for place in range(12):
            happen(warehouse, f"i{place}", MONDAY - timedelta(days=5 * place), cause="amount", closed=4)
        for place in range(10):
            happen(warehouse, f"o{place}", MONDAY - timedelta(days=7 * place), cause=f"column-{place}")
        add_action(
            warehouse,
            "Refuse batches | without a <unit>",
            "ana",
            MONDAY,
            owner="payments",
            due=date(2026, 11, 20),
            incident="i0",
            cause=CAUSE,
        )
        yield warehouse


def test_the_review_says_what_matters_first(site):
    found = freeze(site, "2026-W47", AFTER, who="ana")
    assert headline(found) == (
        "Week 2026-W47: 2 incidents (as the week before), 1 systemic cluster, 0% (0 of 2) undetermined, "
        "1 overdue action."
    )
    text = review_markdown(found)
    assert text.startswith("# Weekly review 2026-W47\n\n16 Nov 2026 to 23 Nov 2026")
    for part in (
        "| data_quality/payments-feed/amount | 12 | 1 |",
        "| to resolve | 4.0 h | 4.0 h | 1 | 4.0 h | 1 |",
        "| data quality | 2 |",
        r"Refuse batches \| without a \<unit\>",
        "20 Nov 2026 (overdue)",
        "revision 1",
    ):
        assert part in text
    page = review_html(found)
    assert page.count("<svg") == 4
    assert "Refuse batches | without a &lt;unit&gt;" in page


def test_an_empty_week_can_be_read_as_well():
    with open_site() as warehouse:
        found = weekly_review(warehouse, "2026-W47", AFTER)
    assert "Nothing was detected in this week." in review_markdown(found)
    assert "<svg" in review_html(found)


def test_a_postmortem_is_drafted_from_what_was_logged(site):
    verified(site, "i0", "bo", MONDAY, step="read five raw rows", result="passed", cause=CAUSE)
    text = postmortem_markdown(site, "i0", AFTER)
    for part in (
        "# Postmortem i0: auc of fraud-scorer",
        "**data_quality/payments-feed/amount, confirmed by ana.**",
        "Way from cause to symptom: payments-feed → fraud-scorer",
        "* read five raw rows: passed",
        "* The median of amount went from 41.20 to 4120.00 within an hour.",
        "* ruled out: latency component:",
        "| 16 Nov 2026 04:00 | closed | closed | ana |",
        "Proposed: Divide amount by 100",
        "| act-1 |",
        "## Still to be written",
    ):
        assert part in text
    assert "<h2>Timeline</h2>" in postmortem_html(site, "i0", AFTER)


def test_a_postmortem_of_what_is_not_settled_says_so(site):
    happen(site, "open", MONDAY)
    happen(site, "bare", MONDAY, explained=False)
    happen(site, "calm", MONDAY, cause="-")
    assert "It is not settled yet what it was" in postmortem_markdown(site, "open", AFTER)
    assert "no evidence on record" in postmortem_markdown(site, "bare", AFTER)
    assert "no fault" in postmortem_markdown(site, "calm", AFTER)
    with pytest.raises(UnknownName):
        postmortem_markdown(site, "nowhere", AFTER)


def test_a_case_as_markdown(site):
    text = case_markdown(case(site, "i0", AFTER))
    for part in ("## What told it apart", "Refuse batches", "rca sop show data_quality", "The same cause again: i1"):
        assert part in text
