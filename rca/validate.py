"""Check a bundle: everything that is wrong with it, and what cannot be examined for want of data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import networkx as nx

from rca.bundle import Bundle, bundle_problems, read_bundle
from rca.errors import InputError, UnknownName
from rca.ingest import IngestReport, ingest_bundle
from rca.warehouse import Warehouse
from schemas.incident import LATENCY_METRICS, MODEL_METRICS, Incident
from schemas.system import Node

Severity = Literal["error", "warning", "note"]
UNLABELLED = ("prediction_mean", "null_rate", "estimated_auc", "estimated_accuracy")
"""Model metrics that need no labels."""
LATER = timedelta(hours=1)
"""So long after the last row an incident may be noticed without a word: logs come in batches."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding: an `error` stops an analysis, a `warning` costs data, a `note` is worth knowing."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """All findings, the worst first."""

    entries: tuple[Entry, ...]

    @property
    def usable(self) -> bool:
        """Return whether the bundle can be analysed."""
        return all(entry.severity != "error" for entry in self.entries)


def validate_bundle(folder: Path) -> ValidationReport:
    """Land a bundle in a temporary warehouse and list all that is wrong or missing.

    A malformed bundle is a finding, not an exception.
    """
    broken = [Entry("error", str(problem)) for problem in bundle_problems(folder)]
    if broken:
        return ValidationReport(tuple(broken))
    bundle = read_bundle(folder)
    with Warehouse() as warehouse:
        entries = list(_findings(_Landed(warehouse, bundle)))
    rank = {"error": 0, "warning": 1, "note": 2}
    return ValidationReport(tuple(sorted(entries, key=lambda entry: rank[entry.severity])))


@dataclass(frozen=True, slots=True)
class _Landed:
    warehouse: Warehouse
    bundle: Bundle

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(sql, list(parameters)).fetchall()

    def values(self, sql: str, *parameters: Any) -> set[Any]:
        return {row[0] for row in self.rows(sql, *parameters)}

    @property
    def nodes(self) -> dict[str, Node]:
        return self.bundle.system.by_id


def _findings(landed: _Landed) -> Iterator[Entry]:
    report = IngestReport(())
    try:
        report = ingest_bundle(landed.warehouse, landed.bundle.folder)
    except InputError as error:
        yield Entry("error", str(error))
    yield from (Entry("warning", text) for text in report.warnings)
    yield from _quarantined(landed, set(report.warnings))
    yield from _unknown_nodes(landed)
    yield from _undeclared_columns(landed)
    for incident in landed.bundle.incidents:
        yield from _incident(landed, incident)
    yield from _cycles(landed)
    yield from _missing(landed)


def _quarantined(landed: _Landed, said: set[str]) -> Iterator[Entry]:
    groups = landed.rows(
        """-- a row is one reason in one column of one file
           SELECT path, column_name, reason, count(*), min("row"), arg_min(raw, "row")
           FROM quarantine GROUP BY path, column_name, reason ORDER BY path, min("row"), column_name, reason"""
    )
    for path, column, reason, n, first, raw in groups:
        if f"{path}: {reason}" in said:
            continue
        place = f"{path}, row {first}" if first is not None else path
        column_text = f", column {column!r}" if column is not None else ""
        times = f" ({n} times, this is the first)" if n > 1 else ""
        value = f"; found {str(raw)[:80]!r}" if raw is not None else ""
        yield Entry("warning", f"{place}{column_text}: {reason}{value}{times}")


def _unknown_nodes(landed: _Landed) -> Iterator[Entry]:
    for source in ("kpis", "changes", "profile"):
        used = landed.values(f"SELECT DISTINCT node FROM {source} WHERE node IS NOT NULL")
        name = {"profile": "histograms"}.get(source, source)
        for node in sorted(used - set(landed.nodes)):
            yield Entry("warning", str(UnknownName("node", node, landed.nodes, file=name)))
    strangers = sorted(landed.values("SELECT DISTINCT service FROM spans") - set(landed.nodes))
    if strangers:
        names = ", ".join(map(repr, strangers[:10])) + (" …" if len(strangers) > 10 else "")  # noqa: PLR2004
        yield Entry("note", f"traces: services that system.yaml does not declare are taken as service nodes: {names}")


def _columns_of(landed: _Landed, node: str) -> set[str]:
    return landed.values(
        """SELECT column_name FROM schema_observations WHERE node = $1
           UNION SELECT column_name FROM bins WHERE node = $1""",
        node,
    )


def _undeclared_columns(landed: _Landed) -> Iterator[Entry]:
    for edge in landed.bundle.system.edges:
        there = _columns_of(landed, edge.target)
        for column in edge.columns if there else ():
            if column not in there:
                unknown = UnknownName(f"column of {edge.target!r}", column, there, file="system.yaml")
                yield Entry("warning", f"{unknown} (edge {edge.source!r} -> {edge.target!r})")
    for node in landed.nodes.values():
        there = _columns_of(landed, node.id)
        named = (*node.columns.values(), *node.segments, *(node.features or ()))
        for column in sorted(set(named) - there) if there else ():
            unknown = UnknownName(f"column of {node.id!r}", column, there, file="system.yaml")
            yield Entry("warning", f"{unknown} (no batch has it)")


def _incident(landed: _Landed, incident: Incident) -> Iterator[Entry]:
    file = f"incident {incident.id!r}"
    node = landed.nodes.get(incident.node)
    if node is None:
        yield Entry("error", str(UnknownName("node", incident.node, landed.nodes, file=file)))
        return
    reason = _not_computable(landed, node, incident.metric)
    if reason:
        yield Entry("error", f"{file}: {incident.metric!r} of {node.id!r} cannot be computed: {reason}")
        return
    first, last = landed.rows("SELECT min(first_ts), max(last_ts) FROM files WHERE source <> 'changes'")[0]
    detected = incident.detected_at.replace(tzinfo=None)
    if first is not None and detected < first:
        yield Entry("error", f"{file}: detected_at is before all data, which begin at {first}; check its time zone")
    elif last is not None and (incident.started_at or incident.detected_at).replace(tzinfo=None) > last + LATER:
        yield Entry("warning", f"{file}: it lies after all data, which end at {last}; check its time zone")


def _not_computable(landed: _Landed, node: Node, metric: str) -> str | None:
    """Return why a node's metric cannot be computed; None when it can."""
    named = landed.values("SELECT DISTINCT metric FROM kpis WHERE node = ?", node.id)
    if metric in named:
        return None
    if metric in MODEL_METRICS and node.kind == "model":
        rows, labels = _logged(landed, node.id)
        if not rows:
            return f"there are no predictions of {node.id!r}; add predictions/{node.id}/"
        return None if labels or metric in UNLABELLED else "no row has a label; name the column under columns: label"
    if metric in LATENCY_METRICS:
        spans = landed.values("SELECT 1 FROM spans WHERE service = ? LIMIT 1", node.id)
        return None if spans else "there are no spans of this service and no such metric in kpis"
    has = f"kpis holds {', '.join(map(repr, sorted(named)))} for it" if named else "kpis holds nothing for it"
    return f"{has}; add it there or correct the name"


def _logged(landed: _Landed, node: str) -> tuple[int, int]:
    """Return how many rows a node's log has, and how many of them have a label; from histograms where it has no log."""
    tables = landed.rows("SELECT table_name FROM prediction_tables WHERE node = ?", node)
    if tables:
        rows, labels = landed.rows(f"SELECT count(*), count(label) FROM {tables[0][0]}")[0]
        return int(rows), int(labels)
    rows, labels = landed.rows("SELECT sum(n), sum(n_labelled) FROM profile WHERE node = ?", node)[0]
    return int(rows or 0), int(labels or 0)


def _cycles(landed: _Landed) -> Iterator[Entry]:
    graph: nx.DiGraph[str] = nx.DiGraph((edge.source, edge.target) for edge in landed.bundle.system.edges)
    for members in sorted(sorted(group) for group in nx.strongly_connected_components(graph)):
        if len(members) > 1 or graph.has_edge(members[0], members[0]):
            yield Entry("note", f"system.yaml: a cycle, which is allowed: {', '.join(map(repr, members))}")


def _missing(landed: _Landed) -> Iterator[Entry]:
    """Say what cannot be examined for want of data."""
    for node in landed.nodes.values():
        if node.kind == "model":
            yield from _missing_of_model(landed, node.id)
    wants = {
        "spans": "no traces: slow components are found only from latency metrics in kpis",
        "kpis": "no kpis: business metrics and component faults cannot be examined",
        "changes": "no changes: no cause can be tied to a deployment or configuration change",
        "lineage": "no lineage: dependencies are those that system.yaml and traces show",
    }
    for table, text in wants.items():
        if not landed.values(f"SELECT 1 FROM {table} LIMIT 1"):
            yield Entry("note", text)
    if not landed.bundle.incidents:
        yield Entry("note", "no incident.json: name the symptom on the command line (node, metric and time)")


def _missing_of_model(landed: _Landed, node: str) -> Iterator[Entry]:
    rows, labels = _logged(landed, node)
    if not rows:
        yield Entry("note", f"{node}: no predictions: nothing about this model can be examined")
        return
    if not labels:
        yield Entry(
            "note", f"{node}: no labels: quality is estimated, concept drift and label changes are not examined"
        )
    tables = landed.rows("SELECT table_name FROM prediction_tables WHERE node = ?", node)
    if not tables:
        yield Entry("note", f"{node}: histograms only: nothing that needs raw rows is examined")
        return
    splits, versions = landed.rows(
        f"SELECT count(*) FILTER (split <> 'production'), count(model_version) FROM {tables[0][0]}"
    )[0]
    if not splits:
        yield Entry("note", f"{node}: no training or validation rows: training-serving skew is not examined")
    if not versions:
        yield Entry("note", f"{node}: no model_version: a new version cannot be told from its data")
