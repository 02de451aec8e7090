"""A challenger must be better beyond chance whenever one looks, nowhere worse, and by more than one account's word."""

from dataclasses import replace
from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankers import heuristic
from rankers.contest import ENOUGH, Pair, compare, growth_of, judge, sign_test
from rankers.fit import fit, recalibrated
from rankers.model import Model
from rankers.quality import Outcome
from tests.rankers.slates import incidents

PLAIN = Model(heuristic.VERSION)
PEOPLE = ("ana", "bo", "cy", "di", "eve")


def outcome(p, *, first=True, family="f"):
    return Outcome("i", first, first, -log(p), 0.5, family)


def pair(before, after, who="ana", weight=1.0, **parts):
    """Return an incident with both rankers' probability of the right answer."""
    both = (outcome(before, **parts), outcome(after, **parts))
    return Pair(*both, growth_of(before, after, weight), weight, frozenset({who} if who else ()))


def judged(pairs):
    return judge(pairs, [each.accounts for each in pairs])


def by_all(count, before, after, people=PEOPLE):
    return [pair(before, after, people[k % len(people)]) for k in range(count)]


def test_what_learned_the_truth_is_better():
    found = compare(PLAIN, fit(incidents(120), PLAIN, version="site"), incidents(80, first=5000))
    assert (found.better, found.not_worse) == (True, True)
    assert found.e_value >= ENOUGH


def test_what_learned_from_lies_is_worse_and_says_why():
    lies = [
        each.__class__(each.incident, each.slate, np.append(~each.right, False), each.right) for each in incidents(120)
    ]
    found = compare(PLAIN, fit(lies, PLAIN, version="site"), incidents(80, first=5000))
    assert (found.better, found.not_worse) == (False, False)
    assert "log loss" in found.reason


def test_the_same_ranker_is_neither_better_nor_worse():
    found = compare(PLAIN, PLAIN, incidents(30))
    assert (found.better, found.not_worse, found.e_value) == (False, True, pytest.approx(1.0, abs=0.01))


def test_nothing_to_compare_on_decides_nothing():
    found = compare(PLAIN, PLAIN, [])
    assert (found.better, found.not_worse) == (False, False)


def test_labels_that_nobody_trusts_decide_nothing():
    asked = incidents(80, first=5000)
    learned = fit(incidents(120), PLAIN, version="site")
    found = compare(PLAIN, learned, [replace(each, trust=0.0) for each in asked])
    assert (found.better, found.e_value) == (False, pytest.approx(1.0))


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_sign_test_counts_coin_tosses(better, worse):
    total = better + worse
    by_hand = sum(comb(total, k) for k in range(worse, total + 1)) / 2**total
    assert sign_test(better, worse) == pytest.approx(by_hand if total else 1.0)


def test_looking_after_every_label_promotes_by_chance_in_one_of_twenty_at_most():
    """The current ranker is right, the challenger is not: looked at after each of 300 labels.

    A p-value at 5%, of paired losses by the normal limit, promotes some challenger far more often.
    """
    rng = np.random.default_rng(5)
    right = rng.random((1000, 300)) < 0.8
    current, challenger = np.where(right, 0.8, 0.2), np.where(right, 0.9, 0.1)
    won, lost = growth_of(0.8, 0.9, 1.0), growth_of(0.2, 0.1, 1.0)
    stakes = np.cumsum(np.where(right, won, lost), axis=1)
    gap = np.log(current) - np.log(challenger)
    sums = np.cumsum(gap, axis=1)[:, 9:] / np.sqrt(np.cumsum(gap**2, axis=1)[:, 9:])
    assert (stakes.max(axis=1) >= log(ENOUGH)).mean() <= 1 / ENOUGH
    assert (sums.min(axis=1) < -1.645).mean() > 3 / ENOUGH


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.lists(st.floats(0, 1), min_size=6), st.floats(0, 1))
def test_an_incident_is_expected_not_to_multiply_the_stake(current, challenger, weight):
    """Whatever the challenger holds, where the current ranker is right."""
    p = np.array(current) / sum(current)
    q = np.array(challenger[: len(p)]) + 1e-9
    q /= q.sum()
    assert sum(c * exp(growth_of(c, o, weight)) for c, o in zip(p, q, strict=True)) <= 1 + 1e-9


def test_being_less_sure_is_no_merit_where_the_current_one_is_calibrated_anew():
    """A fifth of the labels is wrong: who is flatter loses less, and ranks no better."""
    asked = incidents(400, first=9000, telling=False)
    rng = np.random.default_rng(3)
    for place, each in enumerate(asked):
        if rng.random() < 0.5:
            wrong = np.roll(each.right, 1)
            asked[place] = replace(each, right=wrong, possible=np.append(wrong, False))
    earlier, later = asked[:200], asked[200:]
    flat = replace(PLAIN, sharpness=0.3)
    assert compare(PLAIN, flat, later).e_value >= ENOUGH
    assert compare(PLAIN, flat, later, recalibrated(PLAIN, earlier)).e_value < ENOUGH


def test_few_labels_promote_nothing_whatever_they_say():
    assert not judged(by_all(5, 0.6, 0.95)).better
    assert judged(by_all(40, 0.6, 0.95)).better


def test_the_labels_of_one_account_do_not_promote():
    """Nine of ten labels are one account's, and say that the challenger is far better; the others do not."""
    alone = [*by_all(90, 0.1, 0.9, ["mal"]), *by_all(10, 0.6, 0.6, PEOPLE)]
    found = judged(alone)
    assert (found.better, found.e_value < ENOUGH) == (False, True)
    assert "without the labels of mal" in found.reason


def test_the_labels_of_one_account_do_not_veto():
    """Half of all labels are one account's, and say that the challenger is far worse."""
    good = by_all(100, 0.3, 0.9)
    lies = [pair(0.9, 0.05, "mal", first=True) for _ in range(50)]
    wrong = [replace(each, after=replace(each.after, first=False, third=False)) for each in lies]
    assert judged([*good, *wrong]).better


def test_a_site_of_one_person_decides_by_their_labels():
    assert judged(by_all(30, 0.3, 0.9, ["ana"])).better
    assert judged([*by_all(30, 0.3, 0.9, ["ana"]), *by_all(2, 0.5, 0.5, ["bo"])]).better


def test_two_people_must_agree():
    assert not judged([*by_all(60, 0.3, 0.9, ["ana"]), *by_all(20, 0.5, 0.5, ["bo"])]).better
    assert judged([*by_all(60, 0.3, 0.9, ["ana"]), *by_all(20, 0.3, 0.9, ["bo"])]).better


def test_a_label_that_two_give_stands_without_either():
    both = [replace(each, accounts=frozenset({"ana", "bo"})) for each in by_all(30, 0.3, 0.9)]
    assert judged(both).better


def test_fewer_first_answers_are_worse_however_small_the_loss():
    good = by_all(100, 0.3, 0.9)
    turned = [
        Pair(outcome(0.5), replace(outcome(0.5), first=False), 0.0, 1.0, frozenset({PEOPLE[k % 5]})) for k in range(4)
    ]
    found = judged([*good, *turned])
    assert (found.better, found.not_worse) == (False, False)
    assert "4 first answers turned wrong and 0 right" in found.reason


def test_a_family_that_gets_worse_is_named():
    good = [
        *by_all(100, 0.3, 0.9),
        *[Pair(outcome(0.4, first=False), outcome(0.6), 0.0, 1.0, frozenset({PEOPLE[k % 5]})) for k in range(20)],
    ]
    turned = [
        Pair(
            outcome(0.5, family="rare"),
            replace(outcome(0.5, family="rare"), first=False),
            0.0,
            1.0,
            frozenset({PEOPLE[k % 5]}),
        )
        for k in range(9)
    ]
    found = judged([*good, *turned])
    assert not found.better
    assert "of rare turned wrong" in found.reason
