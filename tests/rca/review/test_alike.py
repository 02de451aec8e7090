import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.review.alike import look_alike
from schemas.feedback import account


@pytest.mark.parametrize("name", ["\u0430na", "\u0410N\u0410", "an\u00e1", "a-na", "a n a", "\uff41na"])
def test_names_that_are_drawn_alike_look_alike(name: str) -> None:
    assert look_alike(account(name)) == "ana"


def test_they_stay_different_accounts_where_one_may_act_for_another() -> None:
    assert account("\u0430na") != account("ana")


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\u034f", "\u115f", "\u2800", "\u3164", "\ufe0f", "\U000e0100"])
def test_what_shows_nothing_makes_no_other_account(hidden: str) -> None:
    assert account(f"a{hidden}na{hidden}") == "ana"
    assert account(hidden) == ""


@pytest.mark.parametrize(("one", "other"), [("ana", "bo"), ("\u5f35", "\u674e"), ("user 2", "user 3"), ("...", "---")])
def test_others_do_not(one: str, other: str) -> None:
    assert look_alike(one) != look_alike(other)


@given(st.text(min_size=1))
def test_it_is_the_same_again_and_never_empty(name: str) -> None:
    assert look_alike(name)
    assert account(account(name)) == account(name)
