"""Logs of all sorts as Parquet files, and the cells that a database holds of them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rca.ingest import ingest_bundle
from rca.profile import update_profile
from rca.warehouse import Warehouse

START = np.datetime64("2026-03-04T00:00:00", "us")
CLASSES = ("a", "b", "it's", 'back\\slash "quoted"', "größer")


def log(task: str = "binary", n: int = 4000, seed: int = 1) -> pa.Table:
    """Return a log with everything that a value can be: null, NaN, infinite, out of range, rare, unseen."""
    rng = np.random.default_rng(seed)
    train = np.arange(n) < n // 4
    ts = START + (np.arange(n) * (60 * 3_600_000_000 // n)).astype("timedelta64[us]")
    amount = rng.lognormal(3, 1, n)
    amount[~train] *= np.where(np.arange(n)[~train] > n * 0.7, 30, 1)
    amount[rng.random(n) < 0.02] = np.nan
    amount[rng.random(n) < 0.01] = np.inf
    amount[rng.random(n) < 0.01] = -np.inf
    names = np.array([f"shop-{k}" for k in range(80)])[(rng.random(n) ** 3 * 80).astype(int)]
    channel = rng.choice(CLASSES, n).astype(object)
    channel[~train & (rng.random(n) < 0.1)] = "new"
    signal = 1 / (1 + np.exp(-np.log(np.clip(np.nan_to_num(amount, nan=20, posinf=20, neginf=20), 1, 1e4)) + 3))
    outcome = {
        "binary": (signal, (rng.random(n) < signal).astype(float)),
        "regression": (signal * 100, signal * 100 + rng.normal(0, 5, n)),
        "multiclass": (rng.choice(CLASSES, n), rng.choice(CLASSES, n)),
    }[task]
    return pa.table(
        {
            "event_time": pa.array(ts),
            "model_version": pa.array(np.where(np.arange(n) < n // 2, "v1", "v'2")),
            "split": pa.array(np.where(train, "train", "production")),
            "prediction": pa.array(outcome[0]),
            "label": pa.array(outcome[1], mask=rng.random(n) < 0.2),
            "amount": pa.array(amount, mask=rng.random(n) < 0.05),
            "items": pa.array(rng.poisson(2, n)),
            "always_null": pa.array([None] * n, pa.float64()),
            "late": pa.array(rng.normal(0, 1, n), mask=np.arange(n) < n // 2),
            "first_order": pa.array(rng.random(n) < 0.3, mask=rng.random(n) < 0.05),
            "shop": pa.array(names),
            "channel": pa.array(channel, mask=rng.random(n) < 0.05),
            "account opened": pa.array(ts - (rng.integers(1, 1000, n) * 3_600_000_000).astype("timedelta64[us]")),
            "embedding": pa.array(list(rng.normal(0, 1, (n, 3))), pa.list_(pa.float64())),
        }
    )


def system(task: str) -> dict:
    """Return a system of one model."""
    model = {"id": "scorer", "kind": "model", "task": task, "columns": {"ts": "event_time"}}
    return {"nodes": [model], "edges": []}


def bundle(folder: Path, task: str, incident: dict | None = None) -> Path:
    """Write a bundle that holds the system only."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.json").write_text(json.dumps(system(task)), encoding="utf-8")
    if incident:
        (folder / "incident.json").write_text(json.dumps(incident), encoding="utf-8")
    return folder


def write(table: pa.Table, folder: Path, files: int = 2) -> Path:
    """Write a table as several files."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(files):
        start, stop = k * len(table) // files, (k + 1) * len(table) // files
        pq.write_table(table.slice(start, stop - start), folder / f"part-{k}.parquet")
    return folder


CELLS = """
-- a row is one cell, its bin by what it holds rather than by its code
SELECT p.model_version, p.split, p.column_name, p.hour,
       CASE WHEN p.bin < 0 THEN p.bin::VARCHAR ELSE concat_ws('|', b.bin_left, b.bin_right, b.category) END AS bin,
       n, n_labelled, sum_value, sum_value_sq, sum_prediction, sum_prediction_sq, sum_label, sum_label_sq,
       sum_loss, sum_loss_sq
FROM profile AS p LEFT JOIN bins AS b USING (node, column_name, part, bin)
WHERE p.part = '' ORDER BY ALL
"""


def landed(folder: Path) -> tuple[list[tuple], list[tuple]]:
    """Return what a database says of a bundle: (keys of cells, their numbers)."""
    with Warehouse() as warehouse:
        report = ingest_bundle(warehouse, folder)
        assert sum(source.quarantined for source in report.sources) == 0
        update_profile(warehouse)
        rows = warehouse.connection.execute(CELLS).fetchall()
    return [row[:5] for row in rows], [row[5:] for row in rows]
