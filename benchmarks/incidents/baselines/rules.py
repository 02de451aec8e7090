"""A page of common-sense rules, in the order in which an experienced person would ask.

Each rule that fires names a cause with a rough weight; the heaviest comes first. No model of the
symptom, no test of what a change did: what a careful script over the logs would do.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.incidents.baselines.components import Guess, broken_components, slow_operations
from benchmarks.incidents.baselines.latest_change import SETTINGS, subject_of
from benchmarks.incidents.baselines.psi import psi
from benchmarks.incidents.baselines.samples import Sample, samples_of
from benchmarks.incidents.baselines.windows import DAY, Windows, onset_of, windows
from benchmarks.incidents.files import Files, quoted

FAMILIES = None
NEAR = 1.5 * DAY
JUMP, SHIFTED, RECODED = 0.05, 0.1, 0.5
FACTORS = (5.0, 0.2)
"""A median so many times the old one is another unit."""


def null_share(sample: Sample) -> tuple[float, float]:
    """Return the shares of nulls before and after."""
    before, after = sample.known
    return 1 - float(before.mean()), 1 - float(after.mean())


def new_names(sample: Sample) -> float:
    """Return the share of the rows whose category was never seen before."""
    before, after = sample.known
    seen = set(sample.before[before].tolist())
    return float(np.mean([name not in seen for name in sample.after[after].tolist()])) if after.any() else 0.0


def factor(sample: Sample) -> float:
    """Return by how much the median changed."""
    before, after = sample.known
    old = float(np.median(sample.before[before].astype(float)))
    new = float(np.median(sample.after[after].astype(float))) if after.any() else old
    return new / old if old else 1.0


def importance(files: Files, node: str, window: Windows, sample: Sample) -> float:
    """Return how strongly a column goes with the model's answer while all is well, [0, 1]."""
    cast = "TRY_CAST({} AS DOUBLE)" if sample.numeric else "hash({}) % 1024"
    column, answer = (
        cast.format(quoted(sample.column)),
        "coalesce(TRY_CAST(prediction AS DOUBLE), hash(prediction) % 97)",
    )
    query = f"""
        WITH binned AS (  -- a row is a request, with the twelfth of the column that it falls in
            SELECT {answer} AS y, CASE WHEN {"true" if sample.numeric else "false"}
                   THEN ntile(12) OVER (ORDER BY {column}) ELSE {column}::BIGINT END AS b
            FROM {files.logs(node)} WHERE {window.before}),
        means AS (SELECT count(*) AS n, avg(y) AS m FROM binned GROUP BY b)
        SELECT (SELECT sum(n * (m - (SELECT avg(y) FROM binned)) ** 2) / sum(n) FROM means),
               (SELECT var_pop(y) FROM binned)"""
    between, total = files.connection.execute(query).fetchone() or (None, None)
    return float(min(1.0, between / total)) if between is not None and total else 0.0


def column_rule(sample: Sample, weight: float) -> Guess | None:
    """Return what happened to one column, if anything; `weight` is how much the model relies on it."""
    old, new = null_share(sample)
    where = (sample.producer, sample.column)
    if new - old > JUMP:
        return 2 * min(1.0, new - old + 0.3) + weight, "data_quality", *where
    if not sample.numeric and new_names(sample) > RECODED:
        return 2.5 + weight, "schema_change", *where
    if sample.numeric and not FACTORS[1] < factor(sample) < FACTORS[0]:
        return 2.5 + weight, "data_quality", *where
    if sample.numeric and sample.after.size and np.unique(sample.after[sample.known[1]]).size == 1:
        return 2.5 + weight, "data_quality", *where
    moved = psi(sample)
    return (min(1.0, moved) + weight, "feature_drift", *where) if moved > SHIFTED else None


def schema_rules(files: Files) -> Iterator[Guess]:
    """Yield columns that the last batch lacks, or has as another type, than the first."""
    for node in files.models:
        first, last = files.batch_schema(node, 0), files.batch_schema(node, -1)
        for column in first.keys() & files.inputs(node).keys():
            if first[column] != last.get(column):
                yield 3.5, "schema_change", files.producer(node, column), column


def column_rules(files: Files) -> Iterator[Guess]:
    """Yield what happened to the columns that a model relies on."""
    for node in files.models:
        if "prediction" not in files.columns(node):
            continue
        window = windows(files, node)
        for sample in samples_of(files, node, window):
            known = importance(files, node, window, sample)
            guess = column_rule(sample, known)
            if guess is None:
                continue
            weight = guess[0] * min(1.0, 0.1 + 5 * known)
            skewed = window.onset is None and node == files.model
            yield (weight, "training_serving_skew", node, guess[3]) if skewed else (weight, *guess[1:])


def event_rules(files: Files) -> Iterator[Guess]:
    """Yield what changed near the onset on the nodes that matter."""
    onset = onset_of(files)
    for event in files.changes:
        if onset is None or not -NEAR < event["ts"] - onset < NEAR / 3:
            continue
        node, kind = event["node"], event["kind"]
        closeness = 1 - abs((event["ts"] - onset) / NEAR)
        if kind == "deploy" and node in files.models:
            family = "model_change" if node == files.model else "upstream_model_change"
            yield 1.6 + closeness, family, node, subject_of(event, {family})
        elif kind in SETTINGS and node in files.models:
            yield 1.8 + closeness, "config_change", node, subject_of(event, {"config_change"})
        elif kind == "label_guideline" and node == files.model:
            yield 1.2 + closeness, "label_change", node, None


def outcome_rules(files: Files) -> Iterator[Guess]:
    """Yield what the rows and labels of the reported model say when no column does."""
    node = files.model
    if not node or "label" not in files.columns(node):
        return
    window = windows(files, node)
    sql = "SELECT avg(v), stddev_samp(v) FROM (SELECT TRY_CAST(label AS DOUBLE) AS v FROM {} WHERE {})"
    before, after = (
        files.connection.execute(sql.format(files.logs(node), w)).fetchone() for w in (window.before, window.after)
    )
    if before and after and before[1] and after[0] is not None:
        moved = abs(after[0] - before[0]) / before[1]
        yield 0.5 + min(1.0, 2 * moved), "concept_drift", node, None
        yield 0.3 + min(1.0, moved), "population_shift", node, None


def answer(files: Files) -> list[dict[str, Any]]:
    """Return the guesses, the heaviest first."""
    rules = (schema_rules, column_rules, event_rules, outcome_rules, broken_components, slow_operations)
    guesses = sorted((guess for rule in rules for guess in rule(files)), key=lambda guess: (-guess[0], str(guess)))
    return [
        {"family": family, "node": node, "subject": subject, "confidence": 0.0, "mechanism": None}
        for family, node, subject in dict.fromkeys(guess[1:] for guess in guesses)
    ]
