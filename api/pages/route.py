"""Routes of pages: bounded forms in, and errors as pages that say what to do."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException

from api.pages.render import page
from api.problems import Problem, problem_of, problem_of_http
from api.strict_route import StrictRequest


def pages() -> APIRouter:
    """Return a router for pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


class PageRoute(APIRoute):
    """A route whose form is bounded and whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI makes, between a bounded form and errors as pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            bounded = StrictRequest(request.scope, request.receive)
            try:
                await bounded.body()
                return await handle(bounded)
            except RequestValidationError as error:
                return problem_page(request, _invalid(error))
            except HTTPException:
                raise
            except Exception as error:  # noqa: BLE001 - what is not expected is logged, and told as a page too
                return problem_page(request, problem_of(error))

        return answer


def problem_page(request: Request, problem: Problem) -> Response:
    """Return a problem as a page."""
    return page(request, "problem.html", status=problem.status, headers=problem.headers, problem=problem)


PROGRAMS = ("/v1", "/api", "/mcp")
"""Beginnings of paths that programs ask for."""


async def absent(request: Request, error: Exception) -> Response:
    """Return that there is nothing at an address: as a page to a browser, as a problem to a program."""
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - the type it is installed for
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    browser = "text/html" in request.headers.get("accept", "") and not path.startswith(PROGRAMS)
    if error.status_code != HTTPStatus.NOT_FOUND or not browser:
        return await problem_of_http(request, error)
    return problem_page(request, Problem(404, "not-found", "Nothing is at this address."))


def _invalid(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    place = " ".join(str(step) for step in first["loc"][1:])
    return Problem(422, "invalid", f"{place}: {first['msg']}" if place else str(first["msg"]))
