"""Census income: a job score, then who earns much; their households; and their lives in words, read as text."""

import numpy as np

from benchmarks.incidents.models.embedder import fit_embedder
from benchmarks.incidents.models.histgb import fit_histgb
from benchmarks.incidents.models.sequential import fit_sequential
from benchmarks.incidents.tables.system import banded, is_yes, system, table
from rca.demo.domain import Columns, ModelSpec

JOB = ("workclass", "occupation", "education_years", "hours_per_week", "education")
PERSON = ("age", "marital_status", "country")
MONEY = ("capital_gain", "capital_loss")
HOUSEHOLDS = {
    "Married-civ-spouse": "married",
    "Married-AF-spouse": "married",
    "Never-married": "single",
}


def load_income() -> Columns:
    """Return the people, their income as 0 and 1, and their age group."""
    columns = is_yes(table("adult", drop=("relationship",)), "income", ">50K")
    return columns | {"age_group": banded(columns["age"], (30, 45), ("young", "middle", "older"))}


def load_household() -> Columns:
    """Return the people with the kind of household they live in."""
    columns = load_income()
    status = columns.pop("marital_status")
    columns["household"] = status.copy()
    columns["household"][:] = [HOUSEHOLDS.get(name, "formerly married") for name in status]
    return columns


ADULT = system(
    "adult",
    load_income,
    {"employment-registry": JOB, "person-profile": (*PERSON, "sex", "race"), "tax-feed": MONEY},
    (
        ModelSpec("job-scorer", "binary", "income", (*JOB, "country"), "labour-ml", "job_score"),
        ModelSpec("income-model", "binary", "income", ("job_score", *PERSON, *MONEY), "credit-ml"),
    ),
    segments=("sex", "race"),
)

ADULT_HOUSEHOLD = system(
    "adult-household",
    load_household,
    {"employment-registry": JOB, "person-profile": ("age", "country", "sex", "race", "age_group"), "tax-feed": MONEY},
    (
        ModelSpec("income-scorer", "binary", "income", (*JOB, *MONEY, "age"), "labour-ml", "income_score"),
        ModelSpec(
            "household-model",
            "multiclass",
            "household",
            ("income_score", "age", "sex", "hours_per_week", "workclass", "occupation", "education"),
            "census-ml",
            learner=fit_histgb,
        ),
    ),
    segments=("age_group", "race"),
)

WORDS = ("occupation", "education", "marital_status", "country", "workclass")


def load_described() -> Columns:
    """Return the people with most that is known of them as one text, which is not logged."""
    columns = load_income()
    parts = [columns.pop(name).astype(str) for name in WORDS]
    text = np.array([" ".join(row) for row in zip(*parts, strict=True)], dtype=object)
    return columns | {"text": text, "domain": parts[-1].astype(object)}


DESCRIBED = {
    "person-profile": ("age", "sex", "race", "age_group", "domain"),
    "employment-registry": ("hours_per_week",),
}
NUMBERS = ("age", "hours_per_week", "capital_gain")

ADULT_WORDS = system(
    "adult-words",
    load_described,
    {**DESCRIBED, "tax-feed": MONEY},
    (
        ModelSpec("life-embedder", "embedding", "income", ("text",), "language-ml", "embedding", learner=fit_embedder),
        ModelSpec("income-reader", "binary", "income", ("embedding", *NUMBERS), "credit-ml"),
    ),
    segments=("domain", "age_group"),
    hidden=("text",),
)

ADULT_TUNED = system(
    "adult-tuned",
    load_described,
    {**DESCRIBED, "tax-feed": MONEY},
    (ModelSpec("tuned-income", "binary", "income", ("text", *NUMBERS), "credit-ml", learner=fit_sequential),),
    segments=("domain", "age_group"),
    hidden=("text",),
)
