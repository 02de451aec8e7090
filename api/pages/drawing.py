"""The dependency graph as a drawing: causes on the left, effects on the right, one way of it marked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

from rca.report.words import clean

WIDTH, HEIGHT = 136, 34
ACROSS, DOWN = 40, 16
MOST_NODES = 60
LONGEST_NAME = 20
SWEEPS = 4
BACK = 0.8
"""How far down a box edges that close a cycle begin and end, of its height."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place; `x` and `y` are its left upper corner."""

    name: str
    label: str
    kind: str
    x: float
    y: float
    marked: bool
    end: bool


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as the path of a curve."""

    source: str
    target: str
    path: str
    marked: bool
    observed: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph as boxes and lines in a frame, and how many nodes were left out."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    left_out: int


def drawn(
    graph: "nx.DiGraph[str]", *, marked: Sequence[str] = (), end: str | None = None, most: int = MOST_NODES
) -> Drawing:
    """Return the drawing of a graph.

    Parameters
    ----------
    marked
        A way of nodes through the graph that is to stand out.
    end
        The node that shows the symptom.
    most
        Nodes that are drawn: those nearest to the end, or the way.
    """
    kept = _kept(graph, marked, end, most)
    part = graph.subgraph(kept)
    columns = _columns(part)
    places = _places(columns)
    tallest = max((len(column) for column in columns), default=1)
    steps = set(pairwise(marked))
    boxes = tuple(_box(graph, name, places[name], name in marked, name == end) for name in kept)
    lines = tuple(
        Line(a, b, _curve(places[a], places[b]), (a, b) in steps, told.get("origin") != "declared")
        for a, b, told in sorted(part.edges(data=True), key=lambda edge: (edge[0], edge[1]))
    )
    return Drawing(
        boxes,
        tuple(sorted(lines, key=lambda line: line.marked)),
        len(columns) * (WIDTH + ACROSS) - ACROSS + 4,
        tallest * (HEIGHT + DOWN) - DOWN + 4,
        len(graph) - len(kept),
    )


def _kept(graph: "nx.DiGraph[str]", marked: Sequence[str], end: str | None, most: int) -> list[str]:
    """Return the nodes to draw: the way, then by their distance to the end, whichever way the edges run."""
    starts = [name for name in (*marked, *([end] if end else [])) if name in graph]
    far = dict.fromkeys(starts or graph, 0)
    layer = list(far)
    while layer:
        beside = {other for name in layer for other in (*graph.successors(name), *graph.predecessors(name))} - set(far)
        distance = far[layer[0]] + 1
        far |= dict.fromkeys(beside, distance)
        layer = sorted(beside)
    order = sorted(far, key=lambda name: (name not in marked, far[name], name))
    return sorted(order[:most])


def _columns(part: "nx.DiGraph[str]") -> list[list[str]]:
    """Return the nodes by column: each is right of its causes, as far as cycles allow; neighbours stand level."""
    acyclic: nx.DiGraph[str] = nx.DiGraph()
    acyclic.add_nodes_from(sorted(part))
    for a, b in sorted(part.edges):
        if a != b and not nx.has_path(acyclic, b, a):
            acyclic.add_edge(a, b)
    depth: dict[str, int] = {}
    for name in nx.topological_sort(acyclic):
        depth[name] = 1 + max((depth[cause] for cause in acyclic.predecessors(name)), default=-1)
    for name in reversed(list(nx.topological_sort(acyclic))):  # sources stand near what they feed
        if acyclic.out_degree(name) and not acyclic.in_degree(name):
            depth[name] = min(depth[effect] for effect in acyclic.successors(name)) - 1
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in sorted(depth):
        columns[depth[name]].append(name)
    columns = [column for column in columns if column]
    for _ in range(SWEEPS):
        for at in range(1, len(columns)):
            _level(columns[at], columns[at - 1], acyclic.pred)
        for at in range(len(columns) - 2, -1, -1):
            _level(columns[at], columns[at + 1], acyclic.succ)
    return columns


def _level(column: list[str], beside: Sequence[str], near: Mapping[str, Collection[str]]) -> None:
    """Order a column by the mean place of each node's neighbours in the column beside (the barycentre heuristic)."""
    place = {name: at for at, name in enumerate(beside)}

    def mean(name: str) -> float:
        found = [place[other] for other in near[name] if other in place]
        return sum(found) / len(found) if found else column.index(name) * len(beside) / len(column)

    column[:] = [name for _, name in sorted((mean(name), name) for name in column)]


def _places(columns: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    tallest = max((len(column) for column in columns), default=1)
    return {
        name: (
            2 + across * (WIDTH + ACROSS),
            2 + (down + (tallest - len(column)) / 2) * (HEIGHT + DOWN),
        )
        for across, column in enumerate(columns)
        for down, name in enumerate(column)
    }


def _box(graph: "nx.DiGraph[str]", name: str, place: tuple[float, float], marked: bool, end: bool) -> Box:
    shown = clean(name, 200)
    label = shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"
    return Box(name, label, str(graph.nodes[name].get("kind") or ""), *place, marked, end)


def _curve(start: tuple[float, float], stop: tuple[float, float]) -> str:
    """Return an edge's path: from right side to left side, and back on the other sides where a cycle closes."""
    if stop[0] <= start[0]:
        return _back(start, stop)
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT / 2, stop[0], stop[1] + HEIGHT / 2
    bend = max(ACROSS / 2, abs(x2 - x1) / 2)
    return f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2 - 5:.0f} {y2:.0f}"


def _back(start: tuple[float, float], stop: tuple[float, float]) -> str:
    x1, y1, x2, y2 = start[0], start[1] + BACK * HEIGHT, stop[0] + WIDTH, stop[1] + BACK * HEIGHT
    bend = max(ACROSS, abs(x2 - x1)) / 2
    return f"M{x1:.0f} {y1:.0f}C{x1 - bend:.0f} {y1:.0f} {x2 + bend:.0f} {y2:.0f} {x2 + 5:.0f} {y2:.0f}"
