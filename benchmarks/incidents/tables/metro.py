"""Motorway traffic: the usual demand of the hour, the volume given weather and season, and the level to announce."""

import numpy as np

from benchmarks.incidents.models.linear import fit_linear
from benchmarks.incidents.tables.system import banded, calendar, system, table
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import take

CALENDAR = ("hour", "weekday", "holiday", "month", "year")
WEATHER = ("temp", "rain_1h", "snow_1h", "clouds_all")
LEVELS = ("free", "moderate", "dense")


def load_metro() -> Columns:
    """Return the hours; the temperature in kelvin."""
    columns = table("metro")
    columns |= calendar(columns.pop("date_time").astype("datetime64[s]"))
    columns["holiday"] = np.where(columns["holiday"] == None, "none", columns["holiday"])  # noqa: E711
    columns["level"] = banded(columns["traffic_volume"], (1500, 4300), LEVELS)
    return take(columns, columns["temp"] > 0)  # ten hours are at absolute zero


SOURCES = {"calendar": (*CALENDAR, "daypart", "season"), "weather-station": (*WEATHER, "weather_main")}

METRO = system(
    "metro",
    load_metro,
    SOURCES,
    (
        ModelSpec(
            "rush-model", "regression", "traffic_volume", ("hour", "weekday", "holiday"), "demand-ml", "expected_rush"
        ),
        ModelSpec(
            "traffic-volume",
            "regression",
            "traffic_volume",
            ("expected_rush", "weekday", "month", "year", *WEATHER),
            "road-ml",
        ),
    ),
    segments=("weather_main",),
    in_order=True,
)

METRO_LEVEL = system(
    "metro-level",
    load_metro,
    SOURCES,
    (
        ModelSpec("rush-model", "regression", "traffic_volume", ("hour", "holiday"), "demand-ml", "expected_rush"),
        ModelSpec(
            "traffic-volume",
            "regression",
            "traffic_volume",
            ("expected_rush", "weekday", "hour", "month", *WEATHER),
            "road-ml",
            "expected_volume",
        ),
        ModelSpec(
            "traffic-level",
            "multiclass",
            "level",
            ("expected_volume", "weekday", "month", "holiday", "temp"),
            "display-ml",
            learner=fit_linear,
        ),
    ),
    segments=("weather_main", "season"),
)
