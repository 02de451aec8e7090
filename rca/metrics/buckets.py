"""Time buckets: whole multiples of a width since Monday 1970-01-05, so that days and weeks are calendar ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from rca.warehouse import Warehouse
from schemas.evidence import FloatArray, Series, TimeArray

MONDAY = 4 * 86_400_000_000
"""The first Monday after the epoch, in microseconds."""


@dataclass(frozen=True, slots=True)
class Period:
    """Rows with `start` <= ts < `end` of the given splits; `seconds` is the length that a rate refers to."""

    start: datetime
    end: datetime
    splits: tuple[str, ...]
    seconds: float

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the bound parameters `start` and `end`, as naive UTC."""
        return {"start": naive(self.start), "end": naive(self.end)}


class Source(Protocol):
    """Where a metric comes from: SQL that reduces it per bucket."""

    def __call__(self, bucket: str, period: Period) -> tuple[str, Mapping[str, Any]]:
        """Return a statement that yields `(bucket, value, n)`, and its parameters.

        `bucket` is an SQL expression over a column `ts`.
        """
        ...


def naive(moment: datetime) -> datetime:
    """Return the moment in UTC without an offset, as the warehouse keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def micros(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC."""
    return int(np.datetime64(naive(moment), "us").astype(np.int64))


def moment(micros_since_epoch: float) -> datetime:
    """Return the moment in UTC."""
    return np.datetime64(int(micros_since_epoch), "us").astype(datetime).replace(tzinfo=UTC)  # type: ignore[no-any-return]


def floor_to(moment_micros: int, width: int) -> int:
    """Return the start of the bucket that holds the moment, microseconds."""
    return (moment_micros - MONDAY) // width * width + MONDAY


def grid(start: datetime, end: datetime, bucket_seconds: float) -> TimeArray:
    """Return the starts (T,) of the buckets that cover [start, end)."""
    width = max(int(bucket_seconds * 1e6), 1)
    first = floor_to(micros(start), width)
    count = max(math.ceil((micros(end) - first) / width), 0)
    return (first + width * np.arange(count, dtype=np.int64)).astype("datetime64[us]")


def over_buckets(
    warehouse: Warehouse, source: Source, ts: TimeArray, bucket_seconds: float, period: Period
) -> tuple[FloatArray, FloatArray]:
    """Return value (T,), NaN for gaps, and n (T,) of a source over a grid of buckets."""
    value, n = np.full(len(ts), np.nan), np.zeros(len(ts))
    if len(ts) == 0:
        return value, n
    first, width = int(ts[0].astype(np.int64)), max(int(bucket_seconds * 1e6), 1)
    sql, parameters = source(f"((epoch_us(ts) - {first}) // {width})", period)
    found = warehouse.connection.execute(sql, parameters).fetchnumpy()
    at = np.asarray(found["bucket"], dtype=np.int64)
    value[at] = as_floats(found["value"])
    n[at] = as_floats(found["n"])
    value[n == 0] = np.nan
    return value, n


def over_groups(warehouse: Warehouse, source: Source, group: str, period: Period) -> tuple[FloatArray, FloatArray]:
    """Return value (G,) and n (G,) of a source over groups of rows, `group` being SQL over its columns."""
    sql, parameters = source(group, period)
    found = warehouse.connection.execute(sql, parameters).fetchnumpy()
    return as_floats(found["value"]), as_floats(found["n"])


def as_floats(column: Any) -> FloatArray:
    """Return a fetched column as floats, NULL as NaN."""
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)


def as_series(node: str, metric: str, ts: TimeArray, value: FloatArray, n: FloatArray) -> Series:
    """Return the frame handed to others."""
    return Series(node=node, metric=metric, ts=ts, value=value, n=n)
