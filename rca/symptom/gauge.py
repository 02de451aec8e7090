"""A metric of a node, ready to be read at any width: where its rows are, and how wide a bucket must be."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from rca.errors import Immeasurable, InputError
from rca.metrics.buckets import (
    MONDAY,
    Period,
    as_floats,
    as_series,
    grid,
    moment,
    naive,
    over_buckets,
    over_groups,
)
from rca.metrics.sources import Found, find_source
from rca.warehouse import Warehouse
from schemas.evidence import FloatArray, IntArray, Series, Window
from schemas.system import Node

WIDTHS = (10, 30, 60, 300, 900, 3600, 21600, 86400, 604800)
"""Bucket widths in seconds, from which one is chosen (under a minute only for spans)."""

HOUR = 3600
ENOUGH = 50
"""Rows (or ten of the rarer class) that make a bucket's value worth looking at."""

FEW, FEWEST_BUCKETS, MOST_BUCKETS, MOST_STAMPS = 5, 20, 2000, 6000
OCCUPIED = 0.3
"""Least share of buckets with rows; below it the width is finer than the batches."""

EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
AT_LEAST, AT_LEAST_ROWS = timedelta(weeks=8), 200_000
"""How far a log of predictions is looked at from the incident on, either way: this long, and this many rows. What it
holds beyond costs nothing."""

REFERENCE = ("train", "validation")
GROUPS = 16


@dataclass(frozen=True, slots=True)
class Gauge:
    """Reads one metric of one node."""

    warehouse: Warehouse
    node: Node
    metric: str
    found: Found

    def series(self, start: datetime, end: datetime, seconds: float) -> Series:
        """Return the production series of [start, end)."""
        ts = grid(start, end, seconds)
        period = Period(start, end, ("production",), seconds)
        values = over_buckets(self.warehouse, self.found.source, ts, seconds, period)
        return as_series(self.node.id, self.metric, ts, *values)

    def value(self, window: Window, splits: tuple[str, ...] = ("production",)) -> tuple[float, float]:
        """Return the metric and the rows that count over a window: (NaN, 0) when none does."""
        seconds = max((window.end - window.start).total_seconds(), 1e-6)
        period = Period(window.start, window.end, splits, seconds)
        value, n = over_groups(self.warehouse, self.found.source, "0", period)
        return (float(value[0]), float(n[0])) if len(value) and n[0] > 0 else (float("nan"), 0.0)

    def sampling_error(self, window: Window, splits: tuple[str, ...] = ("production",)) -> float:
        """Return the metric's standard error over a window from its rows alone; 0 when single rows are not kept.

        The window's rows are dealt into groups by a hash (whole queries for ndcg); the spread of the
        metric over the groups, divided by the root of their number, is its error whatever the metric.
        """
        if self.found.rows is None:
            return 0.0
        key = "query_id" if self.metric == "ndcg" else "_file, _row"
        period = Period(window.start, window.end, splits, 1.0)
        value, n = over_groups(self.warehouse, self.found.source, f"hash({key}) % {GROUPS}", period)
        value = value[np.isfinite(value) & (n > 0)]
        return float(value.std(ddof=1) / np.sqrt(value.size)) if value.size > GROUPS // 2 else 0.0

    def counts(self, width: int, within: tuple[datetime, datetime] = EVER) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return bucket numbers (K,), rows that count (K,) and positives (K,; NaN when they do not matter), by time."""
        period = Period(*within, ("production",), float(width))
        sql, parameters = self.found.counts(f"((epoch_us(ts) - {MONDAY}) // {width * 1_000_000})", period)
        kept = self.warehouse.connection.execute(f"SELECT * FROM ({sql}) AS c WHERE n > 0 ORDER BY bucket", parameters)
        found = kept.fetchnumpy()
        return np.asarray(found["bucket"], dtype=np.int64), as_floats(found["n"]), as_floats(found["value"])

    def stamps(self) -> IntArray:
        """Return the distinct times of a recorded metric (K,), microseconds, sorted."""
        sql, parameters = self.found.source("epoch_us(ts)", Period(*EVER, (), 1.0))
        kept = self.warehouse.connection.execute(f"SELECT bucket FROM ({sql}) AS s WHERE n > 0 ORDER BY 1", parameters)
        return np.asarray(kept.fetchnumpy()["bucket"], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Extent:
    """The production period in which a metric is known, and the width to look at it."""

    start: datetime
    end: datetime
    seconds: float
    warnings: tuple[str, ...] = ()


def open_gauge(warehouse: Warehouse, node: Node, metric: str) -> Gauge:
    """Return the gauge of a metric.

    Raises
    ------
    InputError, UnknownName
        As `rca.metrics.metric_series`.
    """
    return Gauge(warehouse, node, metric, find_source(warehouse, node, metric))


def units(n: FloatArray, positives: FloatArray) -> FloatArray:
    """Return informative rows: all of them, or five times the rarer class where that is fewer."""
    rarer = 5 * np.minimum(positives, n - positives)
    return np.where(np.isnan(positives), n, np.minimum(n, rarer))


def _trim(buckets: IntArray, n: FloatArray) -> slice:
    """Return the part that holds the log, leaving out a few rows with a broken clock (years away)."""
    share = np.cumsum(n) / n.sum()
    low, high = np.searchsorted(share, [1e-3, 1 - 1e-3])
    high = min(int(high), len(n) - 1)
    span = buckets[-1] - buckets[0] + 1
    lonely = buckets[high] - buckets[low] + 1 < span / 2
    return slice(int(low), high + 1) if lonely else slice(0, len(n))


def _pick(counted: tuple[IntArray, FloatArray, FloatArray], base: int) -> int:
    """Return the finest width whose typical bucket has enough rows, wider than the gaps between batches."""
    buckets, n, positives = counted
    usable: list[tuple[int, int, float]] = []
    for width in (width for width in WIDTHS if width >= base):
        group, at = np.unique((buckets * base) // width, return_inverse=True)
        rows = units(np.bincount(at, n).astype(np.float64), np.bincount(at, positives).astype(np.float64))
        if len(group) / (group[-1] - group[0] + 1) >= OCCUPIED:
            usable.append((width, len(group), float(np.median(rows))))
    if not usable:
        return WIDTHS[-1]
    full = [width for width, count, rows in usable if rows >= ENOUGH and count >= FEWEST_BUCKETS]
    thin = [width for width, count, rows in usable if rows >= FEW and count >= FEWEST_BUCKETS]
    coarse = [width for width, _, rows in usable if rows >= ENOUGH]
    if full:
        return min(full)
    return max(thin) if thin else min(coarse, default=usable[-1][0])


def _recorded(gauge: Gauge) -> Extent | None:
    """Return the extent of a metric recorded at intervals of its own."""
    stamps = gauge.stamps()
    if stamps.size == 0:
        return None
    interval = float(np.median(np.diff(stamps))) / 1e6 if stamps.size > 1 else 60.0
    nearest = min(WIDTHS, key=lambda width: abs(width - interval))
    if abs(nearest - interval) <= 0.1 * interval:
        interval = float(nearest)
    span = (stamps[-1] - stamps[0]) / 1e6
    seconds = max(interval, 1e-3) * max(1, int(np.ceil(span / interval / MOST_STAMPS)))
    return Extent(moment(stamps[0]), moment(stamps[-1] + seconds * 1e6), seconds)


def _near(gauge: Gauge, first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """Return the part of a log of predictions to look at, for an incident between two moments."""
    if gauge.found.rows is None:
        return EVER
    row = gauge.warehouse.connection.execute(
        """
        -- a row is one hour with its rows, and those between it and the incident
        WITH hours AS (
            SELECT hour, sum(n) AS n FROM profile
            WHERE node = $node AND split = 'production' AND column_name = 'prediction' AND part = '' GROUP BY hour
        ),
        before AS (SELECT hour, sum(n) OVER (ORDER BY hour DESC) AS between FROM hours WHERE hour <= $first),
        after AS (SELECT hour, sum(n) OVER (ORDER BY hour) AS between FROM hours WHERE hour >= $last)
        SELECT (SELECT max(hour) FROM before WHERE between >= $rows AND hour <= $early),
               (SELECT min(hour) FROM after WHERE between >= $rows AND hour >= $late)
        """,
        {
            "node": gauge.node.id,
            "first": naive(first),
            "last": naive(last),
            "rows": AT_LEAST_ROWS,
            "early": naive(max(first, EVER[0] + AT_LEAST) - AT_LEAST),
            "late": naive(min(last, EVER[1] - AT_LEAST) + AT_LEAST),
        },
    ).fetchone()
    start, end = row or (None, None)
    return start.replace(tzinfo=UTC) if start else EVER[0], end.replace(tzinfo=UTC) if end else EVER[1]


def _logged(gauge: Gauge, near: tuple[datetime, datetime]) -> Extent | None:
    """Return the extent of a metric over rows, with the width that suits their number."""
    counted = gauge.counts(HOUR, near)
    if counted[0].size == 0:
        return None
    kept = _trim(*counted[:2])
    dropped = counted[1].sum() - counted[1][kept].sum()
    hours = counted[0][kept]
    span = int(hours[-1] - hours[0] + 1) * HOUR
    finest = 60 if gauge.found.rows else WIDTHS[0]
    base = next((width for width in WIDTHS if width >= finest and span / width <= MOST_BUCKETS), WIDTHS[-1])
    if base < HOUR:
        buckets, n, positives = gauge.counts(base, near)
        inside = (buckets * base // HOUR >= hours[0]) & (buckets * base // HOUR <= hours[-1])
        counted, kept = (buckets[inside], n[inside], positives[inside]), slice(None)
    base = min(base, HOUR)
    part = (counted[0][kept], counted[1][kept], counted[2][kept])
    width = max(_pick(part, base), base)
    last = int(part[0][-1] * base // width)
    first = int(part[0][0] * base // width)
    warnings = (f"{dropped:.0f} rows far away in time from all others were left out",) if dropped else ()
    edges = [moment((bucket * width) * 1e6 + MONDAY) for bucket in (first, last + 1)]
    return Extent(edges[0], edges[1], float(width), warnings)


def measure_extent(gauge: Gauge, first: datetime, last: datetime) -> Extent:
    """Return the period in which the metric is known and the bucket width to look at it.

    Of a long log only the part around the incident counts, which lies between `first` and `last`.

    The width is the finest with some 50 informative rows in the median bucket and at least 20
    buckets where that can be had; recorded metrics keep their own interval.

    Raises
    ------
    InputError
        When no production row allows the metric: says what is missing and what could be used.
    """
    extent = _recorded(gauge) if gauge.found.sampled else _logged(gauge, _near(gauge, first, last))
    if extent is None:
        raise _missing(gauge)
    return extent


def _missing(gauge: Gauge) -> InputError:
    name = f"{gauge.metric} of {gauge.node.id!r}"
    if gauge.found.rows is None:
        return InputError(f"{name} has no finite value", mend="check its values, or name another metric")
    predicted = open_gauge(gauge.warehouse, gauge.node, "prediction_mean").counts(604800)[0].size
    produced = gauge.warehouse.connection.execute(
        f"SELECT count(*), count(label), count(query_id) FROM {gauge.found.rows.name} WHERE split = 'production'"
    ).fetchone()
    rows, labels, queries = produced or (0, 0, 0)
    if not rows:
        return InputError(f"{name} needs production rows, and its log has none", mend="log rows with split production")
    if not labels:
        estimate = {"auc": "estimated_auc", "accuracy": "estimated_accuracy", "f1": "estimated_accuracy"}
        use = estimate.get(gauge.metric, "prediction_mean")
        return Immeasurable(
            f"{name} needs labels, and no production row has one", mend=f"log labels, or use {use} instead"
        )
    if gauge.metric == "ndcg" and not queries:
        return Immeasurable(f"{name} needs query_id, and no row has one", mend="log query_id, or use mae instead")
    what = "finite predictions" if not predicted else "rows with both a finite prediction and a label"
    return InputError(f"{name} needs {what}, and its log has none", mend="log them, or use null_rate instead")
