"""The system as it is declared, and what depends on what as it is observed."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

import networkx as nx
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.caller import Administers, Reads
from api.edits import etag, expected
from api.problems import Problem
from api.strict_route import StrictRoute
from rca.errors import UnknownName
from rca.evidence.services import read_lineage_edges
from rca.graph import blame_path, build_graph
from rca.ingest.documents import declare_system, latest_system, system_at
from rca.spans import read_span_edges
from rca.warehouse import Warehouse
from schemas.base import to_utc
from schemas.system import System

router = APIRouter(prefix="/v1", tags=["system"], route_class=StrictRoute)


class GraphNode(BaseModel):
    """One part of the system."""

    id: str
    kind: str | None
    owner: str | None
    declared: bool


class GraphEdge(BaseModel):
    """Cause -> effect."""

    source: str
    target: str
    columns: list[str]
    origin: str = Field(description="declared, trace or lineage")


class Graph(BaseModel):
    """What depends on what."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]


def _tag(system: System | None) -> str:
    text = system.model_dump_json(by_alias=True) if system else ""
    return etag(hashlib.blake2b(text.encode(), digest_size=8).hexdigest())


@router.get("/system", response_model=System, response_model_by_alias=True)
def get_system(request: Request, response: Response, _: Reads) -> Any:
    """Return the declared system."""
    with request.app.state.service.store.reading() as warehouse:
        system = latest_system(warehouse)
    if system is None:
        raise Problem(404, "no-system", "no system is declared yet; PUT it here", headers={"ETag": _tag(None)})
    response.headers["ETag"] = _tag(system)
    return system


@router.put("/system", response_model=System, response_model_by_alias=True)
def put_system(request: Request, response: Response, caller: Administers, system: System) -> Any:
    """Declare the system anew; where one is declared already, If-Match names the version that is replaced."""
    service = request.app.state.service

    def do(warehouse: Warehouse) -> None:
        known = latest_system(warehouse)
        if known is not None:
            expected(request, _tag(known))
        declare_system(warehouse, system, service.now())

    service.change(caller, do, detail=f"declared {len(system.nodes)} nodes")
    response.headers["ETag"] = _tag(system)
    return system


@router.get("/graph")
def get_graph(
    request: Request,
    _: Reads,
    at: Annotated[datetime | None, Query(description="As it was known at this time; default: now.")] = None,
) -> Graph:
    """Return what depends on what: declared, and seen in traces and lineage."""
    graph = _observed(request, at)
    return Graph(
        nodes=[
            GraphNode(id=name, kind=told.get("kind"), owner=told.get("owner"), declared=bool(told.get("declared")))
            for name, told in graph.nodes(data=True)
        ],
        edges=[
            GraphEdge(source=a, target=b, columns=list(told["columns"]), origin=told["origin"])
            for a, b, told in graph.edges(data=True)
        ],
    )


@router.get("/graph/path")
def get_path(
    request: Request,
    _: Reads,
    source: Annotated[str, Query(alias="from", min_length=1, max_length=500)],
    target: Annotated[str, Query(alias="to", min_length=1, max_length=500)],
) -> list[str]:
    """Return the way by which one node can break another; empty when it cannot."""
    graph = _observed(request, None)
    for name in (source, target):
        if name not in graph:
            raise UnknownName("node", name, graph)
    return list(blame_path(graph, source, target)) if _reaches(graph, source, target) else []


def _reaches(graph: Any, source: str, target: str) -> bool:
    return bool(nx.has_path(graph, source, target))


def _observed(request: Request, at: datetime | None) -> Any:
    with request.app.state.service.store.reading() as warehouse:
        system = system_at(warehouse, to_utc(at)) if at else latest_system(warehouse)
        if system is None:
            raise Problem(404, "no-system", "no system is declared yet; PUT it to /v1/system")
        return build_graph(system, read_span_edges(warehouse), read_lineage_edges(warehouse))
