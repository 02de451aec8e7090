"""Taxi rides: how long they take, what they cost, and which take long."""

import numpy as np

from benchmarks.incidents.models.histgb import fit_histgb
from benchmarks.incidents.models.linear import fit_linear
from benchmarks.incidents.tables.system import calendar, system, table
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import take

LONG = 15.0
"""Minutes from which a ride is long."""

RIDE = ("trip_distance", "pickup_zone", "dropoff_zone", "rate_code")
METER = ("passenger_count", "extra", "tolls_amount")
TIME = ("hour", "weekday", "month")
BEFORE_SURCHARGE = "2019-01-01"
"""From 2019 the meaning of `extra` and later the rides themselves change: see the natural events."""


def load_taxi() -> Columns:
    """Return the rides of 2018 that are what they say; zones and rate codes as text."""
    columns = table("taxi")
    moments = columns.pop("pickup").astype("datetime64[s]")
    columns |= calendar(moments)
    for name, zone in (("pickup_zone", "pickup_zone"), ("dropoff_zone", "dropoff_zone"), ("rate_code_id", "rate_code")):
        columns[zone] = as_text(columns.pop(name))
    columns["vendor"] = np.char.add("v", as_text(columns.pop("vendor_id")).astype(str)).astype(object)
    columns["long"] = (columns["minutes"] >= LONG).astype(float)
    usual = (columns["minutes"] > 1) & (columns["minutes"] < 120) & (columns["trip_distance"] > 0.1)  # noqa: PLR2004
    priced = (columns["fare_amount"] > 2) & (columns["fare_amount"] < 100) & (columns["trip_distance"] < 40)  # noqa: PLR2004
    return take(columns, usual & priced & (moments < np.datetime64(BEFORE_SURCHARGE)))


def as_text(values: np.ndarray) -> np.ndarray:
    """Return whole numbers as text, null as None."""
    return np.where(np.isfinite(values), np.char.mod("%d", np.nan_to_num(values).astype(int)).astype(object), None)


SOURCES = {
    "meter-feed": (*METER, "trip_distance", "rate_code", "vendor"),
    "zone-map": ("pickup_zone", "dropoff_zone"),
    "calendar": (*TIME, "daypart", "season"),
}

TAXI = system(
    "taxi",
    load_taxi,
    SOURCES,
    (
        ModelSpec(
            "ride-time",
            "regression",
            "minutes",
            ("trip_distance", "pickup_zone", "dropoff_zone", *TIME),
            "map-ml",
            "eta",
        ),
        ModelSpec(
            "fare-quote",
            "regression",
            "fare_amount",
            ("eta", "trip_distance", "rate_code", *METER),
            "pricing-ml",
            learner=fit_histgb,
        ),
    ),
    segments=("vendor", "daypart"),
)

TAXI_LONG = system(
    "taxi-long",
    load_taxi,
    SOURCES,
    (
        ModelSpec(
            "long-ride",
            "binary",
            "long",
            (*RIDE, "hour", "weekday", "passenger_count"),
            "dispatch-ml",
            learner=fit_linear,
        ),
    ),
    segments=("vendor", "daypart"),
)
