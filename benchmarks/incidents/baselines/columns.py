"""Common-sense rules for the columns that a model reads, a part of `rules.py`."""

from collections.abc import Iterator

import numpy as np

from benchmarks.incidents.baselines.components import Guess
from benchmarks.incidents.baselines.psi import psi
from benchmarks.incidents.baselines.samples import Sample, samples_of
from benchmarks.incidents.baselines.windows import Windows, windows
from benchmarks.incidents.files import Files, quoted

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


def column_rule(sample: Sample) -> tuple[float, str] | None:
    """Return what happened to one column, if anything, and how plain it is."""
    old, new = null_share(sample)
    if new - old > JUMP:
        return 2 * min(1.0, new - old + 0.3), "data_quality"
    if not sample.numeric and new_names(sample) > JUMP:
        return 2.5, "schema_change" if new_names(sample) > RECODED else "data_quality"
    if sample.numeric and not FACTORS[1] < factor(sample) < FACTORS[0]:
        return 2.5, "data_quality"
    if sample.numeric and sample.after.size and np.unique(sample.after[sample.known[1]]).size == 1:
        return 2.5, "data_quality"
    moved = psi(sample)
    return (min(1.0, moved), "feature_drift") if moved > SHIFTED else None


def retyped(files: Files, node: str) -> set[str]:
    """Return the columns that the last batch lacks, or has as another type, than the first."""
    batches = files.batches(node)
    first, last = (files.batch_schema(file) for file in (batches[0], batches[-1]))
    return {column for column in first if first[column] != last.get(column)}


def told_of(files: Files, window: Windows, sample: Sample, changed: set[str]) -> tuple[float, str] | None:
    """Return what to say of a column: what became of its type, else of its values."""
    if sample.column in changed and window.onset is not None:
        return 3.0, "schema_change"
    found = column_rule(sample)
    if found and window.onset is None and sample.node == files.model:
        return found[0], "training_serving_skew"  # it never was otherwise
    return found


def column_rules(files: Files) -> Iterator[Guess]:
    """Yield what happened to the columns, as far as their model relies on them."""
    for node in (node for node in files.models if "prediction" in files.columns(node)):
        window, changed = windows(files, node), retyped(files, node)
        for sample in samples_of(files, node, window):
            found = told_of(files, window, sample, changed)
            if found is None:
                continue
            known = importance(files, node, window, sample)
            weight = (found[0] + known) * min(1.0, 0.1 + 5 * known)
            place = node if found[1] == "training_serving_skew" else sample.producer
            yield weight, found[1], place, sample.column
