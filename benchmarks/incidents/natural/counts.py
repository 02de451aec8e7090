"""Counts that outgrew their models: Chicago's buses and trains, Washington's bicycles."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.natural.event import Accepted, Event, Moments, between
from benchmarks.incidents.tables.system import calendar, table
from rca.demo.domain import Columns, ModelSpec

MODES = ("bus", "rail_boardings")
DAYS = ("mode", "day_type", "weekday", "month", "day_of_year")


def load_boardings() -> Columns:
    """Return two rows a day: boardings of buses and of trains, in thousands."""
    days = table("cta")
    ts = np.repeat(days["service_date"].astype("datetime64[us]"), len(MODES))
    time = calendar(ts)
    year = ts.astype("datetime64[Y]")
    return {
        "ts": ts + np.tile([np.timedelta64(22, "h"), np.timedelta64(23, "h")], ts.size // 2),
        "mode": np.tile(np.array(["bus", "rail"], dtype=object), ts.size // 2),
        "day_type": np.repeat(days["day_type"], len(MODES)),
        "weekday": time["weekday"],
        "month": time["month"],
        "day_of_year": (ts.astype("datetime64[D]") - year.astype("datetime64[D]")).astype(float),
        "boardings": np.column_stack([days[mode] for mode in MODES]).ravel() / 1000,
    }


BOARDINGS = Event(
    "cta-2020",
    "cta",
    "In the middle of March 2020 Chicago stays at home (COVID-19): from one week to the next a fifth of the boardings "
    "are left, on days that look like any others in the calendar.",
    load_boardings,
    ModelSpec("boardings-model", "regression", "boardings", DAYS, "transit-ml", rounds=120),
    {"timetable": DAYS},
    between("2014-01-01", "2019-06-01"),
    ("2019-06-01", "2020-04-05"),
    "mae",
    (Accepted("concept_drift", "boardings-model", (), "the same days, other numbers"),),
)

WEATHER, CALENDAR = ("temp", "hum", "windspeed", "weathersit"), ("hr", "weekday", "workingday", "holiday", "mnth")


def load_hires() -> Columns:
    """Return the hours of 2011 and 2012 with the bicycles hired."""
    hours = table("bike")
    day = hours.pop("dteday").astype("datetime64[h]")
    hours["ts"] = (day + hours["hr"].astype("timedelta64[h]")).astype("datetime64[us]")
    return hours


def even_days_of_2011(ts: Moments) -> NDArray[np.bool_]:
    """Return every other day of the first year: the model knows all seasons."""
    day = ts.astype("datetime64[D]")
    return np.asarray((day.astype(int) % 2 == 0) & (day < np.datetime64("2012-01-01")))


HIRES = ModelSpec("hire-model", "regression", "cnt", (*WEATHER, *CALENDAR), "fleet-ml", rounds=120)
HIRE_SOURCES = {"weather-feed": WEATHER, "calendar": CALENDAR}

GROWTH = Event(
    "bike-growth",
    "bike",
    "The bicycle hire grows from year to year: in 2012 the same hour and weather bring 30 to 50 % more than a model "
    "of 2011 foresees. It grows slowly; no day is the first.",
    load_hires,
    HIRES,
    HIRE_SOURCES,
    even_days_of_2011,
    ("2011-08-01", "2012-05-01"),
    "bias",
    (Accepted("concept_drift", "hire-model", (), "the same hours, more hires"),),
)

CALM = Event(
    "bike-calm",
    "bike",
    "A control: late summer of 2011 as the model knows it; somebody thinks that the errors are a little high.",
    load_hires,
    HIRES,
    HIRE_SOURCES,
    even_days_of_2011,
    ("2011-06-01", "2011-09-20"),
    "mae",
)

EVENTS = (BOARDINGS, GROWTH, CALM)
