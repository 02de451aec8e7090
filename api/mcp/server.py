"""The protocol's server, of the official SDK: one a project, without sessions."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.types import Receive, Scope, Send

import rca
from api.caller import Caller
from api.mcp import CALLER, tools
from api.problems import Problem
from api.service import Service
from rca.errors import RcaError

MOST_BYTES = 1_000_000
LOOKS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
Incident = Annotated[str, Field(min_length=1, max_length=500, description="Id of the incident.")]
Rank = Annotated[int, Field(ge=1, le=10_000, description="Rank of a cause in explain_incident.")]


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one message."""
    manager = StreamableHTTPSessionManager(
        _server(),
        json_response=True,
        stateless=True,
        max_request_body_size=MOST_BYTES,
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)


@cache
def _server() -> Any:
    """Return the server; who asks and of which project is in each request."""
    server = MCPServer(
        "rca",
        version=rca.__version__,
        log_level="WARNING",
        instructions=f"Explains incidents of ML systems. {tools.NOTICE}",
    )
    for tool, annotations in (
        (list_incidents, LOOKS),
        (explain_incident, LOOKS),
        (compare_evidence, LOOKS),
        (record_verdict, ADDS),
    ):
        server.tool(description=f"{tool.__doc__} {tools.NOTICE}", annotations=annotations)(tool)
    return server._lowlevel_server  # noqa: SLF001 - the SDK makes an application of it, this service has one


def list_incidents(
    context: Context[Any, Any],
    words: Annotated[str, Field(max_length=500, description="Words to look for.")] = "",
    state: Annotated[str, Field(description="open, closed or merged; empty: any.")] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
) -> dict[str, Any]:
    """List incidents of the ML system, the newest first."""
    return _told(context, lambda service, _: tools.list_incidents(service, words, state, limit))


def explain_incident(context: Context[Any, Any], incident: Incident) -> dict[str, Any]:
    """Say what caused an incident: causes with probability, evidence, check and remedy; what was ruled out."""
    return _told(context, lambda service, _: tools.explain_incident(service, incident))


def compare_evidence(context: Context[Any, Any], incident: Incident, first: Rank, second: Rank) -> dict[str, Any]:
    """Put the evidence of two causes of an incident side by side, with what moved the score of each."""
    return _told(context, lambda service, _: tools.compare_evidence(service, incident, first, second))


def record_verdict(
    context: Context[Any, Any],
    incident: Incident,
    rank: Rank,
    verdict: Annotated[str, Field(description="confirmed, contributing, rejected or cant_tell.")],
    comment: Annotated[str, Field(max_length=5000, description="How it was found out.")] = "",
) -> dict[str, Any]:
    """Record what a listed cause was, in the name of the token's account, when a person has decided it."""
    return _told(
        context,
        lambda service, caller: tools.record_verdict(service, caller, incident, rank, verdict=verdict, comment=comment),
    )


def _told(context: Context[Any, Any], do: Callable[[Service, Caller], dict[str, Any]]) -> dict[str, Any]:
    request = context.request_context.request
    assert request is not None  # noqa: S101 - it came over HTTP
    try:
        return do(request.app.state.service, request.scope[CALLER])
    except (RcaError, Problem) as error:
        raise ToolError(str(error)) from error
