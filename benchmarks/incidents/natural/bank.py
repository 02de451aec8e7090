"""A Portuguese bank's calls, 2008 to 2010."""

import numpy as np

from benchmarks.incidents.natural.event import Accepted, Event, between
from benchmarks.incidents.tables.bank import CAMPAIGN, MACRO, PERSON
from benchmarks.incidents.tables.system import is_yes, table
from rca.demo.domain import Columns, ModelSpec

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
INPUTS = (*PERSON, *CAMPAIGN, *(name for name in MACRO if name != "month"), "contact")
SOURCES = {
    "market-data": tuple(name for name in MACRO if name != "month"),
    "customer-master": PERSON,
    "campaign-log": (*CAMPAIGN, "contact"),
}
MODEL = ModelSpec("call-response", "binary", "y", INPUTS, "campaign-ml", rounds=60)
DIALLED = ("contact", "pdays", "previous", "poutcome", "campaign")


def load_calls() -> Columns:
    """Return the calls; their month is known and their order, so they are spread evenly over it."""
    calls = is_yes(table("bank"), "y", "yes")
    month = np.array([MONTHS.index(name) for name in calls.pop("month")])
    start = ((calls.pop("year").astype(int) - 1970) * 12 + month).astype("datetime64[M]")
    _, place, count = np.unique(start, return_inverse=True, return_counts=True)
    order = np.arange(start.size) - np.concatenate([[0], np.cumsum(count)[:-1]])[place]
    length = ((start + 1).astype("datetime64[us]") - start.astype("datetime64[us]")).astype(float)
    calls["ts"] = start.astype("datetime64[us]") + (length * (order + 0.5) / count[place]).astype("timedelta64[us]")
    return calls


CHANNEL = Event(
    "bank-channel",
    "bank",
    "Until June 2008 all calls go to fixed telephones, from July 2008 on 85 to 97 % to mobile ones. Whom the bank "
    "called changed with it; why is not in the source.",
    load_calls,
    MODEL,
    SOURCES,
    between("2008-05-01", "2008-06-01"),
    ("2008-06-01", "2008-07-12"),
    "logloss",
    (
        Accepted("feature_drift", "campaign-log", ("contact",), "the channel really changed"),
        Accepted("population_shift", "call-response", (), "other people are called"),
        Accepted(
            "schema_change", "campaign-log", ("contact",), "all that the logs show is a category never seen before"
        ),
        Accepted(
            "concept_drift", "call-response", (), "the model never saw the new channel: the same inputs, more yes"
        ),
    ),
)

CRISIS = Event(
    "bank-2008",
    "bank",
    "From November 2008 the interest rate falls (euribor 4.96, 4.1, in March 2009 1.6) and the bank calls few people, "
    "many of whom it knows: the share of yes goes from 5 % to 20 and 45 %. Crisis and targeting come together, and "
    "what each did is not known.",
    load_calls,
    MODEL,
    SOURCES,
    between("2008-05-01", "2008-07-20"),
    ("2008-07-20", "2009-05-01"),
    "bias",
    (
        Accepted("feature_drift", "market-data", SOURCES["market-data"], "the crisis in the economic figures"),
        Accepted("feature_drift", "campaign-log", DIALLED, "the bank calls those it knows"),
        Accepted("population_shift", "call-response", (), "other people, more of them willing"),
        Accepted("concept_drift", "call-response", (), "the same people answer otherwise"),
    ),
)

EVENTS = (CHANNEL, CRISIS)
