"""How many rows a period should have brought."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from candidates.measures.traffic import expected_shares, expected_traffic, logged_until
from schemas.evidence import Rows, Window

START = datetime(2026, 1, 5, tzinfo=UTC)
HOURS = np.arange(24 * 35)
TS = np.datetime64("2026-01-05T00", "us") + HOURS * np.timedelta64(1, "h")
ROWS = (100 + 80 * np.sin(2 * np.pi * HOURS / 24)) * np.where(HOURS // 24 % 7 >= 5, 0.5, 1.0)


def days(first, last):
    return Window(START + timedelta(days=first), START + timedelta(days=last))


@pytest.mark.parametrize("period", [(28, 35), (33, 35), (29, 29.5), (32.25, 34.75)])
def test_nights_and_weekends_are_expected(period):
    window = days(*period)
    inside = (period[0] * 24 <= HOURS) & (period[1] * 24 > HOURS)
    found = expected_traffic(TS, ROWS, days(0, 28), window)
    assert found.expected == pytest.approx(ROWS[inside].sum())
    assert found.spread == pytest.approx(1 / np.sqrt(found.expected), rel=0.01)


def test_traffic_that_strays_is_known_less_surely():
    strays = np.repeat(np.random.default_rng(0).lognormal(0.0, 0.3, 35), 24)
    steady, wild = (expected_traffic(TS, rows, days(0, 28), days(28, 30)) for rows in (ROWS, ROWS * strays))
    assert wild.spread > 5 * steady.spread


def test_a_short_history_says_little():
    assert expected_traffic(TS, ROWS, days(0, 0.05), days(1, 2)).spread >= 0.1
    assert expected_traffic(TS, ROWS, days(0, 2), days(90, 91)).expected == 0


def test_what_a_period_holds_of_each_hour_says_which_values_come():
    morning = (HOURS % 24 < 12).astype(float)
    counts = ROWS[:, None] * np.stack([morning, 1 - morning], axis=1)
    period = (HOURS >= 24 * 28 + 12) & (HOURS < 24 * 29 + 15)
    expected = counts[period].sum(axis=0) / counts[period].sum()
    assert expected_shares(TS, counts, days(0, 28), days(28.5, 29.625)) == pytest.approx(expected)
    assert expected_shares(TS, counts, days(0, 28), days(90, 91)) == pytest.approx(
        counts[: 24 * 28].sum(axis=0) / ROWS[: 24 * 28].sum()
    )


@pytest.mark.parametrize(("minutes", "end"), [(59, 2.0), (10, 47 / 24)])
def test_a_bucket_that_the_log_ends_in_is_not_counted(minutes, end):
    ts = np.datetime64("2026-01-05", "m") + np.arange(48 * 60 - 60 + minutes)
    n, nothing = len(ts), np.zeros(len(ts))
    rows = Rows(np.arange(n) >= 24 * 60, ts, np.full(n, "", dtype=object), nothing, nothing, nothing, {}, {})
    assert logged_until(TS, rows, days(1, 2)) == days(1, end)
