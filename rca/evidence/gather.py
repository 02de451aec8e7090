"""Assemble the evidence of one incident: everything that the generators may look at."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from rca.errors import InputError
from rca.evidence.answer_shares import with_shares
from rca.evidence.categories import REFERENCE_ROWS, category_counts, rows_inside
from rca.evidence.columns import read_columns, read_outputs
from rca.evidence.counted import counted_columns, counted_versions
from rca.evidence.repeats import repeated_shares
from rca.evidence.rolled import OF_NODE, has_few_rows, is_behind, kept_categories
from rca.evidence.rows import read_rows
from rca.evidence.services import read_changes, read_lineage_edges, read_metrics
from rca.graph import build_graph, name_resolver, upstream_of
from rca.metrics import metric_series, prediction_table, score_sql
from rca.spans.edges import read_span_edges
from rca.spans.profiles import operation_profiles
from rca.warehouse import Warehouse
from schemas.evidence import (
    ColumnProfile,
    Evidence,
    ModelEvidence,
    Rows,
    SchemaObservation,
    Series,
    Symptom,
    VersionSpan,
    Window,
)
from schemas.system import Node, System

CONFIDENCE = "estimated_accuracy"
"""What figures downstream of several classes may follow beside their shares: how sure the answers are."""
OUTPUTS = ("prediction_mean", "positive_rate", "brier", "mae", "accuracy")
CATEGORY_SHIFT = 0.02
"""Change of the shares of a category column from which its vocabulary is read."""

ANSWERED = frozenset({"prediction_mean", "positive_rate"})
"""Metrics of the answers alone, which histograms explain by the answers' sums."""


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _versions(warehouse: Warehouse, node: str, table: str, symptom: Symptom) -> tuple[VersionSpan, ...]:
    """Return which versions served; `table` is quoted already. Only their first and last hours are looked up in it."""
    served = warehouse.connection.execute(
        f"""
        -- a row is one version that served, with its rows in the hours of both periods
        SELECT model_version, min(hour), max(hour),
               coalesce(sum(n) FILTER (hour >= $b0 AND hour < $b1), 0),
               coalesce(sum(n) FILTER (hour >= $w0 AND hour < $w1), 0)
        FROM profile WHERE {OF_NODE} GROUP BY model_version
        """,
        _bounds(symptom) | {"node": node},
    ).fetchall()
    before, after = (
        None if is_behind(warehouse, node, [window]) else _version_rows(warehouse, table, window)
        for window in (symptom.baseline, symptom.window)
    )
    spans = [
        VersionSpan(
            version,
            _edge(warehouse, table, version, first, "min") or _utc(first),
            _edge(warehouse, table, version, last, "max") or _utc(last),
            int(n_before) if before is None else before.get(version, 0),
            int(n_after) if after is None else after.get(version, 0),
        )
        for version, first, last, n_before, n_after in served
    ]
    return tuple(sorted(spans, key=lambda span: (span.first, span.version)))


def _version_rows(warehouse: Warehouse, table: str, window: Window) -> dict[str, int]:
    return dict(
        warehouse.connection.execute(
            f"SELECT coalesce(model_version, ''), count(*) FROM {table} WHERE {rows_inside(window)} GROUP BY 1"
        ).fetchall()
    )


def _edge(warehouse: Warehouse, table: str, version: str, hour: datetime, which: str) -> datetime | None:
    """Return the first or last moment of a version within an hour, None where the rows are gone."""
    row = warehouse.connection.execute(
        f"SELECT {which}(ts) FROM {table} WHERE split = 'production' AND ts >= $1 AND ts < $2 "
        "AND coalesce(model_version, '') = $3",
        [hour, hour + timedelta(hours=1), version],
    ).fetchone()
    return _utc(row[0]) if row and row[0] else None


def _bounds(symptom: Symptom) -> dict[str, datetime]:
    moments = (symptom.baseline.start, symptom.baseline.end, symptom.window.start, symptom.window.end)
    return dict(zip(("b0", "b1", "w0", "w1"), (m.astimezone(UTC).replace(tzinfo=None) for m in moments), strict=True))


def _batches(warehouse: Warehouse, node: str) -> tuple[SchemaObservation, ...]:
    rows = warehouse.connection.execute(
        """
        -- a row is one column of one batch, with a few values that could not be cast
        WITH examples AS (
            SELECT file_id, column_name, list(DISTINCT raw ORDER BY raw)[1:3] AS raws
            FROM quarantine WHERE raw IS NOT NULL GROUP BY ALL
        )
        SELECT o.column_name, o.position, o.type, o.kind, o.rows, o.nulls, o.uncast, o.first_ts, o.last_ts, e.raws
        FROM schema_observations o LEFT JOIN examples e USING (file_id, column_name)
        WHERE o.node = ? AND o.first_ts IS NOT NULL AND o.file_id NOT IN (
            SELECT file_id FROM schema_observations WHERE node = o.node AND rows = 0)
        ORDER BY o.first_ts, o.file_id, o.position
        """,
        [node],
    ).fetchall()
    return tuple(
        SchemaObservation(
            node=node,
            column=column,
            position=position,
            type=kept,
            kind=kind,
            rows=n,
            nulls=nulls,
            uncast=uncast,
            first=_utc(first),
            last=_utc(last),
            examples=tuple(raws or ()),
        )
        for column, position, kept, kind, n, nulls, uncast, first, last, raws in rows
    )


def _moved_categories(columns: Mapping[str, ColumnProfile]) -> list[str]:
    out = []
    for profile in columns.values():
        if profile.kind != "category" or not profile.before.sum() or not profile.after.sum():
            continue
        p, q = profile.before / profile.before.sum(), profile.after / profile.after.sum()
        if np.abs(p - q).sum() / 2 > CATEGORY_SHIFT:
            out.append(profile.column)
    return out


def _outputs(warehouse: Warehouse, node: Node, symptom: Symptom) -> dict[str, Series]:
    """Return the model's own series over baseline and window: mean prediction, rows and its losses."""
    start = min(symptom.baseline.start, symptom.window.start)
    end = max(symptom.baseline.end, symptom.window.end)
    out: dict[str, Series] = {}
    downstream = symptom.incident.node != node.id and node.task == "multiclass"
    for metric in (*OUTPUTS, *((CONFIDENCE,) if downstream else ())):
        try:
            series = metric_series(warehouse, node, metric, symptom.bucket_seconds, start, end)
        except InputError:
            continue
        if np.isfinite(series.value).any():
            out[metric] = series
    if "prediction_mean" in out:
        base = out["prediction_mean"]
        out["rows"] = Series(node.id, "rows", base.ts, base.n.astype(float), base.n)
    return out


def _model(warehouse: Warehouse, system: System, node: Node, symptom: Symptom) -> ModelEvidence | None:
    table = prediction_table(warehouse, node)
    columns = read_columns(
        warehouse,
        node,
        symptom.baseline,
        symptom.window,
        symptom.bucket_seconds,
        baseline_split=symptom.reference_split,
        of_answers=table is None and symptom.incident.node == node.id and symptom.incident.metric in ANSWERED,
    )
    if table is None and not columns:
        return None
    if table is None:
        return _from_histograms(warehouse, system, node, symptom, columns)
    node = node if node.task else node.model_copy(update={"task": table.task})
    metric = symptom.incident.metric if symptom.incident.node == node.id else "prediction_mean"
    score = score_sql(node, table.task, metric, table)
    compared = [symptom.window] if symptom.reference_split else [symptom.baseline, symptom.window]
    behind = is_behind(warehouse, node.id, compared)
    rows = (
        None
        if behind and has_few_rows(warehouse, node.id, table.name, compared)
        else read_rows(
            warehouse, node, symptom.baseline, symptom.window, score.sql, baseline_split=symptom.reference_split
        )
    )
    versions = _versions(warehouse, node.id, table.name, symptom)
    outcomes = read_outputs(
        warehouse,
        node,
        symptom.baseline,
        symptom.window,
        symptom.bucket_seconds,
        baseline_split=symptom.reference_split,
    )
    return ModelEvidence(
        node=_with_segments(system, node, columns),
        columns=columns,
        outputs=with_shares(_outputs(warehouse, node, symptom), outcomes.get("prediction"), symptom),
        rows=rows,
        versions=versions,
        producers=_producers(system, node),
        batches=_batches(warehouse, node.id),
        score_name=score.words,
        vocabulary={
            column: kept_categories(columns[column]) if behind else _vocabulary(warehouse, node, column, symptom)
            for column in _moved_categories(columns)
        },
        duplicates=repeated_shares(warehouse.connection, table.name, _sides(symptom)),
        outcomes=outcomes,
        label_vocabulary=_label_vocabulary(warehouse, node, symptom, outcomes.get("label") if behind else None),
        between=_between(warehouse, node, symptom, versions, score.sql) if rows else None,
    )


def _from_histograms(
    warehouse: Warehouse, system: System, node: Node, symptom: Symptom, columns: Mapping[str, ColumnProfile]
) -> ModelEvidence:
    """Return what imported histograms tell of a model whose rows are elsewhere."""
    return ModelEvidence(
        node=_with_segments(system, node, columns),
        columns=columns,
        outputs=_outputs(warehouse, node, symptom),
        rows=None,
        versions=counted_versions(warehouse, node.id, symptom),
        producers=_producers(system, node),
        batches=counted_columns(node.id, columns),
        score_name="logged loss",
        vocabulary={column: kept_categories(columns[column]) for column in _moved_categories(columns)},
    )


def _between(
    warehouse: Warehouse, node: Node, symptom: Symptom, versions: tuple[VersionSpan, ...], score: str
) -> Rows | None:
    """Return the rows between baseline and window where a version came in that had served little or not at all."""
    gap = Window(symptom.baseline.end, symptom.window.start)
    new = any(v.first < gap.end and v.n_before < v.n_after for v in versions)
    if symptom.reference_split or not new or gap.start >= gap.end:
        return None
    return read_rows(warehouse, node, Window(gap.end, gap.end), gap, score)


def _sides(symptom: Symptom) -> tuple[str, str]:
    """Return the SQL conditions of the baseline's and the window's rows."""
    before = REFERENCE_ROWS if symptom.reference_split else rows_inside(symptom.baseline)
    return before, rows_inside(symptom.window)


def _vocabulary(warehouse: Warehouse, node: Node, column: str, symptom: Symptom) -> tuple[tuple[str, int, int], ...]:
    trained = symptom.reference_split
    return tuple(category_counts(warehouse, node, column, symptom.baseline, symptom.window, baseline_split=trained))


def _label_vocabulary(
    warehouse: Warehouse, node: Node, symptom: Symptom, kept: ColumnProfile | None
) -> tuple[tuple[str, int, int], ...]:
    if node.task != "multiclass":
        return ()
    return kept_categories(kept) if kept is not None else _vocabulary(warehouse, node, "label", symptom)


def _with_segments(system: System, node: Node, columns: Mapping[str, ColumnProfile]) -> Node:
    """Return a model that declares its features with every other logged column as a segment."""
    if node.features is None:
        return node
    known = {*node.features, *node.segments, *_producers(system, node)}
    others = sorted({profile.column for profile in columns.values()} - known)
    return node.model_copy(update={"segments": (*node.segments, *others)})


def _producers(system: System, node: Node) -> dict[str, str]:
    return {column: edge.source for edge in system.edges if edge.target == node.id for column in edge.columns}


def _models(warehouse: Warehouse, system: System, nodes: Iterable[str], symptom: Symptom) -> dict[str, ModelEvidence]:
    out = {}
    for name in sorted(nodes):
        node = system.by_id.get(name)
        found = _model(warehouse, system, node, symptom) if node and node.kind == "model" else None
        if found is not None:
            out[name] = found
    return out


def gather(warehouse: Warehouse, system: System, symptom: Symptom) -> Evidence:
    """Return the evidence of one incident: models, operations, metrics and changes upstream of it."""
    graph = build_graph(system, read_span_edges(warehouse), read_lineage_edges(warehouse))
    target = symptom.incident.node
    upstream = upstream_of(graph, target) if target in graph else frozenset({target})
    start = min(symptom.baseline.start, symptom.window.start)
    end = max(symptom.baseline.end, symptom.window.end)
    return Evidence(
        symptom=symptom,
        system=system,
        graph=graph,
        upstream=upstream,
        models=_models(warehouse, system, upstream, symptom),
        operations=operation_profiles(
            warehouse,
            target,
            symptom.baseline,
            symptom.window,
            symptom.bucket_seconds,
            resolve=name_resolver(system),
        ),
        metrics=read_metrics(warehouse, upstream, start, end),
        changes=read_changes(warehouse, start - timedelta(days=1), end),
    )
