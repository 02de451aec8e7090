"""The system: what depends on what, which data came last, and which columns of each model drifted."""

from datetime import UTC, date, datetime, time
from typing import Annotated

import networkx as nx
from fastapi import Query, Request
from fastapi.responses import Response

from api.pages.drawing import drawn
from api.pages.known import known_graph
from api.pages.person import Reader
from api.pages.render import page
from api.pages.route import pages
from api.service import Service
from rca.evidence.services import read_lineage_edges
from rca.graph import build_graph
from rca.ingest.documents import system_at
from rca.spans import read_span_edges
from rca.warehouse import Warehouse
from rca.watch import drift_overview, freshness

router = pages()

MODERATE, LARGE = 0.1, 0.25
MOST_MODELS = 40
SHOWN = 6


@router.get("/system")
def show_system(
    request: Request,
    caller: Reader,
    at: Annotated[date | None, Query()] = None,
    node: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Show the graph as it was on a day, freshness and drift; with a node, the way of its faults stands out."""
    service: Service = request.app.state.service
    now = service.now()
    with service.store.reading() as warehouse:
        graph = _graph(warehouse, service, at)
        models = [name for name, told in graph.nodes(data=True) if told.get("kind") == "model"]
        shown = sorted(models)[:MOST_MODELS]
        drifts = drift_overview(warehouse, shown)
        sources = freshness(warehouse)
    chosen = node if node in graph else ""
    near = {chosen, *nx.ancestors(graph, chosen), *nx.descendants(graph, chosen)} if chosen else set(graph)
    return page(
        request,
        "system.html",
        here="system",
        caller=caller,
        drawing=drawn(graph.subgraph(near), end=chosen or None) if len(graph) else None,
        graph=graph,
        edges=sorted(graph.subgraph(near).edges(data=True), key=lambda edge: edge[:2]),
        node=chosen,
        at=at,
        models=[(name, drifts.get(name)) for name in shown],
        sources=sources,
        levels=(MODERATE, LARGE),
        most=SHOWN,
        now=now,
    )


def _graph(warehouse: Warehouse, service: Service, at: date | None) -> "nx.DiGraph[str]":
    """Return the graph as it was declared at the end of a day, or as it is now."""
    if at is None:
        return known_graph(warehouse, service.store.path)
    system = system_at(warehouse, datetime.combine(at, time.max, UTC))
    if system is None:
        return nx.DiGraph()
    return build_graph(system, read_span_edges(warehouse), read_lineage_edges(warehouse))
