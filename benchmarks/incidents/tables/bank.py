"""Bank calls: an economic-climate score, then whom to call."""

from benchmarks.incidents.models.linear import fit_linear
from benchmarks.incidents.tables.system import is_yes, system, table
from rca.demo.domain import Columns, ModelSpec

MACRO = ("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", "month")
PERSON = ("age", "job", "education", "default", "housing", "loan")
CAMPAIGN = ("campaign", "pdays", "previous", "poutcome", "day_of_week")


def load_bank() -> Columns:
    """Return the calls, with the answer as 0 and 1."""
    return is_yes(table("bank", drop=("year",)), "y", "yes")


BANK = system(
    "bank",
    load_bank,
    {"market-data": MACRO, "customer-master": (*PERSON, "marital"), "campaign-log": (*CAMPAIGN, "contact")},
    (
        ModelSpec("climate-scorer", "binary", "y", (*MACRO, "age"), "macro-ml", "climate_score"),
        ModelSpec(
            "call-response",
            "binary",
            "y",
            ("climate_score", *PERSON, *CAMPAIGN),
            "campaign-ml",
            threshold=0.2,
            learner=fit_linear,
        ),
    ),
    segments=("contact", "marital"),
)
