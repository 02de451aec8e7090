"""What depends on what, kept until something new was logged: working it out reads all traces."""

import threading
from pathlib import Path

import networkx as nx

from rca.evidence.services import read_lineage_edges
from rca.graph import build_graph
from rca.ingest.documents import latest_system
from rca.spans import read_span_edges
from rca.warehouse import Warehouse

_KEPT: dict[Path, tuple[object, "nx.DiGraph[str]"]] = {}
_LOCK = threading.Lock()


def known_graph(warehouse: Warehouse, place: Path) -> "nx.DiGraph[str]":
    """Return the graph of a project; empty where no system is declared.

    Parameters
    ----------
    place
        The project's file, to tell it from others of the same process.
    """
    state = warehouse.connection.execute(
        "SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM lineage), (SELECT list(digest ORDER BY ingest) "
        "FROM systems)"
    ).fetchone()
    with _LOCK:
        kept = _KEPT.get(place)
    if kept and kept[0] == state:
        return kept[1]
    system = latest_system(warehouse)
    graph: nx.DiGraph[str] = nx.DiGraph()
    if system is not None:
        graph = build_graph(system, read_span_edges(warehouse), read_lineage_edges(warehouse))
    with _LOCK:
        _KEPT[place] = (state, graph)
    return graph
