"""Hired bicycles: leisure demand, then all demand in the hour."""

import numpy as np

from benchmarks.incidents.models.forest import fit_forest
from benchmarks.incidents.tables.system import banded, system, table
from rca.demo.domain import Columns, ModelSpec

WEATHER = ("temp", "atemp", "hum", "windspeed", "weathersit")
CALENDAR = ("hr", "weekday", "workingday", "holiday", "mnth", "yr")


def load_bike() -> Columns:
    """Return the hours; counts as their roots, which vary alike at all levels; the season as text."""
    columns = table("bike", drop=("dteday",))
    columns["root_casual"], columns["root_count"] = np.sqrt(columns.pop("casual")), np.sqrt(columns.pop("cnt"))
    columns["daypart"] = banded(columns["hr"], (6, 12, 18), ("night", "morning", "afternoon", "evening"))
    return columns | {"season": np.char.mod("s%d", columns["season"].astype(int)).astype(object)}


BIKE = system(
    "bike",
    load_bike,
    {"weather-feed": WEATHER, "calendar": (*CALENDAR, "season", "daypart")},
    (
        ModelSpec(
            "leisure-demand",
            "regression",
            "root_casual",
            (*WEATHER, "hr", "workingday"),
            "leisure-ml",
            "expected_leisure",
        ),
        ModelSpec(
            "bike-demand",
            "regression",
            "root_count",
            ("expected_leisure", *CALENDAR, "hum"),
            "fleet-ml",
            rounds=40,
            learner=fit_forest,
        ),
    ),
    segments=("season", "daypart"),
)
