"""Copy the published tables in little space: `python -m benchmarks.petshop.make_data TABLES [OUT]`.

`TABLES` holds `petshop_graph`, `petshop_labels` and `petshop_metrics` in Parquet, as long tables.
"""

import sys
from pathlib import Path

import duckdb

from benchmarks.petshop.cases import DATA

TRAFFICS = "('high_traffic', 'low_traffic')"
"""The recordings whose normal period is published."""

TABLES = {
    "graph": f"SELECT traffic, row AS caller, col AS callee FROM read_parquet($file) WHERE traffic IN {TRAFFICS}",
    "labels": f"""
        SELECT traffic, split, issue, target_node, target_metric, target_agg AS target_statistic, root_cause_node
        FROM read_parquet($file) WHERE traffic IN {TRAFFICS}""",
    "metrics": f"""
        SELECT traffic, split, issue, microservice AS node, metric, statistic, unix_timestamp::BIGINT AS ts, value
        FROM read_parquet($file) WHERE traffic IN {TRAFFICS} AND value IS NOT NULL""",
}


def make_data(tables: Path, out: Path) -> None:
    """Write compact copies of the three tables, rows in order."""
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for name, query in TABLES.items():
            path = str(out / f"{name}.parquet").replace("'", "''")
            copy = f"COPY ({query} ORDER BY ALL) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)"
            connection.execute(copy, {"file": str(tables / f"petshop_{name}.parquet")})


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    make_data(given[0], *given[1:] or [DATA])
