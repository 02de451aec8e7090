"""Rows that were logged more than once: the same request, or the same moment with the same prediction."""

import duckdb


def repeated_rows(table: str, sides: tuple[str, str]) -> str:
    """Return SQL of the rows (`repeat_id`) that repeat an earlier row of their side.

    Parameters
    ----------
    table
        The prediction table, quoted; it has the columns request_id, ts and prediction.
    sides
        SQL conditions of the baseline's and the window's rows.
    """
    return " UNION ALL ".join(f"({_repeated(table, where)})" for where in sides)


def _repeated(table: str, where: str) -> str:
    # a group of one is the rule: only the few keys that occur twice are looked up again
    return f"""
        WITH side AS (
            SELECT rowid AS id, coalesce(request_id, concat(epoch_us(ts), ' ', prediction)) AS request,
                   hash(ts, prediction, label) AS moment
            FROM {table} WHERE {where} AND ts IS NOT NULL
        ),
        requests AS (SELECT request, min(id) AS first FROM side GROUP BY request HAVING count(*) > 1),
        moments AS (SELECT moment, min(id) AS first FROM side GROUP BY moment HAVING count(*) > 1)
        -- a row is one row that repeats another
        SELECT id AS repeat_id FROM side JOIN requests USING (request) WHERE id > first
        UNION
        SELECT id FROM side JOIN moments USING (moment) WHERE id > first
    """


def repeated_shares(connection: duckdb.DuckDBPyConnection, table: str, sides: tuple[str, str]) -> tuple[float, float]:
    """Return the shares of each side's rows that repeat an earlier one; NaN for a side without rows."""
    out = []
    for where in sides:
        row = connection.execute(
            f"SELECT (SELECT count(*) FROM ({_repeated(table, where)})) / nullif(count(*), 0) "
            f"FROM {table} WHERE {where}"
        ).fetchone()
        out.append(float("nan") if row is None or row[0] is None else float(row[0]))
    return out[0], out[1]
