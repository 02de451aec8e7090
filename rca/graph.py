"""The dependency graph: what is declared, what calls what, what is made from what.

Edges run from cause to effect: from callee to caller, from input over job to output. Nodes have the
attributes `kind`, `owner`, `declared`; edges `columns` and `origin` (`declared`, `trace`, `lineage`).
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import networkx as nx

from schemas.system import System

SHOWN_COLUMNS = 3
"""Columns named on an edge of the Mermaid chart."""

MAX_DEPTH = 60
"""Levels of a text tree; what lies deeper is left out, or the indents would outgrow the memory."""

_SEPARATORS = re.compile(r"[/:.#]+")


class LineageEdge(NamedTuple):
    """One job with the data sets that it reads and writes, under the names that its events give."""

    job: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def name_resolver(system: System) -> Callable[[str], str]:
    """Return a function from a name in traces or lineage to the declared node's id, or the name itself.

    A name belongs to the declared node that it equals, else to the one that equals its longest ending
    after a separator (`prod.payments` and `s3://lake/payments` are `payments`), else, when it has no
    separator itself, to the only declared node that ends so.
    """
    declared = set(system.by_id)
    by_ending: dict[str, set[str]] = {}
    for node in declared:
        by_ending.setdefault(_SEPARATORS.split(node)[-1], set()).add(node)

    def resolve(name: str) -> str:
        if name in declared:
            return name
        for separator in _SEPARATORS.finditer(name):
            if name[separator.end() :] in declared:
                return name[separator.end() :]
        owners = by_ending.get(name, set())
        return next(iter(owners)) if len(owners) == 1 else name

    return resolve


def build_graph(
    system: System,
    span_edges: Iterable[tuple[str, str]] = (),
    lineage: Iterable[LineageEdge | tuple[str, Sequence[str], Sequence[str]]] = (),
) -> "nx.DiGraph[str]":
    """Join declarations, traces and lineage into one graph; a declared edge wins over an observed one.

    Parameters
    ----------
    span_edges
        (callee, caller) pairs of services.
    lineage
        (job, inputs, outputs); a job that is not declared becomes a node of kind `pipeline`, a
        data set that is not declared one of kind `dataset`.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    for node in system.nodes:
        graph.add_node(node.id, kind=node.kind, owner=node.owner, declared=True)
    for edge in system.edges:
        known = graph.edges[edge.source, edge.target]["columns"] if graph.has_edge(edge.source, edge.target) else ()
        columns = (*known, *(column for column in edge.columns if column not in known))
        graph.add_edge(edge.source, edge.target, columns=columns, origin="declared")
    resolve = name_resolver(system)
    for callee, caller in span_edges:
        _observe(graph, resolve(callee), resolve(caller), ("service", "service"), "trace")
    for job, inputs, outputs in lineage:
        step = resolve(job)
        for name in inputs:
            _observe(graph, resolve(name), step, ("dataset", "pipeline"), "lineage")
        for name in outputs:
            _observe(graph, step, resolve(name), ("pipeline", "dataset"), "lineage")
    return graph


def _observe(graph: "nx.DiGraph[str]", cause: str, effect: str, kinds: tuple[str, str], origin: str) -> None:
    if cause == effect:
        return
    for node, kind in zip((cause, effect), kinds, strict=True):
        if node not in graph:
            graph.add_node(node, kind=kind, owner=None, declared=False)
    if not graph.has_edge(cause, effect):
        graph.add_edge(cause, effect, columns=(), origin=origin)


def upstream_of(graph: "nx.DiGraph[str]", node: str) -> frozenset[str]:
    """Return the nodes from which `node` can be reached, itself included; only itself when it is not there."""
    return frozenset(_distances(graph, node))


def blame_path(graph: "nx.DiGraph[str]", source: str, target: str) -> tuple[str, ...]:
    """Return the shortest path from cause to effect, both included; () when there is none.

    Among the shortest paths it is the first by the names of its nodes.
    """
    return blame_paths(graph, target)(source)


def blame_paths(graph: "nx.DiGraph[str]", target: str) -> Callable[[str], tuple[str, ...]]:
    """Return `blame_path` to one effect, as a function of the cause: the graph is walked once for all of them."""
    distance = _distances(graph, target)

    def path_from(source: str) -> tuple[str, ...]:
        if source not in distance or source not in graph:
            return ()
        path = [source]
        while path[-1] != target:
            left = distance[path[-1]] - 1
            path.append(min(node for node in graph.successors(path[-1]) if distance.get(node) == left))
        return tuple(path)

    return path_from


def _distances(graph: "nx.DiGraph[str]", target: str) -> dict[str, int]:
    """Return the number of edges to the target, for every node that can reach it."""
    distance = {target: 0}
    queue = deque([target] if target in graph else [])
    while queue:
        node = queue.popleft()
        for cause in graph.predecessors(node):
            if cause not in distance:
                distance[cause] = distance[node] + 1
                queue.append(cause)
    return distance


_SHAPES = {
    "model": ("[[", "]]"),
    "dataset": ("[(", ")]"),
    "pipeline": ("[/", "/]"),
    "service": ("(", ")"),
    "kpi": ("{{", "}}"),
}
_ARROWS = {"trace": "-.->", "lineage": "-.->"}


def to_mermaid(graph: "nx.DiGraph[str]", highlight: Iterable[str] = ()) -> str:
    """Return the graph as a Mermaid flowchart; observed edges are dotted, highlighted nodes are filled."""
    number = {node: f"n{place}" for place, node in enumerate(sorted(graph))}
    lines = ["flowchart LR"]
    for node, key in number.items():
        left, right = _SHAPES.get(graph.nodes[node].get("kind", ""), ("[", "]"))
        lines.append(f'    {key}{left}"{_escape(node)}"{right}')
    for cause, effect in sorted(graph.edges):
        edge = graph.edges[cause, effect]
        label = _edge_label(edge.get("columns", ()))
        lines.append(f"    {number[cause]} {_ARROWS.get(edge.get('origin', ''), '-->')}{label} {number[effect]}")
    chosen = sorted(number[node] for node in set(highlight) if node in number)
    if chosen:
        lines += [
            "    classDef highlight fill:#fde2e2,stroke:#c0392b,color:#000",
            f"    class {','.join(chosen)} highlight",
        ]
    return "\n".join(lines) + "\n"


def _edge_label(columns: Sequence[str]) -> str:
    """Return a Mermaid label with the first few columns, or nothing."""
    shown = ", ".join(columns[:SHOWN_COLUMNS]) + (", …" if len(columns) > SHOWN_COLUMNS else "")
    return f'|"{_escape(shown)}"|' if shown else ""


def _escape(text: str) -> str:
    """Write everything that Mermaid or HTML could read as markup as an entity code."""
    return "".join(char if char.isalnum() or char in " _-,…" else f"#{ord(char)};" for char in text)


def to_text(graph: "nx.DiGraph[str]", root: str | None = None) -> str:
    """Return the graph as trees of effects with their causes beneath.

    A node that is already above itself is marked as a cycle; one that was drawn elsewhere is not
    drawn again. Without a root there is one tree for each node without an effect, and for each
    cycle that none of these reaches.
    """
    drawn: set[str] = set()
    lines: list[str] = []
    for node in _roots(graph) if root is None else iter([root] if root in graph else []):
        if node not in drawn:
            lines.extend(_tree(graph, node, drawn))
    return "\n".join(lines) + "\n" if lines else ""


def _roots(graph: "nx.DiGraph[str]") -> Iterator[str]:
    yield from sorted(node for node in graph if not any(effect != node for effect in graph.successors(node)))
    yield from sorted(graph)


def _tree(graph: "nx.DiGraph[str]", root: str, drawn: set[str]) -> Iterator[str]:
    """Yield the lines of one tree; a stack instead of recursion, so that depth has no limit."""
    above: list[str] = []
    stack = [(root, 0, "", "")]
    while stack:
        node, depth, lead, indent = stack.pop()
        del above[depth:]
        causes = sorted(graph.predecessors(node))
        mark = " (cycle)" if node in above else " (see above)" if node in drawn and causes else ""
        mark = mark or (" …" if depth == MAX_DEPTH and causes else "")
        kind = graph.nodes[node].get("kind")
        yield f"{lead}{_printable(node)}" + (f" [{kind}]" if kind else "") + mark
        if mark or node in drawn or depth == MAX_DEPTH:
            continue
        drawn.add(node)
        above.append(node)
        for place, cause in enumerate(reversed(causes)):
            branch, more = ("└── ", "    ") if place == 0 else ("├── ", "│   ")
            stack.append((cause, depth + 1, indent + branch, indent + more))


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in name)
