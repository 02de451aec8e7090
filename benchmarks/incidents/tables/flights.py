"""Flights from New York: flying time, the time from gate to gate, and who arrives late."""

import numpy as np

from benchmarks.incidents.models.histgb import fit_histgb
from benchmarks.incidents.tables.system import banded, system, table
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import take

HOURS_LATE = 180
"""Minutes; later arrivals are left out, as squared errors would be about them alone."""

LATE = 15
"""Minutes from which an arrival counts as late."""

DAY_MINUTES = 24 * 60
ROUTE = ("dest", "distance", "carrier")
PLAN = ("sched_dep_time", "month", "day", "hour", "planned_minutes")
WEATHER = ("temp", "wind_speed", "wind_dir", "visib", "precip", "humid")
PLANE = ("plane_year", "seats", "manufacturer")
SOURCES = {
    "route-table": (*ROUTE, "origin"),
    "timetable": (*PLAN, "daypart"),
    "weather-feed": WEATHER,
    "fleet-registry": PLANE,
    "departures-feed": ("dep_delay",),
}
FLYING = ModelSpec(
    "flying-time",
    "regression",
    "air_time",
    (*ROUTE, "month", "wind_speed", "wind_dir", "seats", "manufacturer"),
    "network-ml",
    "expected_air_time",
)


def load_flights() -> Columns:
    """Return the flights; `clock_minutes` pass from gate to gate."""
    columns = table("flights")
    columns = take(columns, np.flatnonzero(np.abs(columns["arr_delay"]) < HOURS_LATE))
    departs, arrives = (
        columns[name] // 100 * 60 + columns[name] % 100 for name in ("sched_dep_time", "sched_arr_time")
    )
    columns["hour"] = columns["sched_dep_time"] // 100
    columns["daypart"] = banded(columns["hour"], (12, 17), ("morning", "midday", "evening"))
    columns["planned_minutes"] = (arrives - departs) % DAY_MINUTES
    columns["clock_minutes"] = columns["planned_minutes"] + columns["arr_delay"] - columns["dep_delay"]
    columns["late"] = (columns["arr_delay"] >= LATE).astype(float)
    return columns


FLIGHTS = system(
    "flights",
    load_flights,
    SOURCES,
    (
        FLYING,
        ModelSpec(
            "gate-to-gate",
            "regression",
            "clock_minutes",
            ("expected_air_time", *PLAN, "carrier", "dep_delay", "temp", "precip"),
            "ops-ml",
        ),
    ),
    segments=("origin", "daypart"),
)

FLIGHTS_LATE = system(
    "flights-late",
    load_flights,
    SOURCES,
    (
        FLYING,
        ModelSpec(
            "late-arrival",
            "binary",
            "late",
            ("expected_air_time", "planned_minutes", "dep_delay", "carrier", "hour", "visib", "precip", "humid"),
            "ops-ml",
            learner=fit_histgb,
        ),
    ),
    segments=("origin", "daypart"),
)
