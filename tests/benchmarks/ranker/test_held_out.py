"""How the pool's held-out incidents are counted."""

from dataclasses import replace

from benchmarks.ranker.curve import PLAIN
from benchmarks.ranker.held_out import answered
from benchmarks.ranker.pool import read_pool


def of(roots):
    """Return an incident with so many roots, at least three candidates, and as many right ones."""
    return next(c for c in read_pool() if c.roots == roots and sum(c.right) == roots and len(c.right) > 3)


def with_right(case, places):
    return replace(case, right=tuple(k in places for k in range(len(case.right))))


def order_of(case):
    """Return the candidates' places, likeliest first."""
    alone = [answered(PLAIN, with_right(replace(case, roots=1), {k})) for k in range(len(case.right))]
    first = next(k for k, each in enumerate(alone) if each.right)
    third = [k for k, each in enumerate(alone) if each.found[1] and k != first]
    return [first, *third]


def test_of_two_roots_both_must_be_among_the_first():
    case = of(2)
    first, *others = order_of(case)
    assert answered(PLAIN, with_right(case, {first})).found == (0.5, 0.5, 1.0)
    assert answered(PLAIN, with_right(case, {first, *others[:1]})).found[1] == 1.0
    missed = answered(PLAIN, with_right(case, set()))
    assert missed.found == (0.0, 0.0, 0.0)
    assert not missed.right


def test_the_first_cause_is_right_or_not_however_many_there_are():
    case = of(2)
    first, *others = order_of(case)
    assert answered(PLAIN, with_right(case, {first})).right
    assert not answered(PLAIN, with_right(case, set(others))).right
