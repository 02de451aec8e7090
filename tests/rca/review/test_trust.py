"""Trust by what others settled, and weights under a cap."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.review import label_weights, resolve, reviewer_trust
from rca.review.labels import Label, SettledIncident
from rca.review.trust import ESTABLISHED, largest_part
from tests.rca.review.said import AMOUNT, COUNTRY, START, said


def incident(name, *labels, gold=False):
    return SettledIncident(name, None, START, gold, labels)


def label(*reviewers, cause=AMOUNT, verdict="confirmed", **parts):
    return Label(cause.key, verdict, reviewers, **parts)


def labelled(**counts):
    """Return incidents with so many labels of each account."""
    return [incident(f"{who}-{n}", label(who)) for who, count in counts.items() for n in range(count)]


def shares(incidents, weights):
    """Return account -> share of the weight of all labels, each by one account."""
    given: dict[str, float] = {}
    for one in incidents:
        for each in one.labels:
            given[each.reviewers[0]] = given.get(each.reviewers[0], 0.0) + weights[one.incident, each.cause]
    return {who: weight / math.fsum(given.values()) for who, weight in given.items()}


def test_who_was_never_judged_is_trusted():
    assert reviewer_trust(labelled(ana=3)) == {"ana": 1.0}
    assert reviewer_trust([]) == {}


def test_trust_is_the_smoothed_rate_of_agreement_with_what_others_settled():
    ruled = [incident(str(n), label("ana", "cy", dissenting=("mal",), ruled_by=("cy",))) for n in range(6)]
    assert reviewer_trust(ruled) == {"ana": 1.0, "cy": 1.0, "mal": 2 / 8}
    wrong_once = [*ruled, incident("last", label("cy", dissenting=("ana",), ruled_by=("cy",)))]
    assert reviewer_trust(wrong_once)["ana"] == 8 / 9


def test_nobody_is_judged_by_their_own_ruling():
    assert reviewer_trust([incident("i", label("cy", ruled_by=("cy",)))]) == {"cy": 1.0}


@pytest.mark.parametrize("authority", [{"kind": "adjudication"}, {"gold": True}])
def test_trust_of_a_log_follows_adjudications_and_the_gold_set(authority):
    records = []
    for n in range(8):
        case = {"incident": f"inc-{n}"}
        records += [said(3 * n, "ana", "confirmed", **case), said(3 * n + 1, "mal", "rejected", **case)]
        records.append(said(3 * n + 2, "cy", "confirmed", **case, **authority))
    assert reviewer_trust(resolve(records)) == {"ana": 1.0, "cy": 1.0, "mal": 2 / 10}


def test_no_fault_is_judged_as_well():
    records = [said(1, "ana"), said(2, "mal", "confirmed"), said(3, "cy", kind="adjudication")]
    assert reviewer_trust(resolve(records)) == {"ana": 1.0, "cy": 1.0, "mal": 2 / 3}


def test_a_site_of_one_person_trains_with_all_of_its_labels():
    incidents = labelled(ana=300)
    assert set(label_weights(incidents, {}).values()) == {1.0}


@pytest.mark.parametrize("flood", [50, 900])
def test_no_account_outweighs_the_rest_where_there_are_enough_of_them(flood):
    incidents = labelled(mal=flood, **{f"r{n}": 10 for n in range(9)})
    weights = label_weights(incidents, {})
    assert shares(incidents, weights)["mal"] == pytest.approx(0.2)
    assert {weights[f"r{n}-0", AMOUNT.key] for n in range(9)} == {1.0}


def test_a_second_reviewer_with_one_label_costs_the_first_little():
    incidents = labelled(ana=100, bo=1)
    assert math.fsum(label_weights(incidents, {}).values()) > 75


def test_who_is_trusted_less_weighs_less():
    weights = label_weights([*labelled(ana=1, mal=1)], {"mal": 0.25})
    assert weights["mal-0", AMOUNT.key] == pytest.approx(0.25 * weights["ana-0", AMOUNT.key])


def test_a_label_that_two_share_weighs_as_much_as_the_more_trusted():
    (weight,) = label_weights([incident("i", label("ana", "mal"))], {"mal": 0.1}).values()
    assert weight == pytest.approx(1.0)


def test_accepting_the_first_cause_at_once_weighs_less():
    incidents = [incident("fast", label("ana", hasty=("ana",))), incident("slow", label("ana"))]
    assert label_weights(incidents, {}) == {("fast", AMOUNT.key): 0.5, ("slow", AMOUNT.key): 1.0}
    assert label_weights(incidents, {}, accepted=0.1)["fast", AMOUNT.key] == pytest.approx(0.1)


def test_the_gold_set_has_no_weight_and_what_is_not_settled_neither():
    disputed = SettledIncident("d", None, START, gold=False, labels=(), disputed=(label("ana"),))
    assert label_weights([incident("g", label("ana"), gold=True), disputed], {}) == {}


def test_nobody_trusted_gives_no_weight():
    assert set(label_weights(labelled(mal=2), {"mal": 0.0}).values()) == {0.0}


given_weights = st.lists(st.floats(0, 1e4), min_size=1, max_size=12)


@given(given_weights, st.sampled_from([0.1, 0.2, 0.25, 0.5, 1.0]))
def test_after_the_cut_none_has_more_than_the_cap(given, cap):
    most = largest_part(given, cap)
    kept = [min(weight, most) for weight in given]
    enough = sum(weight >= ESTABLISHED for weight in given) >= math.ceil(1 / cap)
    assert not enough or max(kept) <= cap * math.fsum(kept) * (1 + 1e-9)
    assert most >= 0
    assert math.fsum(kept) > 0 or not any(given)


@given(st.lists(st.floats(9, 10), min_size=6, max_size=12))
def test_nobody_is_cut_where_all_are_under_the_cap_already(given):
    assert largest_part(given, 0.2) >= max(given)


@given(st.integers(1, 6), st.floats(0.05, 1))
def test_weights_are_shares_of_one(count, accepted):
    incidents = [
        incident(str(n), label(who, hasty=(who,) if n % 2 else ()), label("r0", cause=COUNTRY))
        for n, who in ((n, f"r{n % 3}") for n in range(count))
    ]
    assert all(0 <= weight <= 1 for weight in label_weights(incidents, {"r1": 0.3}, accepted=accepted).values())
