"""Record what each batch looked like: its columns, their positions, types, nulls. Disagreement is evidence."""

from dataclasses import dataclass

from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.table import Table
from rca.ingest.session import Session
from rca.ingest.types import kind_of
from rca.warehouse.store import quote


@dataclass(frozen=True, slots=True)
class Observed:
    """Landed columns -> their physical names, and (file_id, column) -> values that did not fit their kept type."""

    physical: dict[str, str]
    uncast: dict[tuple[int, str], int]


def observe(session: Session, table: Table, group: Group, ids: range, seen: Observed) -> None:
    """Write one schema observation per batch and column, in one statement for all batches of the group."""
    columns = group.relation.columns
    physical = [quote(seen.physical[c.name]) if c.name in seen.physical else None for c in columns]
    counts = ", ".join(f"count({name})" if name else "NULL" for name in physical)
    lengths = ", ".join(
        f"CASE WHEN min(len({name})) = max(len({name})) THEN max(len({name})) END"
        if name and c.observed.endswith("[]") and kind_of(c.observed) == "vector"
        else "NULL"
        for c, name in zip(columns, physical, strict=True)
    )
    session.run(
        f"""INSERT INTO schema_observations
            WITH filled AS (  -- a row is one batch with the number of values kept per column, and its vectors' length
                SELECT _file, count(*) AS n, min(ts) AS first_ts, max(ts) AS last_ts, [{counts}] AS kept,
                       [{lengths}]::BIGINT[] AS lengths
                FROM {table.name} WHERE _file BETWEEN {ids[0]} AND {ids[-1]} GROUP BY _file
            ), cells AS (  -- a row is one column of one batch
                SELECT _file, n, first_ts, last_ts, unnest(kept) AS kept, unnest(lengths) AS length,
                       unnest(range(len(kept))) AS place
                FROM filled
            ), described AS (
                SELECT unnest($names::VARCHAR[]) AS name, unnest($types::VARCHAR[]) AS type,
                       unnest($kinds::VARCHAR[]) AS kind, unnest(range(len($names::VARCHAR[]))) AS place
            ), uncast AS (
                SELECT unnest($files::INTEGER[]) AS _file, unnest($columns::VARCHAR[]) AS name,
                       unnest($counts::BIGINT[]) AS n
            )
            SELECT cells._file, $node, name, place,
                   CASE WHEN length IS NULL THEN type ELSE left(type, -1) || length || ']' END, kind, cells.n,
                   coalesce(cells.n - kept - coalesce(uncast.n, 0), 0), coalesce(uncast.n, 0), first_ts, last_ts
            FROM cells JOIN described USING (place) LEFT JOIN uncast USING (_file, name)
            ORDER BY cells._file, place""",
        {
            "node": table.node,
            "names": [column.name for column in columns],
            "types": [column.observed for column in columns],
            "kinds": [_kind(column.name, column.observed, table) for column in columns],
            "files": [file_id for file_id, _ in seen.uncast],
            "columns": [name for _, name in seen.uncast],
            "counts": list(seen.uncast.values()),
        },
    )


def _kind(name: str, observed: str, table: Table) -> str:
    """Return the observed kind; a column without any value is of the kind kept for it."""
    kept = table.columns.get(name)
    return kind_of(kept.type) if observed == '"NULL"' and kept else kind_of(observed)
