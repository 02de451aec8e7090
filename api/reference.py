"""The reference of the API, made from its OpenAPI document.

`uv run python -m api.reference > docs/reference/api.md` writes it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.caller import Needs
from api.openapi import ABOUT, TAGS, describe
from api.routes import ROUTERS

HEAD = f"""# HTTP API

{ABOUT}

This page is made by `uv run python -m api.reference > docs/reference/api.md` from the OpenAPI document, which a
running service gives at `/v1/openapi.json`: clients in any language can be generated from it. How to run it, make
tokens and log in: [Run the service](../how-to/run-the-service.md).

## Problems

Every error is `application/problem+json` with `type` (`urn:rca:problem:…`), `title`, `status` and `detail`, a sentence
that says what is wrong and how to mend it; where parts of a body cannot be used, `errors` names each by its JSON
pointer. An address or header that cannot be used (a filter, the place of a page, a query parameter that a GET does not
have) is a 400; a well-formed body that says what cannot be used is a 422.

## Agents

`POST /mcp` speaks the Model Context Protocol (streamable HTTP, without sessions; the extra `mcp`), with the same
tokens. It needs the scope `read`, and has four tools: `list_incidents`, `explain_incident`, `compare_evidence`, and
`record_verdict`, which needs `review` too. All that comes from logs and people is below `untrusted` in an answer.
"""


OTLP: dict[str, str | None] = {"POST /v1/traces": "ingest", "POST /v1/metrics": "ingest"}
"""What asks for its scope itself, for it answers in a form of its own."""


def reference() -> str:
    """Return the page: a section for each tag, a part for each operation."""
    app = FastAPI(title="rca")
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    document = app.openapi()
    scopes = scopes_of_routes()
    sections = [HEAD]
    for tag, about in TAGS:
        sections.append(f"## {tag.capitalize()}\n\n{about}\n")
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag in operation.get("tags", ()):
                    name = f"{method.upper()} {path}"
                    sections.append("\n".join(_operation(name, operation, scopes.get(name), document)))
    return "\n".join(sections).rstrip() + "\n"


def scopes_of_routes() -> dict[str, str | None]:
    """Return `METHOD path` -> the scope that it needs; None: it is open to everybody."""
    return {f"{method} {route.path}": scope_of(route.dependant) for route, method in _routes()} | OTLP


def scope_of(dependant: Dependant) -> str | None:
    """Return which scope a route needs; None: it is open to everybody."""
    if isinstance(dependant.call, Needs):
        return dependant.call.scope
    return next(filter(None, map(scope_of, dependant.dependencies)), None)


def _routes() -> Iterator[tuple[APIRoute, str]]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield from ((route, method) for method in route.methods or ())


def _operation(name: str, operation: Mapping[str, Any], scope: str | None, document: Mapping[str, Any]) -> list[str]:
    needs = f"Needs the scope `{scope}`." if scope else "Open to everybody."
    lines = [f"### {name}", "", f"{operation.get('description', '').strip()} {needs}".strip(), ""]
    rows = [_parameter(each) for each in operation.get("parameters", ())]
    rows += _body(operation.get("requestBody", {}).get("content", {}), document)
    if rows:
        lines += ["| part | type | what |", "|---|---|---|", *rows, ""]
    done = [(status, answer) for status, answer in operation["responses"].items() if status.startswith("2")]
    told = ", ".join(f"{status} {_kinds(answer)}".strip() for status, answer in done)
    return [*lines, f"Answers {told}.", ""]


def _parameter(parameter: Mapping[str, Any]) -> str:
    needed = ", needed" if parameter.get("required") and parameter["in"] != "path" else ""
    text = parameter.get("description") or parameter["schema"].get("description", "")
    return f"| `{parameter['name']}` ({parameter['in']}{needed}) | {_type(parameter['schema'])} | {_cell(text)} |"


def _body(contents: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row for each part of a body that is one document; else one that says in which forms it may come."""
    schemas = [_resolved(content.get("schema", {}), document) for content in contents.values()]
    if len(schemas) != 1 or "properties" not in schemas[0]:
        if contents:
            yield f"| body | {', '.join(f'`{kind}`' for kind in contents)} | |"
        return
    for name, part in schemas[0]["properties"].items():
        needed = ", needed" if name in schemas[0].get("required", ()) else ""
        yield f"| `{name}` (body{needed}) | {_type(part)} | {_cell(_about(part))} |"


def _about(part: Mapping[str, Any]) -> str:
    examples = part.get("examples")
    shown = f"`{json.dumps(examples[0], ensure_ascii=False)}`" if examples and len(str(examples[0])) < 60 else ""  # noqa: PLR2004
    return " ".join(filter(None, (part.get("description", ""), f"Such as {shown}." if shown else "")))


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema in place of a reference to it, the first of several."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice, document)
    if "$ref" in schema:
        found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(each) for each in schema["anyOf"] if each.get("type") != "null"))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))


def _kinds(answer: Mapping[str, Any]) -> str:
    kinds = answer.get("content", {})
    named = [_type(content.get("schema", {})) for kind, content in kinds.items() if kind == "application/json"]
    others = [f"`{kind}`" for kind in kinds if kind != "application/json"]
    return " or ".join([*named, *others])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - what the command is for
