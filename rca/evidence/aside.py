"""What ingest set aside, in a few sentences: an answer from damaged files must say so."""

from rca.warehouse import Warehouse

MOST = 5


def set_aside(warehouse: Warehouse) -> tuple[str, ...]:
    """Return one sentence per kind of row or value in quarantine, the most frequent first, at most five."""
    rows = warehouse.connection.execute(
        """
        -- a row is one reason for which rows or values were set aside
        SELECT count(*) AS n, count(DISTINCT path) AS files, min(path) AS first_path,
               arg_min("row", path) AS first_row, column_name, any_value(reason ORDER BY path) AS reason
        FROM quarantine GROUP BY column_name, regexp_replace(reason, '[0-9]+', '', 'g') ORDER BY n DESC, first_path
        """
    ).fetchall()
    told = [
        f"set aside: {n:,} in {files:,} file{'s' if files > 1 else ''}, first {path}"
        + (f", row {row}" if row is not None else "")
        + (f", column {column!r}" if column else "")
        + f": {reason}"
        for n, files, path, row, column, reason in rows[:MOST]
    ]
    if len(rows) > MOST:
        told.append(f"and {len(rows) - MOST} more kinds of rows or values set aside; rca validate lists them")
    return tuple(told)
