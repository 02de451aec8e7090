"""Bin edges: taken from the reference once, and kept, so that all later counts compare."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import duckdb

from rca.metrics.buckets import as_floats
from rca.profile.parts import Log, Part, read_log
from rca.profile.quantiles import numeric_edges
from rca.profile.queries import Queries
from rca.profile.reference import SAMPLE, Reference, file_reference, find_reference, reference_of
from rca.warehouse.tables import NULL, SPECIAL_BINS, UNSEEN

TOP_CATEGORIES = 50
KNOWN_CATEGORIES = 1000
"""Up to this many distinct values the vocabulary is kept, and an unseen value can be told."""

FETCH_COLUMNS = 250
UNION_BRANCHES = 32

INFINITE = "CAST('inf' AS DOUBLE)"

NEW_FILES = "_file IN (SELECT file_id FROM files WHERE source = 'predictions' AND NOT profiled)"
"""SQL condition of the rows that are not profiled yet."""

Row = tuple[Any, ...]
Key = tuple[str, str]
"""Column and part."""


def make_edges(connection: duckdb.DuckDBPyConnection, log: Log, renewed: frozenset[Key] = frozenset()) -> Log:
    """Give every part of a log that has no bins yet its bins; return the log, which may know more then.

    The reference is the training rows, else the earliest rows (`find_reference`). A column that is empty there takes
    its bins from the batch with its first value.

    Parameters
    ----------
    renewed
        Parts that had bins, which are to be made anew: their first value may lie in a batch profiled already.
    """
    kept = kept_parts(connection, log.node)
    new = {part.key for part in log.parts if part.key not in kept}
    if new:
        where, rows = find_reference(connection, log)
        if renewed or _may_record(connection, log, kept):
            connection.execute("INSERT OR REPLACE INTO profile_references VALUES (?, ?, ?)", [log.node, where, rows])
        log = _bin_parts(connection, log, new, reference_of(connection, log, where, rows))
        kept = kept_parts(connection, log.node)
    empty = [part for part in log.parts if not kept[part.key]]
    for file_id, keys in _first_files(connection, log, empty, renewed).items():
        log = _bin_parts(connection, log, keys, file_reference(connection, log, file_id))
    connection.execute(f"DROP TABLE IF EXISTS {SAMPLE}")
    return log


def kept_parts(connection: duckdb.DuckDBPyConnection, node: str) -> dict[Key, bool]:
    """Return the parts that have bins, and whether any of these is more than a special one."""
    rows = connection.execute(
        "SELECT column_name, part, max(bin) >= 0 FROM bins WHERE node = ? GROUP BY column_name, part", [node]
    ).fetchall()
    return {(column, part): bool(real) for column, part, real in rows}


def _may_record(connection: duckdb.DuckDBPyConnection, log: Log, kept: Mapping[Key, bool]) -> bool:
    """Tell whether all bins of the log are being made now: those of an earlier version, or imported, stay."""
    row = connection.execute(
        "SELECT count(*) FROM files WHERE source = 'predictions' AND node = ? AND profiled AND rows > 0", [log.node]
    ).fetchone()
    return not (row and row[0]) and not any(part.key in kept for part in log.parts)


def first_values(
    connection: duckdb.DuckDBPyConnection, log: Log, parts: Sequence[Part], where: str = NEW_FILES
) -> dict[Key, datetime]:
    """Return when each part has its first value, among the rows that meet a condition; without those that have none."""
    found: dict[Key, datetime] = {}
    for chunk in _chunks(parts, FETCH_COLUMNS):
        firsts = ", ".join(f"min(ts) FILTER (WHERE {_present(part)})" for part in chunk)
        row = connection.execute(f"SELECT {firsts} FROM {log.table} WHERE {where}").fetchone()
        found |= {part.key: ts for part, ts in zip(chunk, row or (), strict=False) if ts is not None}
    return found


def first_file(connection: duckdb.DuckDBPyConnection, log: Log, part: Part, first: datetime) -> tuple[int, str]:
    """Return the file, and its digest, with a part's first value: of several at one moment that of the least digest."""
    row = connection.execute(
        # a column of the log may have the name of one of `files`
        f"SELECT _file, coalesce(digest, '') FROM (SELECT _file FROM {log.table} WHERE ts = ? AND {_present(part)}) "
        "LEFT JOIN files ON file_id = _file ORDER BY 2, 1 LIMIT 1",
        [first],
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else (-1, "")


def _present(part: Part) -> str:
    # a vector whose length is not known yet has no value: any vector will do to learn it
    return f"isfinite({part.value})" if part.ranged and part.known else f"{part.source} IS NOT NULL"


def _first_files(
    connection: duckdb.DuckDBPyConnection, log: Log, parts: Sequence[Part], renewed: frozenset[Key]
) -> dict[int, set[Key]]:
    """Return which file gives which parts their bins, and note it."""
    found: dict[int, set[Key]] = defaultdict(set)
    known = first_values(connection, log, [p for p in parts if p.key in renewed], "TRUE")
    known |= first_values(connection, log, [p for p in parts if p.key not in renewed])
    for part in parts:
        if part.key in known:
            file_id, digest = first_file(connection, log, part, known[part.key])
            found[file_id].add(part.key)
            connection.execute(
                "INSERT INTO late_parts VALUES (?, ?, ?, ?, ?)", [log.node, *part.key, digest, known[part.key]]
            )
    return dict(sorted(found.items()))


def _bin_parts(connection: duckdb.DuckDBPyConnection, log: Log, keys: set[Key], reference: Reference) -> Log:
    log = _learn_lengths(connection, log, keys, reference)
    parts = [part for part in log.parts if part.key in keys]
    connection.execute(
        "DELETE FROM bins WHERE node = ? AND bin < 0 AND (column_name, part) IN "
        "(SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))",
        [log.node, [p.column for p in parts], [p.part for p in parts]],
    )
    keep_bins(connection, log.node, *bin_rows(connection, log, parts, reference))
    return log


def bin_rows(
    queries: Queries, log: Log, parts: Sequence[Part], reference: Reference
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the bins that some parts get from a reference, and (column, category) of what is too rare for one."""
    bins: list[Row] = [(p.column, p.part, p.kind, NULL, SPECIAL_BINS[NULL], None, None, None) for p in parts]
    rare: list[tuple[str, str]] = []
    bins += _ranges(queries, log, [p for p in parts if p.ranged], reference)
    bins += _booleans([p for p in parts if p.kind == "boolean"])
    for part, values in _vocabularies(queries, log, [p for p in parts if p.kind == "category"], reference):
        head = (part.column, part.part, part.kind)
        bins += [(*head, k, "category", None, None, value) for k, value in enumerate(values[:TOP_CATEGORIES])]
        if len(values) <= KNOWN_CATEGORIES:
            bins += [(*head, UNSEEN, SPECIAL_BINS[UNSEEN], None, None, None)] if values else []
            rare += [(part.column, value) for value in values[TOP_CATEGORIES:]]
    return bins, rare


def keep_bins(
    connection: duckdb.DuckDBPyConnection, node: str, bins: Sequence[Row], rare: Sequence[tuple[str, str]]
) -> None:
    """Add bins and rare categories, as `bin_rows` returns them, to their tables."""
    types = ("VARCHAR", "VARCHAR", "VARCHAR", "INTEGER", "VARCHAR", "DOUBLE", "DOUBLE", "VARCHAR")
    _insert(connection, "bins", node, bins, types)
    _insert(connection, "rare_categories", node, rare, ("VARCHAR", "VARCHAR"))


def _learn_lengths(connection: duckdb.DuckDBPyConnection, log: Log, keys: set[Key], reference: Reference) -> Log:
    """Keep the usual length of each vector column that has none yet; return the log that knows it."""
    unknown = {part.column: part.source for part in log.parts if not part.known and part.key in keys}
    for column, source in unknown.items():
        connection.execute(
            f"""
            INSERT INTO vector_lengths
            WITH lengths AS (SELECT len(CAST({source} AS DOUBLE[])) AS length FROM {log.table} WHERE {reference.where})
            SELECT $1, $2, length FROM lengths WHERE length > 0
            GROUP BY length ORDER BY count(*) DESC, length LIMIT 1
            """,
            [log.node, column],
        )
    return (read_log(connection, log.node) or log) if unknown else log


def _ranges(queries: Queries, log: Log, parts: Sequence[Part], reference: Reference) -> Iterator[Row]:
    for chunk in _chunks(parts, FETCH_COLUMNS):
        values = ", ".join(f"{part.value} AS v{k}" for k, part in enumerate(chunk))
        finite = [f"CASE WHEN abs(v{k}) < {INFINITE} THEN v{k} END" for k in range(len(chunk))]
        extremes = queries.execute(
            f"WITH reference AS (SELECT {values} FROM {log.table} WHERE {reference.where}) "
            f"SELECT {', '.join(f'min({v}), max({v})' for v in finite)} FROM reference"
        ).fetchone()
        sample = queries.execute(f"SELECT {values} FROM {log.table} WHERE {reference.sampled}").fetchnumpy()
        for k, part in enumerate(chunk):
            low, high = extremes[2 * k : 2 * k + 2] if extremes else (None, None)
            if low is None:
                continue
            edges = numeric_edges(as_floats(sample[f"v{k}"]), low, high).tolist()
            for code, (left, right) in enumerate(pairwise(edges)):
                yield (part.column, part.part, part.kind, code, "range", left, right, None)


def _booleans(parts: Sequence[Part]) -> Iterator[Row]:
    for part in parts:
        for code, name in enumerate(("false", "true")):
            yield (part.column, part.part, part.kind, code, "category", None, None, name)


def _vocabularies(
    queries: Queries, log: Log, parts: Sequence[Part], reference: Reference
) -> Iterator[tuple[Part, list[str]]]:
    """Yield each part's categories, most frequent first, at most one more than are kept."""
    for chunk in _chunks(parts, UNION_BRANCHES):
        branches = [
            f"""(SELECT {k} AS slot, category, count(*) AS n
                 FROM (SELECT {part.value} AS category FROM {log.table} WHERE {reference.where}) AS filled
                 WHERE category IS NOT NULL
                 GROUP BY category ORDER BY n DESC, category LIMIT {KNOWN_CATEGORIES + 1})"""
            for k, part in enumerate(chunk)
        ]
        found: dict[int, list[str]] = defaultdict(list)
        # a row is one category of one column
        for slot, category, _ in queries.execute(
            f"SELECT * FROM ({' UNION ALL '.join(branches)}) AS listed ORDER BY slot, n DESC, category"
        ).fetchall():
            found[slot].append(category)
        for k, part in enumerate(chunk):
            yield part, found[k]


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, node: str, rows: Sequence[Row], types: Sequence[str]
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in types]
    values = ", ".join(f"unnest(${k}::{kind}[])" for k, kind in enumerate(types, start=2))
    connection.execute(f"INSERT INTO {table} SELECT $1, {values}", [node, *columns])


def _chunks(parts: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    return (parts[start : start + size] for start in range(0, len(parts), size))
