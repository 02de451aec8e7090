"""What a GET asks for: parameters that it does not know are refused, so that a misspelt filter is never left out."""

from difflib import get_close_matches

from fastapi import FastAPI, Request

from api.problems import Problem


def refuse_unknown(request: Request) -> None:
    """Refuse a GET below `/v1` with query parameters that the operation does not have.

    Raises
    ------
    Problem
        400: names the parameter and those that there are.
    """
    route = request.scope["route"]
    if request.method != "GET" or not route.path_format.startswith("/v1/"):
        return
    known = _known(request.app, route.path_format)
    for name in request.query_params:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise Problem(
                400, "unknown-parameter", f"{name[:100]!r} is no query parameter of this operation: {there}{hint}"
            )


def _known(app: FastAPI, path: str) -> list[str]:
    operation = app.openapi()["paths"].get(path, {}).get("get", {})
    return [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
