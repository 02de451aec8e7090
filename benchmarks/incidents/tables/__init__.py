"""Public tables as production systems, for tuning and for holding out.

Each module reads one shipped table and says which data sets deliver which columns, and what the
models score. A system is named `<table>` or `<table>-<variant>`.
"""

from dataclasses import replace
from functools import lru_cache

from benchmarks.incidents.tables.adult import ADULT, ADULT_HOUSEHOLD, ADULT_TUNED, ADULT_WORDS
from benchmarks.incidents.tables.bank import BANK
from benchmarks.incidents.tables.beijing import BEIJING, BEIJING_LEVEL
from benchmarks.incidents.tables.bike import BIKE
from benchmarks.incidents.tables.flights import FLIGHTS, FLIGHTS_LATE
from benchmarks.incidents.tables.hotel import HOTEL, HOTEL_BILL, HOTEL_PRICE
from benchmarks.incidents.tables.metro import METRO, METRO_LEVEL
from benchmarks.incidents.tables.taxi import TAXI, TAXI_LONG
from benchmarks.incidents.tables.telco import TELCO
from benchmarks.incidents.tables.text import TEXT, TEXT_TOPIC, TEXT_TUNED
from rca.demo.cascade import Cascade, train

TUNE_DOMAINS = (
    HOTEL, HOTEL_PRICE, HOTEL_BILL, ADULT, ADULT_HOUSEHOLD, ADULT_WORDS, ADULT_TUNED, BANK, TELCO, BEIJING,
    BEIJING_LEVEL,
)  # fmt: skip
HELD_OUT_DOMAINS = (
    FLIGHTS, FLIGHTS_LATE, BIKE, METRO, METRO_LEVEL, TAXI, TAXI_LONG, TEXT, TEXT_TOPIC, TEXT_TUNED,
)  # fmt: skip

TUNE, HELD_OUT = (tuple(domain.name for domain in half) for half in (TUNE_DOMAINS, HELD_OUT_DOMAINS))
"""Thresholds and weights may be fitted on the first; only the second says how good they are. No table is in both."""

DOMAINS = {domain.name: domain for domain in (*TUNE_DOMAINS, *HELD_OUT_DOMAINS)}
"""Name -> system."""


@lru_cache(maxsize=4)
def cascade_of(name: str, *, shuffled: bool = False) -> Cascade:
    """Return the trained models of a system, trained once per process.

    `shuffled`: trained on rows of all times, so that production differs from training by a fault alone.
    """
    domain = DOMAINS[name]
    return train(replace(domain, in_order=False) if shuffled else domain)


__all__ = ["DOMAINS", "HELD_OUT", "TUNE", "cascade_of"]
