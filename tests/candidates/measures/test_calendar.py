"""Columns that only tell the time, and rows weighed to a window's mix of weekdays and hours."""

import numpy as np
import pytest

from candidates.measures.calendar import calendar_columns, calendar_weights
from schemas.evidence import Rows

RNG = np.random.default_rng(0)
TS = np.sort(np.datetime64("2026-02-16", "s") + RNG.integers(0, 31 * 86400, 6000).astype("timedelta64[s]"))
AFTER = np.datetime64("2026-03-15", "s") <= TS
HOUR = (TS - TS.astype("datetime64[D]")) // np.timedelta64(1, "h")
WEEKDAY = (TS.astype("datetime64[D]").astype(int) + 3) % 7
MONTH = TS.astype("datetime64[M]").astype(int) % 12 + 1
SUMMER = np.datetime64("2026-03-16", "s") <= TS


def told(value, *, numeric=True):
    value = np.asarray(value)
    bins = np.unique(value, return_inverse=True)[1]
    n = len(TS)
    rows = Rows(
        after=AFTER,
        ts=TS,
        version=np.full(n, "", dtype=object),
        prediction=np.zeros(n),
        label=np.zeros(n),
        score=np.zeros(n),
        bins={"c": bins},
        values={"c": value.astype(float)} if numeric else {},
    )
    return bool(calendar_columns(rows))


@pytest.mark.parametrize(
    "value",
    [HOUR, WEEKDAY, MONTH, (HOUR + 5) % 24, (HOUR + SUMMER) % 24, WEEKDAY >= 5, np.where(HOUR < 6, 1, 0)],
    ids=["hour", "weekday", "month", "other zone", "summer time", "weekend", "night"],
)
def test_what_tells_the_time_is_known(value):
    assert told(value)


def test_names_of_weekdays_tell_the_time_as_well():
    assert told(np.array(["mo", "tu", "we", "th", "fr", "sa", "su"])[WEEKDAY], numeric=False)


@pytest.mark.parametrize(
    "value",
    [
        np.where(AFTER, 7, HOUR),
        np.where(AFTER, RNG.permutation(WEEKDAY), WEEKDAY),
        RNG.integers(0, 24, len(TS)),
        HOUR + RNG.normal(size=len(TS)),
        (RNG.random(len(TS)) < 0.005).astype(int),
        np.full(len(TS), 3),
        TS.astype("datetime64[D]").astype(int) % 13,
    ],
    ids=["frozen", "shuffled", "random", "season", "rare flag", "constant", "rate of the day"],
)
def test_what_stopped_telling_it_or_never_did_is_not(value):
    assert not told(value)


def test_rows_are_weighed_to_the_weekdays_and_hours_of_the_window():
    week = np.datetime64("2026-03-02", "h") + np.arange(24 * 14)
    weekend = np.datetime64("2026-03-21", "h") + np.arange(48)
    weight = calendar_weights(week.repeat(20), weekend)
    day = ((week.astype("datetime64[D]").astype(int) + 3) % 7).repeat(20)
    assert weight.mean() == pytest.approx(1.0)
    assert (weight[day < 5] == 0).all()
    assert weight[day >= 5] == pytest.approx(3.5)


def test_of_weekdays_never_seen_only_the_hours_are_weighed_and_of_few_rows_nothing():
    workdays = np.datetime64("2026-03-02", "h") + np.arange(24 * 5).repeat(20)
    morning = np.datetime64("2026-03-07", "h") + np.arange(6)
    weight = calendar_weights(workdays, morning)
    early = workdays.astype(int) % 24 < 6
    assert weight[early] == pytest.approx(4.0)
    assert (weight[~early] == 0).all()
    assert (calendar_weights(workdays[:10], morning) == 1).all()
