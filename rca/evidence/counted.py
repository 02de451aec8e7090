"""What histograms alone tell of a model's log: which versions served, and which columns came at each time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from rca.metrics.buckets import naive
from rca.warehouse import Warehouse
from schemas.evidence import ColumnProfile, SchemaObservation, Symptom, VersionSpan

HOUR = timedelta(hours=1)
MOST = 0.5
"""Share of a bucket's rows that must have a column for it to have come."""


def counted_versions(warehouse: Warehouse, node: str, symptom: Symptom) -> tuple[VersionSpan, ...]:
    """Return the versions that histograms name, by the column that holds most rows; times are whole hours."""
    served = warehouse.connection.execute(
        """
        WITH production AS (FROM profile WHERE node = $node AND split = 'production'),
        fullest AS (
            SELECT column_name, part FROM production GROUP BY ALL ORDER BY sum(n) DESC, column_name, part LIMIT 1
        )
        -- a row is one version that served, with its rows in the hours of both periods
        SELECT model_version, min(hour), max(hour),
               coalesce(sum(n) FILTER (hour >= $b0 AND hour < $b1), 0),
               coalesce(sum(n) FILTER (hour >= $w0 AND hour < $w1), 0)
        FROM production JOIN fullest USING (column_name, part) WHERE model_version <> '' GROUP BY model_version
        """,
        {
            "node": node,
            "b0": naive(symptom.baseline.start),
            "b1": naive(symptom.baseline.end),
            "w0": naive(symptom.window.start),
            "w1": naive(symptom.window.end),
        },
    ).fetchall()
    spans = [
        VersionSpan(version, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC) + HOUR, int(before), int(after))
        for version, first, last, before, after in served
    ]
    return tuple(sorted(spans, key=lambda span: (span.first, span.version)))


def counted_columns(node: str, columns: Mapping[str, ColumnProfile]) -> tuple[SchemaObservation, ...]:
    """Return which columns came in most rows of each bucket, as if a bucket were a batch; ordered by time."""
    found, fullest = [], np.max([profile.counts.sum(axis=1) for profile in columns.values()] or [np.zeros(0)], axis=0)
    for position, profile in enumerate(columns.values()):
        width = np.diff(profile.ts[:2])[0] if len(profile.ts) > 1 else np.timedelta64(1, "h")
        rows = profile.counts.sum(axis=1)
        null = np.array([role == "null" for role in profile.roles], dtype=bool)
        for k in np.flatnonzero((rows > 0) & (rows >= MOST * fullest)).tolist():
            first = _utc(profile.ts[k])
            found.append(
                SchemaObservation(
                    node=node,
                    column=profile.column,
                    position=position,
                    type=profile.kind,
                    kind=profile.kind,
                    rows=int(fullest[k]),
                    nulls=int(profile.counts[k, null].sum()),
                    uncast=0,
                    first=first,
                    last=first + timedelta(microseconds=int(width / np.timedelta64(1, "us")) - 1),
                )
            )
    return tuple(sorted(found, key=lambda one: (one.first, one.position)))


def _utc(moment: np.datetime64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(moment.astype("datetime64[us]").astype(int)))
