"""Write small prediction logs, kpis and spans straight into the warehouse's tables."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from rca.warehouse import Warehouse
from rca.warehouse.store import quote
from schemas.system import Node

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
FIXED = ("ts", "request_id", "trace_id", "model_version", "query_id", "split", "prediction", "label", "label_ts")


def times(seconds):
    """Return `START` plus the seconds, as the warehouse keeps times."""
    return np.datetime64(START.replace(tzinfo=None), "us") + (np.asarray(seconds) * 1e6).astype("timedelta64[us]")


def write_log(warehouse: Warehouse, node: Node, seconds, **columns):
    """Land a prediction log: `seconds` after START, reserved columns and features by name."""
    n = len(seconds)
    reserved = {name: columns.pop(name) for name in FIXED if name in columns}
    kind = "VARCHAR" if node.task == "multiclass" else "DOUBLE"
    types = dict.fromkeys(FIXED, "VARCHAR") | {
        "ts": "TIMESTAMP", "label_ts": "TIMESTAMP", "prediction": kind, "label": kind,
    }  # fmt: skip
    fixed = {name: reserved.get(name, [None] * n) for name in FIXED}
    fixed["ts"] = times(seconds)
    fixed["split"] = reserved.get("split", ["production"] * n)
    table = pa.table(fixed | columns)
    warehouse.connection.register("batch", table)
    casts = [f"CAST({name} AS {types[name]}) AS {name}" for name in FIXED] + [quote(name) for name in columns]
    warehouse.connection.execute(
        f"CREATE TABLE predictions_1 AS SELECT 1 AS _file, row_number() OVER () AS _row, {', '.join(casts)} FROM batch"
    )
    warehouse.connection.unregister("batch")
    warehouse.connection.execute("INSERT INTO prediction_tables VALUES (?, 'predictions_1', ?)", [node.id, node.task])
    warehouse.connection.execute(
        "INSERT INTO prediction_columns SELECT $node, column_name, column_name, "
        "CASE WHEN starts_with(column_name, 'proba_') THEN 'probability' ELSE 'feature' END, 'numeric', data_type "
        "FROM duckdb_columns() WHERE table_name = 'predictions_1' AND column_name IN (SELECT unnest($names))",
        {"node": node.id, "names": list(columns)},
    )


def write_kpi(warehouse: Warehouse, node: str, metric: str, seconds, value, *, dimensions=None):
    """Land a recorded metric."""
    n = len(seconds)
    table = pa.table({"ts": times(seconds), "value": np.asarray(value, float), "dimensions": dimensions or [None] * n})
    warehouse.connection.register("batch", table)
    warehouse.connection.execute(
        "INSERT INTO kpis SELECT 1, $node, $metric, ts, value, CAST(dimensions AS JSON) FROM batch",
        {"node": node, "metric": metric},
    )
    warehouse.connection.unregister("batch")


def write_spans(warehouse: Warehouse, rows):
    """Land spans: (trace, span, parent, service, seconds, duration_ms, status)."""
    warehouse.connection.executemany(
        "INSERT INTO spans VALUES (1, ?, ?, ?, ?, 'op', ?, 0, ?, ?, NULL)",
        [(t, s, p, v, times([at])[0].item(), d, status) for t, s, p, v, at, d, status in rows],
    )
