"""Column profiles: counts by time bucket and bin, for generators, from one query over the cells."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from rca.evidence.categories import category_counts, unseen_categories
from rca.metrics.buckets import as_floats, grid, micros, naive
from rca.profile.layout import FIRST_CODE, Layout, read_layouts
from rca.profile.parts import OUTPUT_COLUMNS
from rca.warehouse import Warehouse
from schemas.evidence import BoolArray, ColumnProfile, FloatArray, IntArray, TimeArray, Window
from schemas.system import Node

__all__ = ["category_counts", "read_columns", "read_outputs", "unseen_categories"]

HOUR = 3600.0
SIDES = ("before", "after")
SUMS = {
    "n": "n",
    "loss": "sum_loss",
    "labelled": "n_labelled",
    "value": "sum_value",
    "value_sq": "sum_value_sq",
}
"""What is added up of the cells -> its column in table `profile`."""
ANSWERS = SUMS | {"loss": "sum_prediction", "labelled": "n"}
"""The same where the symptom is in the answers themselves: each answer is then what a loss is else."""


def read_columns(
    warehouse: Warehouse,
    node: Node,
    baseline: Window,
    window: Window,
    bucket_seconds: float,
    *,
    baseline_split: bool = False,
    of_answers: bool = False,
) -> dict[str, ColumnProfile]:
    """Return the profile of every feature and segment of a model.

    Parameters
    ----------
    node
        A model; one without any profile gives an empty mapping.
    baseline, window
        The fair comparison and the incident's period. An hour belongs to a period when its middle
        does (periods shorter than that take every hour they touch).
    bucket_seconds
        Width of the time buckets, rounded up to whole hours.
    baseline_split
        True when the baseline is the train and validation rows, whatever their time.
    of_answers
        Whether the sums of answers, not of losses, are read as `loss_before` and `loss_after`.

    Returns
    -------
    dict
        `column`, or `column[part]` for vectors -> profile. Counts by bucket are of production rows
        from the earlier start to the later end.
    """
    layouts = [layout for layout in read_layouts(warehouse.connection, node.id) if layout.column not in OUTPUT_COLUMNS]
    sums = ANSWERS if of_answers else SUMS
    return _read(warehouse, node, _Frame(layouts, baseline, window, bucket_seconds, baseline_split, sums))


def read_outputs(
    warehouse: Warehouse,
    node: Node,
    baseline: Window,
    window: Window,
    bucket_seconds: float,
    *,
    baseline_split: bool = False,
) -> dict[str, ColumnProfile]:
    """Return the profiles of `prediction` and `label` themselves; as `read_columns` otherwise."""
    layouts = [layout for layout in read_layouts(warehouse.connection, node.id) if layout.column in OUTPUT_COLUMNS]
    return _read(warehouse, node, _Frame(layouts, baseline, window, bucket_seconds, baseline_split))


@dataclass(frozen=True, slots=True)
class _Frame:
    layouts: Sequence[Layout]
    baseline: Window
    window: Window
    bucket_seconds: float
    baseline_split: bool
    sums: Mapping[str, str] = field(default_factory=lambda: SUMS)

    @property
    def width(self) -> float:
        return max(1, math.ceil(self.bucket_seconds / HOUR)) * HOUR

    @property
    def start(self) -> datetime:
        start = min(naive(self.baseline.start), naive(self.window.start))
        return start.replace(minute=0, second=0, microsecond=0)

    @property
    def end(self) -> datetime:
        return max(naive(self.baseline.end), naive(self.window.end))


def _read(warehouse: Warehouse, node: Node, frame: _Frame) -> dict[str, ColumnProfile]:
    if not frame.layouts:
        return {}
    ts = grid(frame.start, frame.end, frame.width)
    cells = warehouse.connection.execute(
        _cells_sql(frame, ts),
        {
            "node": node.id,
            "columns": [layout.column for layout in frame.layouts],
            "parts": [layout.part for layout in frame.layouts],
            "start": frame.start,
            "end": frame.end,
        },
    ).fetchnumpy()
    return _assemble(node.id, frame.layouts, ts, {name: as_floats(column) for name, column in cells.items()})


def _cells_sql(frame: _Frame, ts: TimeArray) -> str:
    first = int(ts[0].astype(np.int64)) if len(ts) else 0
    before = "trained" if frame.baseline_split else f"NOT trained AND {_inside(frame.baseline)}"
    after = f"NOT trained AND {_inside(frame.window)}"
    # most often a bucket is an hour, and each cell one of its own: then the few that meet are cheaper added up here
    added = "coalesce(sum({}), 0) AS {}" if frame.width > HOUR else "coalesce({}, 0) AS {}"
    sums = ", ".join(added.format(column, name) for name, column in frame.sums.items())
    return f"""
    WITH slots AS (SELECT unnest($columns::VARCHAR[]) AS column_name, unnest($parts::VARCHAR[]) AS part),
    numbered AS (SELECT *, row_number() OVER (ORDER BY column_name, part) - 1 AS slot FROM slots),
    -- a row is one cell of the reduction; bucket -1 holds the reference; two scans, as each can skip other hours
    cells AS (
        FROM profile WHERE node = $node AND split IN ('train', 'validation')
        UNION ALL
        FROM profile WHERE node = $node AND split = 'production' AND hour >= $start AND hour < $end
    ),
    kept AS (
        SELECT slot, bin, hour, split <> 'production' AS trained, {", ".join(sorted(set(frame.sums.values())))}
        FROM cells JOIN numbered USING (column_name, part)
    ),
    placed AS (
        SELECT *, CASE WHEN trained THEN -1 ELSE (epoch_us(hour) - {first}) // {int(frame.width * 1e6)} END AS bucket,
               {before} AS before, {after} AS after
        FROM kept
    )
    -- a row is one bin of one part in one bucket, or a part of it
    SELECT slot, bin, bucket, before, after, {sums} FROM placed {"GROUP BY ALL" if frame.width > HOUR else ""}
    """


def _inside(window: Window) -> str:
    """Return SQL: does the cell's hour belong to the period? Its middle decides, so no hour counts twice."""
    start, end = naive(window.start), naive(window.end)
    half = timedelta(minutes=30)
    low, high = start - half, end - half
    if math.floor(micros(low) / 3.6e9) == math.floor(micros(high) / 3.6e9):
        low, high = start - 2 * half, end  # no hour's middle lies inside: take each hour it touches
        return f"(hour > TIMESTAMP '{low}' AND hour < TIMESTAMP '{high}')"
    return f"(hour >= TIMESTAMP '{low}' AND hour < TIMESTAMP '{high}')"


def _assemble(
    node: str, layouts: Sequence[Layout], ts: TimeArray, cells: dict[str, FloatArray]
) -> dict[str, ColumnProfile]:
    """Scatter all cells at once into one flat array per sum, and cut it up by column."""
    slot, bucket = cells["slot"].astype(np.int64), cells["bucket"].astype(np.int64)
    sizes = np.array([len(layout.codes) for layout in layouts])
    starts = np.array([0, *accumulate(sizes.tolist())])
    at = _positions(layouts)[slot, cells["bin"].astype(np.int64) - FIRST_CODE]
    known = (at >= 0) & (bucket < len(ts))
    slot, bucket, at = slot[known], bucket[known], at[known]
    cells = {name: column[known] for name, column in cells.items()}
    buckets, live = len(ts), bucket >= 0

    def scatter(place: IntArray, name: str, rows: BoolArray | slice, size: int) -> FloatArray:
        return np.bincount(place[rows], cells[name][rows], minlength=size).astype(np.float64)

    flat, moment = starts[slot] + at, slot * buckets + bucket
    by_bin = {
        f"{name}_{side}": scatter(flat, name, cells[side] > 0, starts[-1])
        for side in SIDES
        for name in ("n", "loss", "labelled")
    }
    by_bin["reference"] = scatter(flat, "n", ~live, starts[-1])
    by_time = {name: scatter(moment, name, live, len(layouts) * buckets) for name in ("value", "value_sq")}
    counts = scatter(starts[slot] * buckets + bucket * sizes[slot] + at, "n", live, starts[-1] * buckets)
    found = {}
    for k, layout in enumerate(layouts):
        bins, times = slice(starts[k], starts[k + 1]), slice(k * buckets, (k + 1) * buckets)
        found[layout.key] = _profile(
            node,
            layout,
            ts,
            counts[starts[k] * buckets : starts[k + 1] * buckets].reshape(buckets, sizes[k]),
            {name: column[bins] for name, column in by_bin.items()},
            {name: column[times] for name, column in by_time.items()},
        )
    return found


def _profile(  # noqa: PLR0917 (the pieces of one frame)
    node: str,
    layout: Layout,
    ts: TimeArray,
    counts: FloatArray,
    by_bin: Mapping[str, FloatArray],
    by_time: Mapping[str, FloatArray],
) -> ColumnProfile:
    return ColumnProfile(
        node=node,
        column=layout.column,
        part=layout.part,
        kind=layout.kind,
        roles=layout.roles,
        labels=layout.labels,
        left=layout.left,
        right=layout.right,
        ts=ts,
        counts=counts,
        sum_value=by_time["value"],
        sum_value_sq=by_time["value_sq"],
        reference=by_bin["reference"],
        before=by_bin["n_before"],
        after=by_bin["n_after"],
        loss_before=by_bin["loss_before"],
        loss_after=by_bin["loss_after"],
        labelled_before=by_bin["labelled_before"],
        labelled_after=by_bin["labelled_after"],
    )


def _positions(layouts: Sequence[Layout]) -> NDArray[np.int64]:
    """Return (parts, codes): the position of each bin code, -1 where a part has no such bin."""
    table = np.full((len(layouts), max(len(layout.position) for layout in layouts)), -1, dtype=np.int64)
    for k, layout in enumerate(layouts):
        table[k, : len(layout.position)] = layout.position
    return table
