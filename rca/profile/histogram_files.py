"""Histogram files of the contract, from the cells of a profile."""

from pathlib import Path

from rca.warehouse import Warehouse
from rca.warehouse.store import literal
from rca.warehouse.tables import ABOVE, BELOW, MINUS_INF, NULL, OTHER, PLUS_INF, SPECIAL_BINS, UNSEEN

CELLS = f"""
WITH edges AS (  -- a row is the range that a column's bins cover
    SELECT column_name, part, min(bin_left) AS low, max(bin_right) AS high FROM bins
    WHERE node = $node AND role = 'range' GROUP BY column_name, part
), specials AS (  -- a row is a bin that holds no range and no category
    SELECT * FROM (VALUES {", ".join(f"({code}, '{name}')" for code, name in SPECIAL_BINS.items() if code != NULL)})
        AS listed(bin, special)
), first AS (  -- the group in which bins without rows are told, so that all bins are known from one file
    SELECT model_version, split, hour FROM profile WHERE node = $node ORDER BY hour, split, model_version LIMIT 1
), unfilled AS (
    SELECT model_version, split, b.column_name, b.part, hour, b.bin FROM first CROSS JOIN bins AS b
    LEFT JOIN profile AS p USING (model_version, split, hour, column_name, part, bin)
    WHERE b.node = $node AND p.node IS NULL
), counted AS (
    SELECT * FROM profile WHERE node = $node
    UNION ALL BY NAME SELECT *, 0 AS n, 0 AS n_labelled FROM unfilled
)
SELECT $node AS node, c.model_version, c.split, c.column_name AS "column", c.hour AS window_start,
       c.hour + INTERVAL 1 HOUR AS window_end,
       CASE WHEN c.bin IN ({ABOVE}, {PLUS_INF}) THEN e.high ELSE b.bin_left END AS bin_left,
       CASE WHEN c.bin IN ({BELOW}, {MINUS_INF}) THEN e.low ELSE b.bin_right END AS bin_right,
       CASE WHEN c.bin IN ({OTHER}, {UNSEEN}) THEN concat('(', s.special, ')') ELSE b.category END AS category,
       c.n AS count, c.sum_prediction, c.sum_label, c.n_labelled, c.sum_loss, c.sum_loss_sq,
       c.sum_value, c.sum_value_sq, c.sum_prediction_sq, c.sum_label_sq, s.special
FROM counted AS c LEFT JOIN bins AS b
  ON b.node = $node AND b.column_name = c.column_name AND b.part = c.part AND b.bin = c.bin
LEFT JOIN edges AS e ON e.column_name = c.column_name AND e.part = c.part
LEFT JOIN specials AS s ON s.bin = c.bin
ORDER BY "column", window_start, model_version, split, c.bin
"""


def write_histograms(warehouse: Warehouse, node: str, path: Path) -> int:
    """Write a node's cells as a histogram file of the contract; return its number of rows.

    Beside the contract's columns it carries the sums that an exact landing needs, and `special`: what a bin is that
    has neither edges nor a category of its own (`nan`, `other`, `unseen`, ...).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = warehouse.connection
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told AS {CELLS}", {"node": node})
    connection.execute(f"COPY told TO {literal(str(path))} (FORMAT parquet)")
    counted = connection.execute("SELECT count(*) FROM told").fetchone()
    connection.execute("DROP TABLE told")
    return int(counted[0]) if counted else 0
