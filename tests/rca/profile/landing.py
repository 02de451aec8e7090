"""Land predictions straight in the warehouse's tables, as ingest would."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from rca.warehouse import Warehouse
from rca.warehouse.store import quote

START = datetime(2026, 3, 1)  # noqa: DTZ001 (the warehouse keeps naive UTC)
FIXED = {
    "_file": "INTEGER",
    "_row": "BIGINT",
    "ts": "TIMESTAMP",
    "request_id": "VARCHAR",
    "trace_id": "VARCHAR",
    "model_version": "VARCHAR",
    "query_id": "VARCHAR",
    "split": "VARCHAR",
    "prediction": "DOUBLE",
    "label": "DOUBLE",
    "label_ts": "TIMESTAMP",
}
KINDS = {"VARCHAR": "category", "BOOLEAN": "boolean", "TIMESTAMP": "timestamp"}


def kind_of(kept: str) -> str:
    return "vector" if kept.endswith("]") else KINDS.get(kept, "numeric")


def make_log(
    warehouse: Warehouse,
    columns: Mapping[str, str],
    node: str = "m",
    task: str = "binary",
    segments: Sequence[str] = (),
) -> str:
    """Register a prediction table with the given columns (name -> DuckDB type)."""
    con = warehouse.connection
    count = con.execute("SELECT count(*) FROM prediction_tables").fetchone()
    table = f"predictions_{count[0] + 1}"
    outcome = {"prediction": "VARCHAR", "label": "VARCHAR"} if task == "multiclass" else {}
    kept = {**FIXED, **outcome, **columns}
    con.execute(f"CREATE TABLE {table} ({', '.join(f'{quote(n)} {t}' for n, t in kept.items())})")
    con.execute("INSERT INTO prediction_tables VALUES (?, ?, ?)", [node, table, task])
    for name, kind in kept.items():
        role = "reserved" if name in FIXED else "segment" if name in segments else "feature"
        con.execute(
            "INSERT INTO prediction_columns VALUES (?, ?, ?, ?, ?, ?)", [node, name, name, role, kind_of(kind), kind]
        )
    return table


def add_column(warehouse: Warehouse, name: str, kept: str, node: str = "m", table: str = "predictions_1") -> None:
    warehouse.connection.execute(f"ALTER TABLE {table} ADD COLUMN {quote(name)} {kept}")
    warehouse.connection.execute(
        "INSERT INTO prediction_columns VALUES (?, ?, ?, 'feature', ?, ?)", [node, name, name, kind_of(kept), kept]
    )


def land(
    warehouse: Warehouse, rows: Sequence[Mapping[str, object]], node: str = "m", table: str = "predictions_1"
) -> int:
    """Land rows as one file; what a row leaves out gets a plain default. Return the file's id."""
    con = warehouse.connection
    file_id = con.execute(
        "INSERT INTO files (source, node, path, digest, rows, quarantined) "
        "VALUES ('predictions', ?, 'f', 'd', ?, 0) RETURNING file_id",
        [node, len(rows)],
    ).fetchone()[0]
    full = [
        {
            "_file": file_id,
            "_row": k,
            "ts": START + timedelta(minutes=10 * k),
            "split": "production",
            "prediction": 0.5,
            **row,
        }
        for k, row in enumerate(rows, start=1)
    ]
    if full:
        types = con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]
        ).fetchall()
        values = ", ".join(f"unnest(?::{kept}[]) AS {quote(name)}" for name, kept in types)
        columns = [[row.get(name) for row in full] for name, _ in types]
        con.execute(f"INSERT INTO {table} SELECT {values}", columns)
    return int(file_id)


def hours(value: float) -> timedelta:
    return timedelta(hours=value)
