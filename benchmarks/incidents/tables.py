"""Other public tables as production systems, for tuning and for holding out.

Each adapter reads one table of `--tables` and says which data sets deliver which columns, what the
upstream model scores and what the downstream model decides.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from rca.demo.domain import Columns, Domain, ModelSpec
from rca.demo.hotel import HOTEL
from rca.demo.table import REQUEST_LOG, add_request_log, is_text, read_columns, take


def system(
    name: str,
    load: Callable[[], Columns],
    sources: dict[str, tuple[str, ...]],
    cascade: tuple[ModelSpec, str, ModelSpec],
    *,
    segments: tuple[str, ...],
) -> Domain:
    """Return the domain with the request log and two business nodes added.

    `cascade` is the upstream model, the name of its output among the downstream's inputs, and the
    downstream model.
    """
    upstream, output, downstream = cascade
    inputs = (*downstream.inputs, *REQUEST_LOG)
    return Domain(
        name=name,
        load=lambda: add_request_log(load()),
        sources=sources | {"request-log": REQUEST_LOG},
        upstream=upstream,
        output=output,
        downstream=ModelSpec(downstream.node, downstream.task, downstream.target, (output, *inputs), downstream.owner),
        segments=segments,
        cost_kpi=f"{name}-error-cost",
        rate_kpi=f"{name}-accepted",
    )


def as_number(columns: Columns, target: str, yes: str) -> Columns:
    """Return the columns with a text target as 0 and 1."""
    return columns | {target: (columns[target] == yes).astype(float)}


def adult(folder: Path) -> Domain:
    """Census income: a job score, then the decision."""

    def load() -> Columns:
        columns = read_columns(folder / "adult.parquet", drop=("_split", "relationship"))
        clean = {name: np.where(v == "?", None, v) if is_text(v) else v for name, v in columns.items()}
        return as_number(clean, "income", ">50K")

    job = ("workclass", "occupation", "education-num", "hours-per-week", "education")
    person = ("age", "marital-status", "native-country", "fnlwgt")
    money = ("capital-gain", "capital-loss")
    return system(
        "adult",
        load,
        {"employment-registry": job, "person-profile": (*person, "sex", "race"), "tax-feed": money},
        (
            ModelSpec("job-scorer", "binary", "income", (*job, "native-country"), "labour-ml"),
            "job_score",
            ModelSpec("income-model", "binary", "income", (*person, *money), "credit-ml"),
        ),
        segments=("race", "sex"),
    )


def bank_marketing(folder: Path) -> Domain:
    """Bank calls: an economic-climate score, then who to call."""

    def load() -> Columns:
        columns = read_columns(folder / "bank_marketing.parquet", drop=("duration", "_year_inferred", "_row"))
        return as_number(columns, "y", "yes")

    macro = ("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", "month")
    person = ("age", "job", "education", "default", "housing", "loan")
    campaign = ("campaign", "pdays", "previous", "poutcome", "day_of_week")
    domain = system(
        "bank",
        load,
        {"market-data": macro, "customer-master": (*person, "marital"), "campaign-log": (*campaign, "contact")},
        (
            ModelSpec("climate-scorer", "binary", "y", (*macro, "age"), "macro-ml"),
            "climate_score",
            ModelSpec("call-response", "binary", "y", (*person, *campaign), "campaign-ml"),
        ),
        segments=("contact", "marital"),
    )
    return rethreshold(domain, 0.2)


def rethreshold(domain: Domain, threshold: float) -> Domain:
    """Return the domain with another decision threshold of the downstream model."""
    return replace(domain, downstream=replace(domain.downstream, threshold=threshold))


def telco_churn(folder: Path) -> Domain:
    """Telephone customers: a service-bundle score, then churn."""

    def load() -> Columns:
        columns = read_columns(folder / "telco_churn.parquet", drop=("customerID", "PhoneService"))
        total = columns["TotalCharges"]
        columns["TotalCharges"] = np.array([float(text) if text.strip() else np.nan for text in total])
        return as_number(columns, "Churn", "Yes")

    services = ("InternetService", "OnlineSecurity", "TechSupport", "OnlineBackup", "DeviceProtection", "StreamingTV")
    contract = ("Contract", "tenure", "PaperlessBilling")
    bills = ("MonthlyCharges", "TotalCharges")
    person = ("SeniorCitizen", "Dependents", "Partner")
    return system(
        "telco",
        load,
        {
            "service-catalogue": (*services, "StreamingMovies", "MultipleLines"),
            "contracts": contract,
            "billing": (*bills, "PaymentMethod"),
            "crm": (*person, "gender"),
        },
        (
            ModelSpec("bundle-scorer", "binary", "Churn", (*services, "Contract"), "product-ml"),
            "bundle_score",
            ModelSpec(
                "churn-model", "binary", "Churn", ("tenure", "PaperlessBilling", *bills, *person), "retention-ml"
            ),
        ),
        segments=("gender", "PaymentMethod"),
    )


HOURS_LATE = 180
"""Minutes; later arrivals are left out, as squared errors would be about them alone."""


def nycflights(folder: Path) -> Domain:
    """Flights: expected flying time, then the time from gate to gate by the clock, in minutes."""

    def load() -> Columns:
        dropped = ("year", "time_hour", "dep_time", "arr_time", "flight", "tailnum")
        columns = read_columns(folder / "nycflights13_flights.parquet", drop=dropped)
        known = np.flatnonzero(np.abs(columns["arr_delay"]) < HOURS_LATE)
        columns = take(columns, known[np.random.default_rng(3).permutation(len(known))[:90_000]])
        minutes = [columns[name] // 100 * 60 + columns[name] % 100 for name in ("sched_arr_time", "sched_dep_time")]
        columns["clock_minutes"] = (minutes[0] - minutes[1]) % 1440 + columns["arr_delay"] - columns["dep_delay"]
        return columns

    route = ("dest", "distance", "carrier")
    plan = ("sched_dep_time", "month", "day", "hour", "minute")
    return system(
        "flights",
        load,
        {"route-table": (*route, "origin"), "timetable": plan, "departures-feed": ("dep_delay",)},
        (
            ModelSpec("flying-time", "regression", "air_time", (*route, "month", "hour"), "network-ml"),
            "expected_air_time",
            ModelSpec("gate-to-gate", "regression", "clock_minutes", (*plan, "carrier", "dep_delay"), "ops-ml"),
        ),
        segments=("origin",),
    )


def bike_sharing(folder: Path) -> Domain:
    """Rented bikes: leisure demand, then all demand in the hour."""

    def load() -> Columns:
        return read_columns(folder / "bike_sharing_hour.parquet", drop=("instant", "dteday", "registered"))

    weather = ("temp", "atemp", "hum", "windspeed", "weathersit")
    calendar = ("hr", "weekday", "workingday", "holiday", "mnth", "yr")
    domain = system(
        "bike",
        load,
        {"weather-feed": weather, "calendar": (*calendar, "season")},
        (
            ModelSpec("leisure-demand", "regression", "casual", (*weather, "hr", "workingday"), "leisure-ml"),
            "expected_casual",
            ModelSpec("bike-demand", "regression", "cnt", (*calendar, "hum"), "fleet-ml"),
        ),
        segments=("season",),
    )
    return with_text(domain, "season")


def with_text(domain: Domain, column: str) -> Domain:
    """Return the domain with a numeric column read as text."""

    def load() -> Columns:
        columns = domain.load()
        return columns | {column: np.char.mod("s%d", columns[column].astype(int)).astype(object)}

    return replace(domain, load=load)


def metro_traffic(folder: Path) -> Domain:
    """Motorway traffic: the demand of the hour, then the volume given weather and season."""

    def load() -> Columns:
        columns = read_columns(folder / "metro_traffic_i94.parquet", drop=("weather_description",))
        when = columns.pop("date_time").astype("datetime64[s]")
        day = when.astype("datetime64[D]")
        columns["hour"] = ((when - day) / np.timedelta64(1, "h")).round()
        columns["weekday"] = ((day.astype(int) + 3) % 7).astype(float)
        columns["month"] = (when.astype("datetime64[M]").astype(int) % 12 + 1).astype(float)
        columns["year"] = (when.astype("datetime64[Y]").astype(int) + 1970).astype(float)
        columns["holiday"] = np.where(columns["holiday"] == None, "none", columns["holiday"])  # noqa: E711
        return columns

    calendar = ("hour", "weekday", "holiday", "month", "year")
    weather = ("temp", "rain_1h", "snow_1h", "clouds_all")
    return system(
        "metro",
        load,
        {"calendar": calendar, "weather-station": (*weather, "weather_main")},
        (
            ModelSpec("rush-model", "regression", "traffic_volume", ("hour", "holiday", "temp"), "demand-ml"),
            "expected_rush",
            ModelSpec(
                "traffic-volume", "regression", "traffic_volume", ("weekday", "month", "year", *weather), "road-ml"
            ),
        ),
        segments=("weather_main",),
    )


ADAPTERS: dict[str, Callable[[Path], Domain]] = {
    "hotel": lambda _: HOTEL,
    "adult": adult,
    "bank": bank_marketing,
    "telco": telco_churn,
    "flights": nycflights,
    "bike": bike_sharing,
    "metro": metro_traffic,
}
"""Name -> adapter; the argument is the folder of tables (the hotel's ships with the project)."""

TUNE, HELD_OUT = ("hotel", "adult", "bank", "telco"), ("flights", "bike", "metro")
"""Thresholds and weights may be fitted on the first; only the second says how good they are."""
