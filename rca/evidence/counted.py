"""What histograms alone tell of a model's log: which versions served, and which columns came at each time."""

from collections.abc import Mapping
from datetime import UTC, timedelta

import numpy as np

from candidates.measures.clock import to_datetime
from rca.metrics.buckets import naive
from rca.warehouse import Warehouse
from schemas.evidence import ColumnProfile, FloatArray, SchemaObservation, Symptom, VersionSpan

HOUR = timedelta(hours=1)
MOST, ALWAYS = 0.5, 0.9
"""Share of a bucket's rows that must have a column for it to have come; of the baseline's rows, for it to be missed."""


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
    """Return which columns came in most rows of each bucket, as if a bucket were a batch; ordered by time.

    Only of columns that came with (nearly) all rows of the baseline and lack since, or that never came before; and of
    the fullest one, which tells the rows of each bucket. What always came with a part of the rows is not missed.
    """
    own = {name: profile for name, profile in columns.items() if not profile.part}
    if not own:
        return ()
    rows = {name: profile.counts.sum(axis=1) for name, profile in own.items()}
    fullest = np.max(list(rows.values()), axis=0)
    before = max(float(profile.before.sum()) for profile in own.values())
    most = max(own, key=lambda name: (float(rows[name].sum()), name))
    found = []
    for position, (name, profile) in enumerate(own.items()):
        came = (rows[name] > 0) & (rows[name] >= MOST * fullest)
        usual = float(profile.before.sum()) / max(before, 1.0)
        new = usual <= 0 and bool(came.any())
        if name != most and not new and (usual < ALWAYS or came[fullest > 0].all()):
            continue
        found += [_observed(node, profile, position, k, fullest) for k in np.flatnonzero(came).tolist()]
    return tuple(sorted(found, key=lambda one: (one.first, one.position)))


def _observed(node: str, profile: ColumnProfile, position: int, k: int, rows: FloatArray) -> SchemaObservation:
    """Return the observation of one column in bucket k, of so many rows (T,)."""
    width = np.diff(profile.ts[:2])[0] if len(profile.ts) > 1 else np.timedelta64(1, "h")
    null = np.array([role == "null" for role in profile.roles], dtype=bool)
    first = to_datetime(profile.ts[k])
    return SchemaObservation(
        node=node,
        column=profile.column,
        position=position,
        type=profile.kind,
        kind=profile.kind,
        rows=int(rows[k]),
        nulls=int(profile.counts[k, null].sum()),
        uncast=0,
        first=first,
        last=first + timedelta(microseconds=int(width / np.timedelta64(1, "us")) - 1),
    )
