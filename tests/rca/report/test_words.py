from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.report.words import chance, clean, moment, number, pair, parse_moment, percent


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred\x1b[0m", "a\x07b", "user\u202egnp.exe", "\x9b2J", "zero\u200bwidth", "a\rb\nc\td", "\u2066x\u2069"],
)
def test_clean_leaves_nothing_that_moves_the_cursor_or_reorders_text(text: str) -> None:
    assert clean(text).isprintable()


def test_clean_keeps_what_people_write() -> None:
    assert clean('naïve "a b;--" 東京 [bold]') == 'naïve "a b;--" 東京 [bold]'


@given(st.text())
def test_clean_is_one_printable_line_of_bounded_length(text: str) -> None:
    cleaned = clean(text, limit=40)
    assert cleaned.isprintable()
    assert len(cleaned) <= 40


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.91, "0.910"),
        (0.00123, "0.00123"),
        (41.2, "41.2"),
        (1234567.0, "1,234,567"),
        (1e-7, "1.00e-07"),
    ],
)
def test_number_keeps_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_number_never_fails(value: float) -> None:
    assert number(value)


def test_pair_shows_enough_digits_to_tell_two_values_apart() -> None:
    assert pair(0.91234, 0.91241, "auc") == ("0.9123", "0.9124")


def test_pair_names_the_unit_of_a_latency_and_admits_what_is_unknown() -> None:
    assert pair(120.0, 340.0, "latency_p95") == ("120 ms", "340 ms")
    assert pair(None, 0.5, "auc") == ("unknown", "0.500")


def test_percent_does_not_round_a_possibility_to_certainty() -> None:
    assert [percent(share) for share in (0, 0.004, 0.5, 0.996, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


@pytest.mark.parametrize("p_value", [0.0, 1e-300, 1e-9, 0.004, 0.03, 0.6, 1.0])
def test_chance_says_the_number_with_the_words(p_value: float) -> None:
    assert "(p " in chance(p_value)


def test_chance_is_graded() -> None:
    assert "practically never" in chance(1e-9)
    assert "could well" in chance(0.6)


def test_moments_are_in_utc_whatever_they_carry() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=timezone(timedelta(hours=2)))
    assert moment(noon, year=True) == "4 Mar 2026 10:00"
    assert parse_moment("2026-03-04T12:00:00+02:00") == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert parse_moment("2026-03-04T10:00:00Z") == parse_moment("2026-03-04 10:00:00")
    assert parse_moment("yesterday") is None
    assert parse_moment(1e300) is None
