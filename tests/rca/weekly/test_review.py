"""What the review of a week says."""

from datetime import timedelta

import pytest

from rca.errors import InputError
from rca.incidents import merge
from rca.weekly import current_review, due_week, freeze, kept_review, kept_weeks, last_week, weekly_review
from schemas.weekly import WeeklyReview
from tests.rca.weekly.site import AFTER, MONDAY, happen, judge

WEEK = "2026-W47"


def review(site, now=AFTER):
    return weekly_review(site, WEEK, now)


def test_an_empty_site_has_an_empty_review(site):
    found = review(site)
    assert (found.this.incidents, found.clusters, found.agreement.kappa, found.incidents) == (0, (), None, ())
    assert len(found.trend) == 26
    assert found.trend[-1].week == WEEK
    assert (found.chart.weeks, found.chart.centre) == ((WEEK,), None)
    assert WeeklyReview.model_validate_json(found.model_dump_json()) == found


def test_counts_impact_and_what_the_week_before_was_like(site):
    happen(site, "old", MONDAY - timedelta(days=3), cause="amount", closed=5)
    happen(site, "a", MONDAY, cause="amount", closed=7, severity="high")
    happen(site, "b", MONDAY + timedelta(days=6))
    happen(site, "next", AFTER)
    found = review(site)
    assert (found.this.incidents, found.last.incidents, found.incidents) == (2, 1, ("b", "a"))
    assert found.this.hours == pytest.approx((3 + 7) + (3 + 24))
    assert found.this.severities == {"": 1, "high": 1}
    assert (found.this.undetermined.count, found.this.undetermined.of) == (1, 2)
    assert (found.this.closed, found.still_open) == (1, 1)


def test_times_are_medians_and_p90_with_n_of_what_came_to_pass_that_week(site):
    for place, hours in enumerate((1, 2, 10)):
        happen(site, f"i{place}", MONDAY + timedelta(hours=place), cause="amount", closed=hours)
    happen(site, "late", MONDAY - timedelta(days=6), closed=150)
    found = review(site).this
    assert (found.detect.n, found.detect.median, found.detect.p90) == (3, 3.0, 3.0)
    assert (found.root_cause.n, found.root_cause.median) == (3, 2.0)
    assert (found.resolve.n, found.resolve.median) == (4, 6.0)
    assert found.resolve.p90 == pytest.approx(10 + 0.7 * 140)


def test_merged_incidents_count_once(site):
    for name in "ab":
        happen(site, name, MONDAY)
    merge(site, "a", ["b"], "ana", MONDAY)
    assert review(site).this.incidents == 1


def test_pareto_by_family_component_owner_and_pipeline(site):
    for place in range(3):
        happen(site, f"i{place}", MONDAY, cause="amount")
    happen(site, "none", MONDAY, cause="-")
    bars = {each.aspect: [(bar.name, bar.incidents) for bar in each.bars] for each in review(site).pareto}
    assert bars == {
        "family": [("data_quality", 3), ("no fault", 1)],
        "component": [("payments-feed", 3), (None, 1)],
        "owner": [("payments", 3), (None, 1)],
        "pipeline": [("load-payments", 3), (None, 1)],
    }
    for each in review(site).pareto:
        assert each.bars[-1].cumulative == pytest.approx(1)


def test_a_cause_that_returns_all_the_time_is_systemic_and_one_that_returned_once_is_not(site):
    for place in range(12):
        happen(site, f"often{place}", MONDAY - timedelta(days=5 * place), cause="amount")
    for place in range(10):
        happen(site, f"other{place}", MONDAY - timedelta(days=7 * place, hours=5), cause=f"column-{place}")
    for place in range(2):
        happen(site, f"twice{place}", MONDAY - timedelta(days=9 * place, hours=7), cause="currency")
    found = {each.title: each for each in review(site).clusters if each.kind == "cause"}
    amount, currency = (found[f"data_quality/payments-feed/{name}"] for name in ("amount", "currency"))
    assert (len(amount.incidents), amount.systemic, amount.new) == (12, True, 1)
    assert amount.p_value < 0.001
    assert (currency.systemic, "chance could do this" in currency.why) == (False, True)
    assert "column-3" not in found
    assert amount.incidents[0] == "often0"


def test_a_cause_that_came_in_a_burst_is_systemic_against_its_own_rate(site):
    for place in range(60):
        happen(site, f"past{place}", MONDAY - timedelta(days=100 + 5 * place), cause=f"c{place % 3}")
    for place in range(4):
        happen(site, f"now{place}", MONDAY + timedelta(hours=place), cause="amount")
    found = next(each for each in review(site).clusters if each.kind == "cause")
    assert (found.systemic, found.expected < 1) == (True, True)


def test_recurrence_is_the_same_confirmed_cause_within_90_days(site):
    happen(site, "long-ago", MONDAY - timedelta(days=95), cause="currency")
    happen(site, "before", MONDAY - timedelta(days=80), cause="amount")
    happen(site, "a", MONDAY + timedelta(days=1), cause="amount")
    happen(site, "b", MONDAY + timedelta(days=1), cause="currency")
    found = review(site).recurred
    assert (found.count, found.of) == (1, 2)


def test_similar_signatures_across_systems_are_a_cluster(site):
    for place in range(4):
        happen(site, f"i{place}", MONDAY + timedelta(hours=place), node=("fraud-scorer", "churn-scorer")[place % 2])
    found = next(each for each in review(site).clusters if each.kind == "signature")
    assert (found.systems, found.systemic, found.p_value) == (("churn-scorer", "fraud-scorer"), False, None)
    assert "nothing older" in found.why


def test_reviewers_who_agree_and_who_do_not(site):
    for place in range(10):
        happen(site, f"i{place}", MONDAY + timedelta(hours=place), cause="amount")
        judge(site, f"i{place}", MONDAY + timedelta(hours=place + 3), "amount" if place < 8 else "-", "bo")
    found = review(site).agreement
    assert (found.items, found.pairs[0].first, found.pairs[0].second) == (8, "ana", "bo")


def test_the_rankers_figures_by_week(site):
    happen(site, "first", MONDAY, cause="amount")
    happen(site, "unlisted", MONDAY + timedelta(hours=1), cause="currency")
    happen(site, "nothing", MONDAY + timedelta(hours=2), cause="-")
    found = review(site)
    assert found.quality.model_copy(update={"week": WEEK}) == found.ranker[-1]
    assert (found.quality.n, found.quality.ac1, found.quality.judged) == (2, 0.5, 3)
    assert found.quality.ece == pytest.approx(0.81 - 1 / 3)


def test_a_review_is_frozen_when_its_week_is_over(site):
    happen(site, "a", MONDAY)
    with pytest.raises(InputError, match="is not over"):
        freeze(site, WEEK, AFTER - timedelta(days=3))
    assert current_review(site, WEEK, AFTER - timedelta(days=3)).revision == 0
    assert due_week(site, AFTER) == last_week(AFTER) == WEEK
    kept = freeze(site, WEEK, AFTER, who="ana")
    assert due_week(site, AFTER) is None
    happen(site, "b", MONDAY + timedelta(days=1))
    assert freeze(site, WEEK, AFTER + timedelta(days=1)) == kept
    again = freeze(site, WEEK, AFTER + timedelta(days=1), again=True)
    assert (again.revision, again.this.incidents, kept.this.incidents) == (2, 2, 1)
    assert kept_review(site, WEEK, 1) == kept
    assert kept_review(site, WEEK) == current_review(site, WEEK, AFTER) == again
    assert [(week, revision) for week, revision, _ in kept_weeks(site)] == [(WEEK, 2)]


def test_a_week_that_has_not_begun_or_is_none(site):
    with pytest.raises(InputError, match="has not begun"):
        weekly_review(site, "2027-W10", AFTER)
    with pytest.raises(InputError, match="is not a week"):
        weekly_review(site, "W47", AFTER)
