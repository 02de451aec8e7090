"""Routes of pages: bounded forms in, and errors as pages that say what to do."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.pages.render import page
from api.problems import Problem, problem_for, response
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
            except Exception as error:  # noqa: BLE001 - what is not expected is logged, and told as a page too
                return problem_page(request, problem_for(request, error))

        return answer


def problem_page(request: Request, problem: Problem) -> Response:
    """Return a problem as a page."""
    return page(request, "problem.html", status=problem.status, headers=problem.headers, problem=problem)


PROGRAMS = ("/v1", "/api", "/mcp")
"""Beginnings of paths that programs ask for."""

NO_PAGE = {404: "Nothing is at this address.", 405: "This address takes what a form sends; there is nothing to show."}


async def absent(request: Request, error: Exception) -> Response:
    """Return that no page is at an address, or none to be shown: as a page to a browser, as a problem to a program."""
    problem = problem_for(request, error)
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    browser = "text/html" in request.headers.get("accept", "") and not path.startswith(PROGRAMS)
    if problem.status not in NO_PAGE or not browser:
        return response(problem)
    problem.detail = NO_PAGE[problem.status]
    return problem_page(request, problem)


def _invalid(error: RequestValidationError) -> Problem:
    """Return what cannot be used: of the address or a header it makes a bad request, as in the API."""
    first = error.errors()[0]
    within, *steps = first["loc"]
    place = " ".join(map(str, steps))
    return Problem(422 if within == "body" else 400, "invalid", f"{place}: {first['msg']}" if place else first["msg"])
