"""New York's yellow taxis, 2018 to 2020: what is known from the rides themselves, and from the news."""

from functools import lru_cache

import numpy as np

from benchmarks.incidents.natural.event import Accepted, Event, between
from benchmarks.incidents.tables.system import calendar, table
from benchmarks.incidents.tables.taxi import as_text
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import take

METER, ZONES, CLOCK = "meter-feed", "zone-map", "calendar"
RIDE = ("trip_distance", "passenger_count", "rate_code", "payment_type", "vendor")
WHERE, WHEN = ("pickup_zone", "dropoff_zone"), ("hour", "weekday")
MISSING_TOGETHER = ("vendor", "passenger_count", "rate_code", "payment_type", "store_and_fwd_flag")


@lru_cache(maxsize=1)
def load_rides() -> Columns:
    """Return the rides in order of time, zones and codes as text.

    A ride dated outside the month of the file it came in is put at that month's nearest end:
    `pickup_days_off` says how many days its own clock was off.
    """
    columns = table("taxi")
    pickup, month = columns.pop("pickup").astype("datetime64[s]"), columns.pop("file_month").astype("datetime64[M]")
    first, last = month.astype("datetime64[s]"), (month + 1).astype("datetime64[s]") - 1
    columns["ts"] = np.clip(pickup, first, last).astype("datetime64[us]")
    columns["pickup_days_off"] = np.abs((columns["ts"] - pickup) / np.timedelta64(1, "D"))
    columns |= calendar(pickup)
    for name, as_name in (("rate_code_id", "rate_code"), ("vendor_id", "vendor"), ("payment_type", "payment_type"),
                          ("pickup_zone", "pickup_zone"), ("dropoff_zone", "dropoff_zone")):  # fmt: skip
        columns[as_name] = as_text(columns.pop(name))
    columns["tipped"] = (columns["tip_amount"] > 0).astype(float)
    return take(columns, np.argsort(columns["ts"], kind="stable"))


def without_strays() -> Columns:
    """Return the rides without the few whose fare or way is out of all proportion."""
    rides = load_rides()
    usual = (rides["fare_amount"] > 0) & (rides["fare_amount"] < 200) & (rides["trip_distance"] < 100)  # noqa: PLR2004
    return take(rides, np.flatnonzero(usual))


def rides_model(node: str, target: str, inputs: tuple[str, ...], task: str = "regression") -> ModelSpec:
    """Return a model of single rides."""
    return ModelSpec(node, "binary" if task == "binary" else "regression", target, inputs, "rides-ml", rounds=120)


def sources(*, meter: tuple[str, ...] = RIDE) -> dict[str, tuple[str, ...]]:
    """Return which feed delivers which columns."""
    return {METER: meter, ZONES: WHERE, CLOCK: WHEN}


BASE = ("trip_distance", "minutes", "passenger_count", "rate_code", "tolls_amount")
PRICE = rides_model("price-model", "total_amount", (*BASE, *WHERE, *WHEN))

SURCHARGE = Event(
    "taxi-surcharge",
    "taxi",
    "From February 2019 the State of New York charges every yellow-taxi ride through lower Manhattan $2.50. The same "
    "ride costs more: the mean total goes from about 16 to 18.5 dollars. The date is in the data (the charge's own "
    "column, which the model does not have); the law is common knowledge and was not looked up.",
    without_strays,
    PRICE,
    sources(meter=BASE),
    between("2018-01-01", "2018-09-01"),
    ("2018-09-01", "2019-02-22"),
    "bias",
    (
        Accepted("concept_drift", "price-model", (), "the same ride costs more"),
        Accepted("label_change", "price-model", (), "what is counted into the total changed by law"),
    ),
)

QUOTE = rides_model("quote-model", "fare_amount", ("extra", "passenger_count", "pickup_zone", *WHEN))
"""What a ride will cost, said before it begins: `extra` gives away the flat fares to the airport (4.5)."""

VENDOR = Event(
    "taxi-vendor",
    "taxi",
    "From February 2019 the devices of vendor 1 add the new surcharge to `extra` (2.5 and more in some 90 % of its "
    "rides, before 0.5 to 1), those of vendor 2 do not. The fare itself did not change.",
    without_strays,
    QUOTE,
    {METER: ("extra", "passenger_count", "vendor"), ZONES: ("pickup_zone",), CLOCK: WHEN},
    between("2018-01-01", "2018-09-01"),
    ("2018-09-01", "2019-02-22"),
    "prediction_mean",
    (
        Accepted("data_quality", METER, ("extra",), "the column means something else in one vendor's rides"),
        Accepted("feature_drift", METER, ("extra",), "its values are right in their own way and really changed"),
        Accepted("schema_change", METER, ("extra",), "a re-definition of the column"),
    ),
    segments=("vendor",),
)

FILLED = Event(
    "taxi-surcharge-filled",
    "taxi",
    "`congestion_surcharge` is empty in all files of 2018, in 63 % of the rides of January 2019 (until about the "
    "20th), and never after: the column was introduced.",
    without_strays,
    rides_model("fare-model", "fare_amount", (*BASE, "congestion_surcharge", *WHERE, *WHEN)),
    sources(meter=(*BASE, "congestion_surcharge")),
    between("2018-01-01", "2018-09-01"),
    ("2018-09-01", "2019-01-24"),
    "null_rate",
    (
        Accepted("schema_change", METER, ("congestion_surcharge",), "a new column"),
        Accepted("data_quality", METER, ("congestion_surcharge",), "its nulls went"),
        Accepted("feature_drift", METER, ("congestion_surcharge",), "its values really changed"),
    ),
)

BLOCK = Event(
    "taxi-block-of-nulls",
    "taxi",
    "From April 2020 8 to 17 % of the records lack vendor, passengers, rate code, payment and the stored flag, all "
    "five together (0.6 % since July 2019). Their fares are twice as high: another kind of record. Why is not "
    "documented in the source.",
    without_strays,
    rides_model("fare-model", "fare_amount", ("trip_distance", *MISSING_TOGETHER, *WHERE, *WHEN)),
    sources(meter=("trip_distance", *MISSING_TOGETHER)),
    between("2019-01-01", "2019-09-01"),
    ("2019-09-01", "2020-05-10"),
    "null_rate",
    (
        Accepted("data_quality", METER, MISSING_TOGETHER, "nulls in five columns at once"),
        Accepted("data_quality", METER, (), "a fault of whole rows"),
        Accepted("population_shift", "fare-model", (), "another kind of record joined"),
    ),
)

TIPS = Event(
    "taxi-tips-2020",
    "taxi",
    "In spring 2020 the share of rides with a tip falls from 0.71 to 0.49. COVID-19: other passengers, other ways, "
    "and the block of records without a payment type. Which of them made how much of it is not known.",
    without_strays,
    rides_model("tip-model", "tipped", (*RIDE, *WHERE, *WHEN), "binary"),
    sources(),
    between("2019-01-01", "2019-09-01"),
    ("2019-09-01", "2020-05-10"),
    "prediction_mean",
    (
        Accepted("population_shift", "tip-model", (), "other passengers and other ways"),
        Accepted("feature_drift", METER, RIDE, "payment, distance and passengers really changed"),
        Accepted("feature_drift", ZONES, WHERE, "other zones"),
        Accepted("concept_drift", "tip-model", (), "the same passengers tip less"),
        Accepted(
            "data_quality", METER, ("payment_type", "vendor", "passenger_count", "rate_code"), "the block of nulls"
        ),
    ),
)

STRAY_WAY = Event(
    "taxi-distance-outlier",
    "taxi",
    "One ride of 27 November 2020 has a distance of 46,826 miles for a fare of 21 dollars.",
    load_rides,
    rides_model("distance-model", "trip_distance", (*WHERE, *WHEN, "minutes")),
    sources(meter=("minutes",)),
    between("2019-07-01", "2020-03-01"),
    ("2020-07-01", "2020-11-28"),
    "rmse",
    (
        Accepted("outliers", "distance-model", (), "one record out of all proportion"),
        Accepted("label_change", "distance-model", (), "the outcome itself is wrong"),
        Accepted("data_quality", METER, ("trip_distance",), "a wrong value"),
        Accepted("data_quality", "distance-model", (), "a wrong row"),
    ),
)

STRAY_FARE = Event(
    "taxi-fare-outlier",
    "taxi",
    "One ride of 9 August 2018, a tenth of a mile, has a fare of 429,490 dollars.",
    load_rides,
    PRICE,
    sources(meter=BASE),
    between("2018-01-01", "2018-05-01"),
    ("2018-05-01", "2018-08-10"),
    "rmse",
    (
        Accepted("outliers", "price-model", (), "one record out of all proportion"),
        Accepted("label_change", "price-model", (), "the outcome itself is wrong"),
        Accepted("data_quality", "price-model", (), "a wrong row"),
    ),
)

CLOCK_FAULT = Event(
    "taxi-clock",
    "taxi",
    "The file of August 2019 has a ride dated 31 December 2008, as a meter's clock reads after a reset.",
    without_strays,
    rides_model("fare-model", "fare_amount", ("trip_distance", "pickup_days_off", "rate_code", *WHERE, *WHEN)),
    sources(meter=("trip_distance", "pickup_days_off", "rate_code")),
    between("2018-09-01", "2019-05-01"),
    ("2019-05-01", "2019-08-02"),
    "oldest_record_days",
    (
        Accepted("data_quality", METER, ("pickup_days_off",), "a clock that was reset"),
        Accepted("outliers", "fare-model", (), "one record out of all proportion"),
    ),
    node=METER,
    figures={(METER, "oldest_record_days"): lambda rides: np.array([rides["pickup_days_off"].max()])},
)

CALM = Event(
    "taxi-calm",
    "taxi",
    "A control: autumn 2018, before anything changes; somebody thinks that the errors are a little high.",
    without_strays,
    PRICE,
    sources(meter=BASE),
    between("2018-01-01", "2018-09-01"),
    ("2018-09-01", "2018-12-01"),
    "mae",
)

EVENTS = (SURCHARGE, VENDOR, FILLED, BLOCK, TIPS, STRAY_WAY, STRAY_FARE, CLOCK_FAULT, CALM)
