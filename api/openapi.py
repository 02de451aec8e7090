"""The OpenAPI document: what FastAPI finds out, with the problems that any route may answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import rca
from api.problems import MEDIA_TYPE

ABOUT = """Explains what broke a production machine-learning system.

Send predictions, metrics, traces, changes and lineage; open an incident, or let Alertmanager do so; ask for its causes;
say which was right. Times are UTC. Errors are problem details (RFC 9457). A POST with an `Idempotency-Key` can be sent
again; an edit names the version it saw with `If-Match`. Long work answers 202 with the `Location` of its job, or, with
`Prefer: wait=SECONDS`, the result."""

TAGS = (
    ("ingest", "Data in. An answer means: on disk."),
    ("incidents", "What went wrong, why, and how it is handled."),
    ("feedback", "What reviewers say; only ever added to."),
    ("reviews", "What a week says, what incidents turned out to be, what is to be done."),
    ("rankers", "What orders the causes."),
    ("system", "What there is, and what depends on what."),
    ("service", "The service itself."),
)

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:rca:problem:not-found"]},
        "title": {"type": "string", "examples": ["Not Found"]},
        "status": {"type": "integer", "examples": [404]},
        "detail": {"type": "string", "examples": ["unknown incident 'inc-43'; did you mean 'inc-42'?"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ANY = {
    "400": "The address, a header or the body is malformed.",
    "401": "No token, or one that holds no longer.",
    "403": "The token does not allow this.",
    "404": "There is no such thing.",
    "409": "Its state does not allow this.",
    "412": "It was changed since the version that If-Match names.",
    "413": "The body is too large.",
    "415": "The body's type or encoding is not known.",
    "421": "The service is not called so.",
    "422": "What the body says cannot be used.",
    "428": "If-Match is missing.",
    "429": "Too many requests.",
    "503": "Too much waits; send it again later.",
    "507": "The disk is full.",
}


def describe(app: FastAPI) -> None:
    """Let an application serve the completed document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=rca.__version__,
                description=ABOUT,
                routes=app.routes,
                tags=[{"name": name, "description": text} for name, text in TAGS],
            )
            made["components"].setdefault("schemas", {})["Problem"] = PROBLEM
            made["components"]["schemas"].pop("HTTPValidationError", None)
            made["components"]["schemas"].pop("ValidationError", None)
            for path in made["paths"].values():
                for operation in path.values():
                    _add_problems(operation)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _add_problems(operation: dict[str, Any]) -> None:
    told = operation.setdefault("responses", {})
    told.pop("422", None)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for status, text in ANY.items():
        told.setdefault(status, {"description": text, "content": {MEDIA_TYPE: schema}})
