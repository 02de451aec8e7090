"""Every model metric as SQL: the columns it reads of a row, and the steps that reduce them per bucket.

The steps follow a CTE `log(bucket, <columns>)` and end in a CTE `metric(bucket, value, n)`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rca.metrics import rows
from rca.metrics.rows import LABEL, POSITIVE, PREDICTION, check_applicable, number
from rca.metrics.table import PredictionTable
from rca.warehouse.store import literal
from schemas.system import Node


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a metric is computed.

    Parameters
    ----------
    columns
        SQL select list over the prediction table.
    steps
        CTEs from `log` to `metric`.
    counted, positives
        Aggregates over `log`: rows that count in a bucket, and how many of them are (expected to be)
        positive where the metric is limited by the rarer class, else NULL. Both add up over buckets.
    """

    columns: str
    steps: str
    counted: str = "count(score)"
    positives: str = "NULL"


MEAN = """metric AS (  -- a row is a bucket
    SELECT bucket, avg(score) AS value, count(score) AS n FROM log GROUP BY bucket)"""

ROOT = """metric AS (  -- a row is a bucket
    SELECT bucket, sqrt(avg(score)) AS value, count(score) AS n FROM log GROUP BY bucket)"""

F1_BINARY = """metric AS (  -- a row is a bucket
    SELECT bucket,
           CASE WHEN sum(score + positive) > 0 THEN 2 * sum(score * positive) / sum(score + positive) END AS value,
           count(*) AS n
    FROM log WHERE score IS NOT NULL AND positive IS NOT NULL GROUP BY bucket)"""

F1_MACRO = """answered AS (  -- a row is a labelled row
    SELECT bucket, prediction, label FROM log WHERE prediction IS NOT NULL AND label IS NOT NULL),
pairs AS (  -- a row is a bucket, answer and truth
    SELECT bucket, prediction, label, count(*) AS n FROM answered GROUP BY bucket, prediction, label),
sides AS (  -- a row is a class seen in a bucket, as answer or as truth; hits counts both sides
    SELECT bucket, prediction AS class, n, n * (prediction = label)::INTEGER AS hits, 0 AS truths FROM pairs
    UNION ALL
    SELECT bucket, label, n, n * (prediction = label)::INTEGER, n FROM pairs),
classes AS (  -- a row is a class in a bucket
    SELECT bucket, class, sum(hits) / sum(n) AS f1, sum(truths) AS truths FROM sides GROUP BY bucket, class),
metric AS (  -- a row is a bucket
    SELECT bucket, avg(f1) AS value, sum(truths) AS n FROM classes GROUP BY bucket)"""

AUC = """scored AS (  -- a row is a scored row (of one class): its score and the probability that it is positive
    SELECT bucket, part, score, positive FROM log WHERE score IS NOT NULL AND positive IS NOT NULL),
tied AS (  -- a row is one distinct score: expected positives and negatives that share it
    SELECT bucket, part, score, sum(positive) AS positives, sum(1 - positive) AS negatives, count(*) AS n
    FROM scored GROUP BY bucket, part, score),
ranked AS (  -- adds the negatives that it beats, ties counting half
    SELECT *, sum(negatives) OVER (PARTITION BY bucket, part ORDER BY score) - negatives / 2 AS beaten FROM tied),
areas AS (  -- a row is a class in a bucket
    SELECT bucket, part, sum(n) AS n,
           CASE WHEN sum(positives) > 0 AND sum(negatives) > 0
                THEN sum(positives * beaten) / (sum(positives) * sum(negatives)) END AS area
    FROM ranked GROUP BY bucket, part),
metric AS (  -- a row is a bucket; macro average over the classes that occur
    SELECT bucket, avg(area) AS value, max(n) AS n FROM areas GROUP BY bucket)"""

NDCG = """scored AS (  -- a row is a labelled document of a query
    SELECT bucket, query, score, pow(2, least(label, 60)) - 1 AS gain FROM log
    WHERE query IS NOT NULL AND score IS NOT NULL AND label IS NOT NULL),
placed AS (  -- adds its discount in the given order and in the ideal one
    SELECT *, 1 / log2(1 + row_number() OVER (PARTITION BY bucket, query ORDER BY score DESC)) AS discount,
           1 / log2(1 + row_number() OVER (PARTITION BY bucket, query ORDER BY gain DESC)) AS ideal
    FROM scored),
tied AS (  -- a row is a score within a query; documents that tie share their places
    SELECT bucket, query, sum(gain) * avg(discount) AS dcg, sum(gain * ideal) AS best, max(gain) AS top
    FROM placed GROUP BY bucket, query, score),
queries AS (  -- a row is a query that has a positive label
    SELECT bucket, query, sum(dcg) / sum(best) AS ndcg FROM tied GROUP BY bucket, query HAVING max(top) > 0),
metric AS (  -- a row is a bucket; n counts queries
    SELECT bucket, avg(ndcg) AS value, count(*) AS n FROM queries GROUP BY bucket)"""


def _each_class(table: PredictionTable, positive: Callable[[str, str], str]) -> str:
    """Return a select list that turns a row into one row per class: `(part, score, positive)`."""
    names = ", ".join(literal(name) for name, _ in table.probabilities)
    scores = ", ".join(f"({number(column)})" for _, column in table.probabilities)
    truths = ", ".join(positive(literal(name), number(column)) for name, column in table.probabilities)
    return f"unnest([{names}]) AS part, unnest([{scores}]) AS score, unnest([{truths}]) AS positive"


def _within_unit(probability: str) -> str:
    # least/greatest skip NULL, which would turn a missing probability into 0
    return f"CASE WHEN ({probability}) IS NOT NULL THEN least(greatest({probability}, 0), 1) END"


BOTH = "score IS NOT NULL AND positive IS NOT NULL"
RARER = {"counted": f"count(*) FILTER ({BOTH})", "positives": f"sum(positive) FILTER ({BOTH})"}


def _auc(_: Node, table: PredictionTable) -> Recipe:
    if table.task == "multiclass":
        columns = _each_class(table, lambda name, _: f"CAST(label = {name} AS DOUBLE)")
        return Recipe(columns, AUC, counted=f"count(positive) / {len(table.probabilities)}")
    positive = f"CAST(({LABEL}) > 0 AS DOUBLE)" if table.task == "ranking" else POSITIVE
    return Recipe(f"'' AS part, {PREDICTION} AS score, {positive} AS positive", AUC, **RARER)


def _estimated_auc(_: Node, table: PredictionTable) -> Recipe:
    if table.task == "multiclass":
        columns = _each_class(table, lambda _, probability: _within_unit(probability))
        return Recipe(columns, AUC, counted=f"count(score) / {len(table.probabilities)}")
    return Recipe(f"'' AS part, {PREDICTION} AS score, {_within_unit(PREDICTION)} AS positive", AUC, **RARER)


def _f1(node: Node, table: PredictionTable) -> Recipe:
    if table.task == "multiclass":
        return Recipe("prediction, label", F1_MACRO, counted="count(label)")
    return Recipe(f"{rows.positive_rate(node, table)} AS score, {POSITIVE} AS positive", F1_BINARY, **RARER)


def _ndcg(_: Node, __: PredictionTable) -> Recipe:
    columns = f"query_id AS query, {PREDICTION} AS score, {LABEL} AS label"
    return Recipe(columns, NDCG, counted="count(DISTINCT query) FILTER (score IS NOT NULL AND label > 0)")


def _rmse(node: Node, table: PredictionTable) -> Recipe:
    return Recipe(f"{rows.squared_error(node, table)} AS score", ROOT)


COMPOSED = {"auc": _auc, "estimated_auc": _estimated_auc, "f1": _f1, "ndcg": _ndcg, "rmse": _rmse}


def recipe(node: Node, table: PredictionTable, metric: str) -> Recipe:
    """Return how to compute a model metric from the rows of a prediction table.

    Raises
    ------
    InputError
        When the metric means nothing for the task, or needs columns that are not logged.
    """
    check_applicable(node, table, metric)
    if metric in COMPOSED:
        return COMPOSED[metric](node, table)
    return Recipe(f"{rows.MEANS[metric](node, table)} AS score", MEAN)
