"""Telephone customers: a service-bundle score, the charges to expect, then who leaves."""

from benchmarks.incidents.models.forest import fit_forest
from benchmarks.incidents.models.linear import fit_linear
from benchmarks.incidents.tables.system import is_yes, system, table
from rca.demo.domain import Columns, ModelSpec

SERVICES = ("InternetService", "OnlineSecurity", "TechSupport", "OnlineBackup", "DeviceProtection", "StreamingTV")
CONTRACT = ("Contract", "tenure", "PaperlessBilling")
BILLS = ("MonthlyCharges", "TotalCharges")
PERSON = ("SeniorCitizen", "Dependents", "Partner")


def load_telco() -> Columns:
    """Return the customers, with who left as 0 and 1."""
    return is_yes(table("telco"), "Churn", "Yes")


TELCO = system(
    "telco",
    load_telco,
    {
        "service-catalogue": (*SERVICES, "StreamingMovies", "MultipleLines"),
        "contracts": CONTRACT,
        "billing": (*BILLS, "PaymentMethod"),
        "crm": (*PERSON, "gender"),
    },
    (
        ModelSpec(
            "bundle-scorer",
            "binary",
            "Churn",
            (*SERVICES, "Contract"),
            "product-ml",
            "bundle_score",
            learner=fit_linear,
        ),
        ModelSpec(
            "value-model",
            "regression",
            "TotalCharges",
            ("tenure", "bundle_score", "InternetService", "MultipleLines", "StreamingMovies"),
            "finance-ml",
            "expected_value",
        ),
        ModelSpec(
            "churn-model",
            "binary",
            "Churn",
            ("bundle_score", "expected_value", "tenure", "PaperlessBilling", *BILLS, *PERSON),
            "retention-ml",
            rounds=60,
            learner=fit_forest,
        ),
    ),
    segments=("gender", "PaymentMethod"),
    train_share=0.6,
)
