"""The groups of a reduction: hour, model version and split, as one number that a row's own values give.

No join and no lookup: the number is arithmetic over the hour and the place of (version, split) in a short list, so it
costs the same on every engine.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from rca.profile.merge import GROUPS
from rca.warehouse.store import literal

VERSION = "coalesce(model_version, '')"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of some rows: hours counted from `first`, and the pairs of model version and split among them."""

    first: datetime
    pairs: tuple[tuple[str, str], ...]

    def number(self) -> str:
        """Return SQL of a logged row's group, BIGINT, from 0."""
        hours = f"date_diff('hour', TIMESTAMP '{self.first}', ts)"
        if len(self.pairs) == 1:
            return f"CAST({hours} AS BIGINT)"
        places = " ".join(
            f"WHEN split = {literal(split)} AND {VERSION} = {literal(version)} THEN {place}"
            for place, (version, split) in enumerate(self.pairs)
        )
        return f"CAST({hours} AS BIGINT) * {len(self.pairs)} + CASE {places} END"


def distinct_groups_sql(rows: str) -> str:
    """Return SQL of the groups that rows belong to: a row is one (hour, version, split) with its number of rows."""
    return (
        f"SELECT date_trunc('hour', ts) AS hour, {VERSION} AS version, split, count(*) AS group_rows "
        f"FROM ({rows}) AS logged GROUP BY 1, 2, 3"
    )


def hour_slices(connection: duckdb.DuckDBPyConnection, most_rows: int | None) -> list[tuple[datetime, datetime, int]]:
    """Return stretches of whole hours that cover table `GROUPS`: (from, before, rows), each of at most so many rows.

    An hour of more rows is a stretch of its own; without a limit there is one.
    """
    found: list[tuple[datetime, datetime, int]] = []
    for hour, rows in connection.execute(
        f"SELECT hour, sum(group_rows) FROM {GROUPS} GROUP BY hour ORDER BY hour"
    ).fetchall():
        after = hour + timedelta(hours=1)
        if found and (most_rows is None or found[-1][2] + rows <= most_rows):
            found[-1] = (found[-1][0], after, found[-1][2] + int(rows))
        else:
            found.append((hour, after, int(rows)))
    return found


def number_groups(connection: duckdb.DuckDBPyConnection, groups: str) -> Grouping | None:
    """Make table `GROUPS` with the number of each group, from SQL of the groups; None when there is none."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {GROUPS} AS
            WITH placed AS (
                SELECT *, dense_rank() OVER (ORDER BY version, split) - 1 AS pair, min(hour) OVER () AS first
                FROM ({groups})
            )
            SELECT date_diff('hour', first, hour) * (max(pair) OVER () + 1) + pair AS grp,
                   hour, version, split, pair, group_rows
            FROM placed"""
    )
    [(first,)] = connection.execute(f"SELECT min(hour) FROM {GROUPS}").fetchall()
    if first is None:
        return None
    pairs = connection.execute(f"SELECT DISTINCT pair, version, split FROM {GROUPS} ORDER BY pair").fetchall()
    return Grouping(first, tuple((version, split) for _, version, split in pairs))
