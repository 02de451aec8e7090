"""What came last of every source, and whether it is late: later than its own usual interval lets expect."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rca.warehouse import Warehouse

FEWEST = 5
"""With fewer files the usual interval is not known."""

PATIENCE = 3.0
"""A source is late after so many of its usual intervals."""

_SOURCES = """
WITH told AS (SELECT source, node, rows, quarantined, last_ts FROM files),
-- a row is how much later a file's last row is than that of the file before
steps AS (
    SELECT source, node, last_ts - lag(last_ts) OVER (PARTITION BY source, node ORDER BY last_ts) AS step
    FROM told WHERE last_ts IS NOT NULL
),
usual AS (
    SELECT source, node, median(epoch(step)) AS seconds FROM steps WHERE step > INTERVAL 0 SECOND GROUP BY ALL
)
SELECT t.source, t.node, max(last_ts), count(*), sum(rows)::BIGINT, sum(quarantined)::BIGINT, any_value(seconds)
FROM told AS t LEFT JOIN usual AS u ON t.source = u.source AND t.node IS NOT DISTINCT FROM u.node
GROUP BY t.source, t.node ORDER BY t.source, t.node
"""


@dataclass(frozen=True, slots=True)
class SourceFreshness:
    """What came of one source: predictions of a model, or all traces, metrics, changes or lineage.

    Parameters
    ----------
    last
        Time of its latest row, UTC; None: no row has one.
    usual
        How far the latest rows of two files are usually apart; None: too few files.
    """

    source: str
    node: str | None
    last: datetime | None
    files: int
    rows: int
    quarantined: int
    usual: timedelta | None

    def late(self, now: datetime) -> bool:
        """Return whether nothing came for longer than usual."""
        return bool(self.last and self.usual and now - self.last > PATIENCE * self.usual)


def freshness(warehouse: Warehouse) -> tuple[SourceFreshness, ...]:
    """Return what came last of every source."""
    return tuple(
        SourceFreshness(
            source,
            node,
            last.replace(tzinfo=UTC) if last else None,
            files,
            rows,
            quarantined,
            timedelta(seconds=seconds) if seconds and files >= FEWEST else None,
        )
        for source, node, last, files, rows, quarantined, seconds in warehouse.connection.execute(_SOURCES).fetchall()
    )
