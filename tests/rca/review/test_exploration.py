"""Some answers are shown with their first causes shuffled, the same ones and in the same order for everybody."""

from collections import Counter

import pytest

from rca.errors import InputError
from rca.review import listing
from tests.rca.review.conftest import of_incident
from tests.rca.review.site import answer, candidates


def four(number):
    return answer(f"inc-{number}", candidates(number)[0])


def keys(causes):
    return [cause.key for cause in causes]


def test_no_share_shuffles_nothing_and_ranks_are_those_of_the_answer():
    shown = listing(of_incident("inc-42"))
    assert (shown.causes, shown.explored) == (of_incident("inc-42").causes, False)


def test_the_first_three_are_shuffled_and_the_rest_is_not():
    for number in range(40):
        plain, shown = four(number), listing(four(number), 1.0)
        assert shown.explored
        assert sorted(keys(shown.causes[:3])) == sorted(keys(plain.causes[:3]))
        assert keys(shown.causes[3:]) == keys(plain.causes[3:])
        assert [cause.rank for cause in shown.causes] == [1, 2, 3, 4]
        assert [shown.rank(key) for key in keys(shown.causes)] == [1, 2, 3, 4]


def test_the_same_incident_is_shown_alike_and_a_larger_share_holds_the_smaller():
    few = {n for n in range(300) if listing(four(n), 0.2).explored}
    more = {n for n in range(300) if listing(four(n), 0.5).explored}
    assert few < more
    assert 0.12 < len(few) / 300 < 0.28
    assert listing(four(7), 1.0) == listing(four(7), 1.0)


def test_every_order_is_as_likely():
    orders = Counter(
        tuple(four(n).causes.index(next(c for c in four(n).causes if c.key == key)) for key in keys(shown.causes[:3]))
        for n in range(600)
        if (shown := listing(four(n), 1.0))
    )
    assert len(orders) == 6
    assert min(orders.values()) > 60


def test_one_cause_is_not_shuffled_and_a_share_is_a_share():
    one = four(1).model_copy(update={"causes": four(1).causes[:1]})
    assert not listing(one, 1.0).explored
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="no share"):
            listing(one, share)
