"""Rows that were logged more than once: the same request, or the same moment with the same prediction."""

import duckdb

from rca.warehouse.draw import stored_order

ENOUGH_ROWS = 300_000
"""Of a side with more rows the share is taken over its last part, of about as many."""

KEYS = f"""{stored_order()} AS id,
        CASE WHEN request_id IS NULL THEN hash(ts, prediction) ELSE hash(request_id) END AS request,
        hash(ts, prediction, label) AS moment"""


def repeated_rows(table: str, sides: tuple[str, str], asked: str, *, same_moment: bool = False) -> str:
    """Return SQL of the rows that repeat an earlier row of their side, among those that are asked about.

    `repeat_id` is their `stored_order`.

    Parameters
    ----------
    table
        The prediction table, quoted; it has the columns request_id, ts and prediction.
    sides
        SQL conditions of the baseline's and the window's rows.
    asked
        SQL of the row ids that are asked about: only rows like these are looked through.
    same_moment
        Whether to look only among rows of the same moment: for sides of very many rows.
    """
    if same_moment:
        moments = f"ts IN (SELECT ts FROM {table} WHERE rowid IN ({asked}))"
        sides = (f"{sides[0]} AND {moments}", f"{sides[1]} AND {moments}")
    return " UNION ALL ".join(f"({_repeated(table, where, asked)})" for where in sides)


def _repeated(table: str, where: str, asked: str = "") -> str:
    # a group of one is the rule: only the few keys that occur twice are looked up again
    wanted = f"wanted AS (SELECT {KEYS} FROM {table} WHERE rowid IN ({asked}))," if asked else ""
    like = {key: f"SEMI JOIN wanted USING ({key})" if asked else "" for key in ("request", "moment")}
    return f"""
        WITH side AS (SELECT {KEYS} FROM {table} WHERE {where} AND ts IS NOT NULL), {wanted}
        requests AS (SELECT request, min(id) AS first FROM side {like["request"]} GROUP BY request HAVING count(*) > 1),
        moments AS (SELECT moment, min(id) AS first FROM side {like["moment"]} GROUP BY moment HAVING count(*) > 1)
        -- a row is one row that repeats another
        SELECT id AS repeat_id FROM side JOIN requests USING (request) WHERE id > first
        UNION
        SELECT id FROM side JOIN moments USING (moment) WHERE id > first
    """


def repeated_shares(connection: duckdb.DuckDBPyConnection, table: str, sides: tuple[str, str]) -> tuple[float, float]:
    """Return the shares of each side's rows that repeat an earlier one; NaN for a side without rows."""
    out = []
    for side in sides:
        where = _last_part(connection, table, side)
        row = connection.execute(
            f"SELECT (SELECT count(*) FROM ({_repeated(table, where)})) / nullif(count(*), 0) "
            f"FROM {table} WHERE {where}"
        ).fetchone()
        out.append(float("nan") if row is None or row[0] is None else float(row[0]))
    return out[0], out[1]


def _last_part(connection: duckdb.DuckDBPyConnection, table: str, where: str) -> str:
    row = connection.execute(f"SELECT count(*), min(ts), max(ts) FROM {table} WHERE {where}").fetchone()
    if row is None or row[0] <= ENOUGH_ROWS:
        return where
    return f"{where} AND ts >= TIMESTAMP '{row[2] - (row[2] - row[1]) * (ENOUGH_ROWS / row[0])}'"
