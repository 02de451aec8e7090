"""Draft a system.yaml from a folder of files: nodes, columns, tasks and likely edges, each to be confirmed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from rca.bundle import INCIDENT_FILES, SYSTEM_FILES
from rca.errors import InputError
from rca.ingest.files import SourceFile, describe, discover, format_of
from rca.ingest.guess import PATTERNS, guess_columns
from rca.ingest.histograms import ingest_histograms
from rca.ingest.kpis import ingest_kpis
from rca.ingest.lineage import ingest_lineage
from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.roles import Roles
from rca.ingest.predictions.task import infer_task
from rca.ingest.relation import open_file
from rca.ingest.session import Session, Unreadable, unreadable
from rca.ingest.traces import ingest_traces
from rca.ingest.types import kind_of
from rca.warehouse import Warehouse
from schemas.incident import SERVICE_METRICS
from schemas.system import ATTRIBUTION_PREFIX, PROBABILITY_PREFIX, RESERVED_COLUMNS, Node, NodeKind, System

DOCUMENTS = ("predictions", "histograms", "traces", "kpis", "changes", "lineage")
FEATURES_PER_LINE = 6
MODEL_ENDING = r"_(classifier|embedder|embedding|encoder|model|predictor|ranker|scorer)$"
OUTPUT_SUFFIXES = ("_score", "_prediction", "_pred", "_proba", "_probability", "_output", "_embedding", "_emb")
YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "none"}


@dataclass(slots=True)
class _Node:
    """A node to draft; `why` says where it was seen, `features` are (column, kind)."""

    id: str
    kind: NodeKind
    why: str
    task: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    features: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Edge:
    source: str
    target: str
    question: str
    columns: tuple[str, ...] = ()


def draft_system(folder: Path) -> str:
    """Return a commented system.yaml for a folder of files; the same folder gives the same text.

    Models come from `predictions/<node>/`, or from the table files of a flat folder; KPIs and services from
    kpis and traces; data sets and pipelines from lineage. Every guess carries a `# confirm:` question.

    Raises
    ------
    InputError
        When the folder is missing or holds nothing to draft from.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("no such folder", file=folder, mend="give a folder with logs, kpis or traces")
    with Warehouse() as warehouse:
        placeholder = System(nodes=(Node(id="draft", kind="model"),))
        session = Session(warehouse.connection, folder, placeholder)
        for ingest in (ingest_kpis, ingest_traces, ingest_lineage, ingest_histograms):
            ingest(session)
        nodes: dict[str, _Node] = {}
        for node in (*_models(session), *_metric_nodes(session), *_traced(session), *_lineage_nodes(session)):
            nodes.setdefault(node.id, node)
        edges = _edges(session, nodes)
    if not nodes:
        raise InputError(
            "nothing to draft from",
            file=folder,
            mend="put each model's log under predictions/<model>/ (Parquet or CSV)",
        )
    return _text(nodes, edges)


# nodes ---------------------------------------------------------------------------------------------------------


def _models(session: Session) -> Iterator[_Node]:
    for name, paths in sorted(_logs(session.folder).items()):
        node = _model(session, name, paths)
        if node:
            yield node
    for (name,) in session.run("SELECT DISTINCT node FROM profile ORDER BY node").fetchall():
        yield _Node(name, "model", "seen in histograms")


def _logs(folder: Path) -> dict[str, list[Path]]:
    """Return the files of each log: by folder under predictions/, else by the names of a flat folder's files."""
    found, _ = discover(folder, "predictions")
    root = folder / "predictions"
    logs: dict[str, list[Path]] = {}
    for path in found:
        parts = path.relative_to(root).parts if root in path.parents else (path.name,)
        logs.setdefault(parts[0] if len(parts) > 1 else _stem(path), []).append(path)
    if logs:
        return logs
    reserved = {*SYSTEM_FILES, *INCIDENT_FILES}
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith((".", "_")) or path.name in reserved or path.name.split(".")[0] in DOCUMENTS
        if path.is_file() and format_of(path) and not hidden:
            logs.setdefault(_stem(path), []).append(path)
    return logs


def _stem(path: Path) -> str:
    """Return a file's name without its endings and a trailing date or number: `scorer_2026-01-03` -> `scorer`."""
    stem = re.sub(r"([-_ ](part[-_ ]?)?\d+)+$", "", path.name.split(".")[0])
    # a file named by its date alone belongs to what its folder is named for
    return path.parent.name if stem.isdigit() else stem


def _model(session: Session, name: str, paths: list[Path]) -> _Node | None:
    # the first and the last batch are enough to see the columns, and their disagreement
    groups = [
        group for file in describe(session.folder, paths[:1] + paths[1:][-1:], name) if (group := _open(session, file))
    ]
    if not groups:
        return None
    relation = groups[0].relation
    guessed = guess_columns(session, relation)
    mapping = {reserved: column.name for reserved, column in guessed.items() if column.name != reserved}
    logged = (session.folder / "predictions") in paths[0].parents
    if not logged and "prediction" not in guessed:
        return _Node(name, "dataset", f"a table without predictions ({_scalar(paths[0].name)})")
    node = _Node(
        name,
        "model",
        f"{len(paths)} file{'s' if len(paths) > 1 else ''} like {_scalar(paths[0].name)}",
        columns=mapping,
    )
    if not logged:
        node.notes.append(
            f"move its files to {_scalar(f'predictions/{name}/')}, where the engine looks for them; done?"
        )
    if "ts" not in guessed:
        node.notes.append("no column looks like a time: which one is it? Name it as {ts: …}")
    roles = Roles.of(Node(id=name, kind="model", columns=mapping), session.system)
    node.task = infer_task(session, roles, groups) if "prediction" in guessed else None
    taken = {column.name for column in guessed.values()}
    features = {c.name: kind_of(c.observed) for group in groups[::-1] for c in group.relation.columns}
    node.features = [
        (column, kind)
        for column, kind in features.items()
        if column not in taken | set(RESERVED_COLUMNS)
        and not column.startswith((ATTRIBUTION_PREFIX, PROBABILITY_PREFIX))
    ]
    return node


def _open(session: Session, file: SourceFile) -> Group | None:
    try:
        return Group((file,), open_file(session, file.path))
    except (Unreadable, duckdb.Error) as error:
        unreadable(error)
        return None


def _metric_nodes(session: Session) -> Iterator[_Node]:
    for name, metrics in session.run(
        "SELECT node, list(DISTINCT metric ORDER BY metric) FROM kpis GROUP BY node ORDER BY node"
    ).fetchall():
        kind: NodeKind = "service" if set(metrics) <= set(SERVICE_METRICS) else "kpi"
        yield _Node(name, kind, f"kpis has {', '.join(map(_scalar, metrics[:4]))} for it")


def _traced(session: Session) -> Iterator[_Node]:
    for (name,) in session.run("SELECT DISTINCT service FROM spans ORDER BY service").fetchall():
        yield _Node(name, "service", "seen in traces")


def _lineage_nodes(session: Session) -> Iterator[_Node]:
    sides = "SELECT unnest(inputs) AS name FROM lineage UNION SELECT unnest(outputs) FROM lineage"
    for (name,) in session.run(f"SELECT DISTINCT name FROM ({sides}) ORDER BY name").fetchall():
        yield _Node(name, "dataset", "seen in lineage")
    for (name,) in session.run("SELECT DISTINCT job FROM lineage ORDER BY job").fetchall():
        yield _Node(name, "pipeline", "a job seen in lineage")


# edges ---------------------------------------------------------------------------------------------------------


def _edges(session: Session, nodes: dict[str, _Node]) -> list[_Edge]:
    found = [*_cascades(nodes), *_calls(session), *_flows(session)]
    feeding = {edge.source for edge in found if edge.columns}
    # a model that only feeds other models moves the KPIs through them
    last = [node.id for node in nodes.values() if node.kind == "model" and node.id not in feeding]
    kpis = [node.id for node in nodes.values() if node.kind == "kpi"]
    found += [_Edge(m, kpi, f"does {_scalar(m)} move {_scalar(kpi)}?") for m in last for kpi in kpis]
    unique = {(edge.source, edge.target): edge for edge in reversed(found) if edge.source != edge.target}
    return [unique[key] for key in sorted(unique)]


def _cascades(nodes: dict[str, _Node]) -> Iterator[_Edge]:
    """Yield model -> model where an input of one is named like the other, or like its output column."""
    models = [node for node in nodes.values() if node.kind == "model"]
    for source in models:
        name = _plain(source.id)
        short = re.sub(MODEL_ENDING, "", name)
        names = {name, *(stem + suffix for stem in (name, short) for suffix in OUTPUT_SUFFIXES)}
        output = source.columns.get("prediction")
        names |= {_plain(output)} if output and output.lower() not in PATTERNS["prediction"] else set()
        for target in models:
            columns = tuple(column for column, _ in target.features if _plain(column) in names)
            if target is not source and columns:
                shown = ", ".join(map(_scalar, columns))
                yield _Edge(source.id, target.id, f"is {shown} the output of {_scalar(source.id)}?", columns)


def _calls(session: Session) -> Iterator[_Edge]:
    calls = session.run(
        """-- a row is one pair of services where one called the other: the callee can break the caller
           SELECT child.service, parent.service, count(*)
           FROM spans AS child JOIN spans AS parent
                ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.span_id
           WHERE child.service <> parent.service GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    for callee, caller, n in calls:
        yield _Edge(callee, caller, f"{_scalar(caller)} called {_scalar(callee)} {n} times; can it break its caller?")


def _flows(session: Session) -> Iterator[_Edge]:
    flows = session.run(
        """SELECT DISTINCT unnest(inputs) AS source, job AS target FROM lineage
           UNION SELECT DISTINCT job, unnest(outputs) FROM lineage ORDER BY ALL"""
    ).fetchall()
    for source, target in flows:
        yield _Edge(source, target, "seen in lineage; is it still so?")


# text ----------------------------------------------------------------------------------------------------------


def _text(nodes: dict[str, _Node], edges: list[_Edge]) -> str:
    lines = [
        "# Drafted from the files beside it. Read each line marked `confirm`, correct it, then run: rca validate",
        "nodes:",
    ]
    for _, node in sorted(nodes.items()):
        lines += _node_lines(node)
    if not edges:
        return "\n".join([*lines, "edges: []  # confirm: what can break what? {from: cause, to: effect}"]) + "\n"
    lines += ["# cause -> effect: what `from` does can break `to`", "edges:"]
    for edge in edges:
        columns = f", columns: [{', '.join(map(_scalar, edge.columns))}]" if edge.columns else ""
        entry = f"  - {{from: {_scalar(edge.source)}, to: {_scalar(edge.target)}{columns}}}"
        lines.append(f"{entry}  # confirm: {edge.question}")
    return "\n".join(lines) + "\n"


def _node_lines(node: _Node) -> Iterator[str]:
    yield f"  - id: {_scalar(node.id)}"
    yield f"    kind: {node.kind}  # confirm: {node.why}; right?"
    yield from (f"    # confirm: {note}" for note in node.notes)
    if node.task:
        yield f"    task: {node.task}  # confirm: inferred from predictions and labels; right?"
    if node.columns:
        yield "    columns:"
        for reserved, name in node.columns.items():
            yield f"      {reserved}: {_scalar(name)}  # confirm: is this the {reserved}?"
    shown = [f"{_scalar(column)} ({kind})" for column, kind in node.features]
    for start in range(0, len(shown), FEATURES_PER_LINE):
        head = "inputs: " if start == 0 else "        "
        yield f"    # {head}{', '.join(shown[start : start + FEATURES_PER_LINE])}"
    if node.features:
        yield "    # segments: []  # confirm: which of these inputs does the model itself not use?"


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar: plain where that is safe, else quoted and escaped."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text) and text.lower() not in YAML_WORDS:
        return text
    return f'"{_flat(text)}"'


def _flat(text: str) -> str:
    """Return a text on one line: what cannot be printed is escaped as YAML does."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in escaped)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
