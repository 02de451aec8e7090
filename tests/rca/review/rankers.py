"""Small rankers, really trained, and kept in a database."""

from datetime import UTC, datetime, timedelta

import lightgbm
import numpy as np

from rankers.model import Model
from rca.review.registry import BUILT_IN, keep
from rca.warehouse import Warehouse

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
FIRST = BUILT_IN[-1]
"""What answers before anything was learned."""


def small_model(version: str, lift: float = 1.0) -> Model:
    """Return a ranker that prefers causes that explain little, the more so the larger the lift."""
    rows = np.random.default_rng(1).random((200, 2))
    data = lightgbm.Dataset(rows, lift * (1.0 - rows[:, 0]), feature_name=["share", "specificity"])
    options = {"objective": "regression", "num_leaves": 3, "boost_from_average": False, "learning_rate": 0.5}
    quiet = {"verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True}
    return Model(version, (lightgbm.train(options | quiet, data, 10).model_to_string(),))


def kept(
    warehouse: Warehouse,
    version: str,
    *,
    not_worse: bool = True,
    hours: int = 0,
    lift: float = 1.0,
    against: str | None = None,
) -> str:
    """Keep a small ranker under this name, and return the name."""
    keep(
        warehouse,
        small_model(version, lift),
        parent=FIRST,
        training_hash=f"hash of {version}",
        incidents=("a", "b"),
        figures={"ac1": 0.5},
        comparison={"not_worse": not_worse} | ({"against": against} if against else {}),
        reason="a test",
        at=NOON + timedelta(hours=hours),
    )
    return version


def tamper(warehouse: Warehouse, version: str) -> None:
    """Change a kept document behind the registry's back."""
    changed = "UPDATE rankers SET document = replace(document, 'leaf_value=', 'leaf_value=9') WHERE version = ?"
    warehouse.connection.execute(changed, [version])
