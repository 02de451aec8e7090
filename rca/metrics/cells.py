"""Model metrics from profile cells alone, for a model of which only histograms were imported.

Every column's cells repeat the same rows, so one column is read: the one with the most rows.
`bias` takes the mean prediction over all rows and the mean label over labelled ones. The imported
`sum_loss` stands for the loss that is asked for: the task's (`rca.metrics.losses`), or the log loss.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rca.errors import Immeasurable, InputError
from rca.metrics.buckets import Period, Source
from rca.warehouse import Warehouse
from rca.warehouse.tables import NAN, NULL
from schemas.system import Node

VALUES = {
    "prediction_mean": "sum(sum_prediction) / sum(n)",
    "bias": "sum(sum_prediction) / sum(n) - sum(sum_label) / nullif(sum(n_labelled), 0)",
    "brier": "sum(sum_loss) / nullif(sum(n_labelled), 0)",
    "logloss": "sum(sum_loss) / nullif(sum(n_labelled), 0)",
    "mae": "sum(sum_loss) / nullif(sum(n_labelled), 0)",
    "rmse": "sqrt(sum(sum_loss_sq) / nullif(sum(n_labelled), 0))",
    "accuracy": "1 - sum(sum_loss) / nullif(sum(n_labelled), 0)",
    "null_rate": f"sum(n) FILTER (bin IN ({NULL}, {NAN})) / sum(n)",
}
"""Metric -> SQL over the cells of a bucket."""

TASKS = {
    "brier": ("binary",),
    "logloss": ("binary", "multiclass"),
    "mae": ("regression",),
    "rmse": ("regression",),
    "accuracy": ("multiclass",),
}
"""The task whose loss makes the metric; a metric that is not here suits all."""

LABELLED = ("bias", "brier", "logloss", "mae", "rmse", "accuracy")


def fullest_column(warehouse: Warehouse, node: Node) -> tuple[str, str] | None:
    """Return the column and part whose cells hold the most rows, or None without cells."""
    return warehouse.connection.execute(
        "SELECT column_name, part FROM profile WHERE node = ? "
        "GROUP BY column_name, part ORDER BY sum(n) DESC, column_name, part LIMIT 1",
        [node.id],
    ).fetchone()


def _sql(node: str, metric: str, column: tuple[str, str], bucket: str, period: Period) -> tuple[str, Mapping[str, Any]]:
    splits = {f"split{i}": split for i, split in enumerate(period.splits)}
    names = ", ".join(f"${name}" for name in splits)
    parameters: dict[str, Any] = {"node": node, **period.parameters, **splits}
    one_column = ""
    if metric != "null_rate":  # which asks about all columns
        one_column = "AND column_name = $column AND part = $part"
        parameters |= {"column": column[0], "part": column[1]}
    sql = f"""WITH kept AS (  -- a row is a cell of the reduction
    SELECT hour AS ts, * FROM profile
    WHERE node = $node AND hour >= $start AND hour < $end AND split IN ({names}) {one_column}),
bucketed AS (SELECT {bucket} AS bucket, * FROM kept)
SELECT bucket, {VALUES[metric]} AS value, sum({"n_labelled" if metric in LABELLED else "n"}) AS n
FROM bucketed GROUP BY bucket"""
    return sql, parameters


def cell_source(node: Node, metric: str, column: tuple[str, str]) -> Source:
    """Return the source of a model metric over profile cells; hours are the finest buckets.

    Raises
    ------
    Immeasurable
        When the metric cannot be had from sums: it needs raw rows.
    InputError
        When the metric is another task's loss.
    """
    if metric not in VALUES or (node.task and node.task not in TASKS.get(metric, (node.task,))):
        possible = [name for name in VALUES if node.task in (None, *TASKS.get(name, (node.task,)))]
        raise (InputError if metric in VALUES else Immeasurable)(
            f"{metric} of {node.id!r} cannot be computed from imported histograms",
            mend=f"log predictions/{node.id}/, or use {', '.join(possible)}",
        )
    return partial(_sql, node.id, metric, column)
