"""The door for agents: the Model Context Protocol over HTTP, with the same tokens and scopes as everything else.

It needs the extra `mcp`; without it the service runs, and says so here.
"""

from importlib import import_module
from importlib.util import find_spec

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.caller import Reads
from api.problems import Problem

router = APIRouter(include_in_schema=False)
CALLER = "rca.caller"
"""Where the scope of a request says who sent it."""


class Answered(Response):
    """An answer that the protocol's server writes itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the protocol's server answer."""
        await import_module("api.mcp.server").serve(scope, receive, send)


@router.post("/mcp")
def speak(request: Request, caller: Reads) -> Response:
    """Answer one message of an agent; nothing is kept between messages."""
    if find_spec("mcp") is None:
        raise Problem(501, "not-installed", "agents need the extra: install rca-engine[mcp]")
    request.scope[CALLER] = caller
    return Answered()
