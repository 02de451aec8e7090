"""Errors as problem details (RFC 9457): what is wrong, where, and how to mend it."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.strict_json import MalformedJson
from rca.errors import Absent, Conflict, InputError, RcaError, StorageError, WarehouseError

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("rca.api")


class Problem(Exception):
    """An answer that says what is wrong.

    Parameters
    ----------
    kind
        Names the sort of problem; `type` is `urn:rca:problem:<kind>`.
    detail
        One sentence about this occurrence, and how to mend it.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.headers, self.more = status, kind, detail, dict(headers or {}), more


def response(problem: Problem) -> Response:
    """Return the answer of a problem; text that no encoding knows is written with escapes."""
    document = {
        "type": f"urn:rca:problem:{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return Response(
        json.dumps(document, allow_nan=False), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def problem_of(error: Exception) -> Problem:
    """Return what an error of the engine is to a client."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StorageError):
        return _storage(error)
    if isinstance(error, HTTPException):
        return _of_framework(error)
    for kind, status, name in _KINDS:
        if isinstance(error, kind):
            text = f"the body {error}" if kind is MalformedJson else str(error)
            return Problem(status, name, text, headers={"Retry-After": "5"} if status == BUSY else None)
    log.error("unexpected error", exc_info=error)
    return Problem(500, "fault", "a fault of rca itself; its log says more")


def problem_for(request: Request, error: Exception) -> Problem:
    """Return what an error is to who sent a request: where that carries nothing but its address, a bad request."""
    problem = problem_of(error)
    if problem.kind == UNUSABLE and request.method in ("GET", "HEAD"):
        problem.status = 400
    return problem


BUSY = 503
UNUSABLE = "unusable"
_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (MalformedJson, 400, "malformed-json"),
    (Conflict, 409, "conflict"),
    (Absent, 404, "not-found"),
    (InputError, 422, UNUSABLE),
    (WarehouseError, BUSY, "database"),
    (RcaError, 500, "fault"),
)
"""The first kind that an error is of: its status and name."""


def _of_framework(error: HTTPException) -> Problem:
    if isinstance(error.__cause__, (Problem, MalformedJson)):  # FastAPI hides what was wrong with a body
        return problem_of(error.__cause__)
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return Problem(error.status_code, kind, str(error.detail), headers=error.headers)


def _storage(error: StorageError) -> Problem:
    if error.full:
        return Problem(507, "disk-full", f"{error}; free space on the server's disk and send it again")
    return Problem(503, "busy", f"{error}; send it again later", headers={"Retry-After": "2"})


def install(app: FastAPI) -> None:
    """Let every error of an application be a problem."""
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind in (Problem, RcaError, MalformedJson, HTTPException, Exception):
        app.add_exception_handler(kind, _raised)


async def _raised(request: Request, error: Exception) -> Response:
    return response(problem_for(request, error))


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the type it is installed for
    faults = [
        {"pointer": "/".join(["#", *(str(step) for step in fault["loc"])])[:200], "detail": str(fault["msg"])[:300]}
        for fault in error.errors()[:20]
    ]
    first = faults[0] if faults else {"pointer": "#", "detail": "cannot be used"}
    in_body = not faults or first["pointer"].startswith("#/body")
    status = 422 if in_body else 400  # well-formed content that cannot be used, or an address or header that cannot
    return response(
        Problem(status, "invalid", f"{first['pointer'].removeprefix('#/')}: {first['detail']}", errors=faults)
    )
