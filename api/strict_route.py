"""Routes that read JSON strictly and never more than is allowed."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.bodies import read_body
from api.strict_json import loads

SMALL = 1_000_000
"""Bytes of a body that is a document, not rows."""


class StrictRequest(Request):
    """A request whose body is bounded, and whose JSON is strict."""

    async def body(self) -> bytes:
        """Return the body, inflated; at most `SMALL` bytes of it."""
        if not hasattr(self, "_body"):
            self._body = await read_body(self, SMALL, SMALL)
        return self._body

    async def json(self) -> Any:
        """Return the body as JSON."""
        return loads(await self.body())


class StrictRoute(APIRoute):
    """A route for documents: its handlers get a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI makes, behind a strict request."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strict
