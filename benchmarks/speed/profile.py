"""The profile against reading every column once: `python -m benchmarks.speed.profile STEP FOLDER`."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.data import DAYS, DRIFTED
from benchmarks.speed.measure import spent
from rca.profile.binning import CODES_TABLE, bin_expression, fill_codes
from rca.profile.bins_file import read_bins, write_bins
from rca.profile.engines import open_engine
from rca.profile.engines.engine import SOURCE
from rca.profile.lake import count_lake, make_bins, read_lake
from rca.profile.layout import Layout, read_layouts
from rca.profile.parts import Part
from rca.warehouse import Warehouse
from schemas.system import Node, System

MODEL = Node(id="scorer", kind="model", task="binary")
SYSTEM = System(nodes=(MODEL,), edges=())
NO_HOURS = (None, None)
TOGETHER = 8


def floor(folder: Path) -> dict[str, Any]:
    """Read every column of both files once: smallest, largest, sum."""
    with open_engine("duckdb", str(folder)) as engine:
        reads = [
            f"min({name}), max({name})" + (f", sum({name})" if kind == "DOUBLE" else "")
            for name, kind in engine.columns()
        ]
        return spent(lambda: len(engine.execute(f"SELECT {', '.join(reads)} FROM {SOURCE}").fetchall()))


def bins(folder: Path) -> dict[str, Any]:
    """Make the bins from the reference, and keep them."""

    def work() -> int:
        with open_engine("duckdb", str(folder / "reference.parquet")) as engine, Warehouse() as warehouse:
            make_bins(engine, warehouse, read_lake(engine, MODEL, SYSTEM, NO_HOURS))
            write_bins(warehouse, MODEL.id, folder / "bins.json")
        return 0

    return spent(work)


def hours(folder: Path) -> dict[str, Any]:
    """Count both files by the hour, with the sums of values, predictions, labels and losses, over kept bins."""
    with open_engine("duckdb", str(folder)) as engine, Warehouse() as warehouse:
        read_bins(warehouse, MODEL.id, folder / "bins.json")
        lake = read_lake(engine, MODEL, SYSTEM, NO_HOURS)
        figures = spent(lambda: count_lake(engine, warehouse, lake))
        return {**figures, "result": drifted(warehouse)}


def whole(folder: Path) -> dict[str, Any]:
    """Count both files without hours: rows, nulls and moments by bin, as drift monitors do, over kept bins."""
    with open_engine("duckdb", str(folder)) as engine, Warehouse() as warehouse:
        read_bins(warehouse, MODEL.id, folder / "bins.json")
        log = read_lake(engine, MODEL, SYSTEM, NO_HOURS).log
        layouts = {(layout.column, layout.part): layout for layout in read_layouts(warehouse.connection, log.node)}
        slots = dict(enumerate(log.parts))

        def work() -> int:
            fill_codes(warehouse.connection, log.node, slots)
            engine.put(CODES_TABLE, warehouse.connection.sql(f"FROM {CODES_TABLE}").to_arrow_table())
            cells = 0
            for start in range(0, len(slots), TOGETHER):
                last = min(start + TOGETHER, len(slots))
                branches = [_bins_sql(log.table, slots[k], layouts[slots[k].key], k) for k in range(start, last)]
                cells += engine.collect(" UNION ALL ".join(branches)).num_rows
            return cells

        return spent(work)


def _bins_sql(table: str, part: Part, layout: Layout, slot: int) -> str:
    """Return SQL of a part's bins: rows, and sums of numbers; texts are counted before their bin is looked up."""
    code, join = bin_expression(part, layout, "v", slot)
    if not part.ranged:
        texts = f"(SELECT {part.value} AS v, count(*) AS n FROM {table} GROUP BY 1)"
        return f"SELECT {slot}, {code} AS bin, sum(n), NULL, NULL FROM {texts} {join} GROUP BY 2"
    cell = f"CAST({code} AS TINYINT)"  # small numbers are counted in an array, without hashes
    rows = f"(SELECT {part.value} AS v FROM {table})"
    return f"SELECT {slot}, {cell} AS bin, count(*), sum(v), sum(v * v) FROM {rows} GROUP BY 2"


def drifted(warehouse: Warehouse) -> dict[str, list[str]]:
    """Return the columns that moved and those that only seem to, judged from the counts alone.

    A day's distribution over bins, nulls among them, is held against all other days of the reference: a column has
    drifted when its Jensen-Shannon divergence exceeds on three days in a row twice what any day of the reference had.
    """
    rows = warehouse.connection.execute(
        """SELECT column_name, bin, date_diff('day', min(hour) OVER (), hour) AS day, n FROM profile
           WHERE column_name NOT IN ('prediction', 'label')"""
    ).fetchall()
    counts: dict[str, dict[int, np.ndarray]] = {}
    for column, code, day, n in rows:
        counts.setdefault(column, {}).setdefault(code, np.zeros(2 * DAYS))[day] += n
    found = [name for name, by_bin in counts.items() if _moved(np.array(list(by_bin.values())))]
    return {"found": sorted(set(found) & set(DRIFTED)), "false": sorted(set(found) - set(DRIFTED))}


def _moved(counts: np.ndarray) -> bool:
    before = counts[:, :DAYS].sum(axis=1, keepdims=True)
    usual = max(_divergence(counts[:, [d]], before - counts[:, [d]]) for d in range(DAYS))
    now = [_divergence(counts[:, [d]], before) > 2 * usual for d in range(DAYS, 2 * DAYS)]
    return any(all(now[d : d + 3]) for d in range(DAYS - 2))


def _divergence(one: np.ndarray, other: np.ndarray) -> float:
    p, q = one / max(one.sum(), 1), other / max(other.sum(), 1)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nansum(p * np.log2(p / middle)) + np.nansum(q * np.log2(q / middle))) / 2


STEPS = {"floor": floor, "bins": bins, "hours": hours, "whole": whole}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]))))
