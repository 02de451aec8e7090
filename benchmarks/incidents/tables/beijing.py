"""Air in Beijing: what the weather does, the fine dust to expect, and the level to announce."""

import numpy as np

from benchmarks.incidents.models.histgb import fit_histgb
from benchmarks.incidents.tables.system import banded, calendar, mean_before, system, table
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import take

WEATHER = ("dew_point", "temperature", "pressure", "wind_direction", "wind_run", "snow_hours", "rain_hours")
SENSOR = ("pm25_3h_ago", "pm25_day_mean")
TIME = ("hour", "month")
LEVELS = ("good", "moderate", "unhealthy", "hazardous")


def load_air() -> Columns:
    """Return the hours with a measurement; of the fine dust, micrograms per cubic metre, its root is foreseen."""
    columns = table("beijing")
    dust = columns.pop("pm25")
    columns |= calendar(columns.pop("hour_start").astype("datetime64[s]"))
    columns["pm25_3h_ago"], columns["pm25_day_mean"] = mean_before(dust, 3, 3), mean_before(dust, 3, 26).round(1)
    columns["root_pm25"], columns["level"] = np.sqrt(dust), banded(dust, (35, 115, 250), LEVELS)
    return take(columns, np.flatnonzero(np.isfinite(dust)))


SOURCES = {
    "weather-station": WEATHER,
    "dust-sensor": SENSOR,
    "calendar": (*TIME, "season", "daypart"),
}
DISPERSION = ModelSpec("dispersion-model", "regression", "root_pm25", WEATHER, "weather-ml", "expected_dust")
FORECAST = ("expected_dust", *SENSOR, "hour", "wind_run", "dew_point")

BEIJING = system(
    "beijing",
    load_air,
    SOURCES,
    (DISPERSION, ModelSpec("air-forecast", "regression", "root_pm25", (*FORECAST, "month"), "air-ml")),
    segments=("season", "daypart"),
    in_order=True,
)

BEIJING_LEVEL = system(
    "beijing-level",
    load_air,
    SOURCES,
    (
        DISPERSION,
        ModelSpec(
            "air-forecast", "regression", "root_pm25", FORECAST, "air-ml", "forecast", rounds=60, learner=fit_histgb
        ),
        ModelSpec(
            "alert-level",
            "multiclass",
            "level",
            ("forecast", "pm25_3h_ago", "temperature", "wind_direction", "rain_hours", "month"),
            "health-ml",
            rounds=25,
        ),
    ),
    segments=("daypart", "season"),
    train_share=0.6,
)
