"""Values of production that training never held: no optimism of a fit explains those."""

from rca.symptom.gauge import REFERENCE, Gauge

MOST_VALUES = 1000
OFTEN = 20
"""Rows of training for each of its values, on average, from which those are all that were to be expected."""
UNHEARD = 0.5
"""Share of production's rows with values that training never held, from which it was served otherwise."""


def unheard_of(gauge: Gauge) -> bool:
    """Return whether most production rows hold values, in any feature, that no training or validation row holds.

    Asked of features with few values: of a measurement nearly every value is new.
    """
    rows = gauge.found.rows
    return rows is not None and any(_share(gauge, rows.name, column) >= UNHEARD for column, _ in rows.features)


def _share(gauge: Gauge, table: str, column: str) -> float:
    """Return the share of production's rows with an unheard-of value of a column; 0 where it has too many values."""
    row = gauge.warehouse.connection.execute(
        f"""
        WITH heard AS (  -- a row is a value that training holds
            SELECT {column} AS value, count(*) AS n FROM {table}
            WHERE split IN ($train, $validation) AND {column} IS NOT NULL GROUP BY 1
        ), served AS (  -- a row is a value that production holds
            SELECT {column} AS value, count(*) AS n FROM {table}
            WHERE split = 'production' AND {column} IS NOT NULL GROUP BY 1
        )
        SELECT
            (SELECT count(*) <= {MOST_VALUES} AND sum(n) >= {OFTEN} * count(*) FROM heard),
            (SELECT sum(n) FROM served WHERE value NOT IN (SELECT value FROM heard)),
            (SELECT count(*) FROM {table} WHERE split = 'production')
        """,
        {"train": REFERENCE[0], "validation": REFERENCE[1]},
    ).fetchone()
    if row is None or not row[0] or not row[2]:
        return 0.0
    return float(row[1] or 0) / float(row[2])
