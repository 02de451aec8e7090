"""How routes give a document to people: as JSON data, as Markdown, or as a page to be kept."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import JSONResponse, Response

from api.pages.render import segment

Form = Annotated[
    Literal["json", "markdown", "html"],
    Query(description="JSON data, Markdown, or one HTML page that needs nothing else.", examples=["markdown"]),
]

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/markdown": {"schema": {"type": "string"}}, "text/html": {"schema": {"type": "string"}}}}
}
"""What the OpenAPI document says of routes that answer in any of these."""

PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""What a page that is kept may do when it is opened from here: show itself, nothing else."""


def written(
    form: str, name: str, data: Any, markdown: Callable[[], str], html: Callable[[], str], **headers: str
) -> Response:
    """Return a document in the form that is wanted.

    Parameters
    ----------
    name
        What the file is called when it is kept, without ending.
    """
    if form == "json":
        return JSONResponse(data, headers=headers)
    ending, kind, text = ("md", "text/markdown", markdown) if form == "markdown" else ("html", "text/html", html)
    file = f'attachment; filename="{segment(name)}.{ending}"'
    more = {"Content-Disposition": file, "Content-Security-Policy": PAGE}
    return Response(text(), media_type=f"{kind}; charset=utf-8", headers=headers | more)
