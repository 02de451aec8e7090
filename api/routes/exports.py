"""Incidents to take away: the draft of a postmortem."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.caller import Reads
from api.routes.documents import RESPONSES, Form, written
from api.routes.incidents import Name, named
from rca.report.page import Block, Page
from rca.report.page_html import html
from rca.report.page_markdown import markdown
from rca.report.postmortem import postmortem_page

router = APIRouter(prefix="/v1/incidents", tags=["incidents"])


class Part(BaseModel):
    """A heading and what stands under it."""

    heading: str = Field(examples=["Timeline"])
    blocks: list[dict[str, Any]] = Field(
        description="Each of a `kind`: text (`text`, `strong`), bullets (`items`), grid (`caption`, `head`, `rows`, "
        "`numbers`), figure (`caption`, `words`, `spec`).",
        examples=[[{"kind": "text", "text": "auc fell from 0.91 to 0.78", "strong": True}]],
    )


class Postmortem(BaseModel):
    """The draft of a postmortem, for people to complete."""

    title: str = Field(examples=["Postmortem of inc-42"])
    line: str
    sections: list[Part]


@router.get("/{incident}/export", response_model=Postmortem, responses=RESPONSES)
def export_incident(request: Request, _: Reads, incident: Name, format: Form = "json") -> Response:  # noqa: A002
    """Return the draft of a postmortem: all that is known of the incident, in order."""
    name = named(incident)
    service = request.app.state.service
    with service.store.reading() as warehouse:
        page = postmortem_page(warehouse, name, service.now())
    data = postmortem(page).model_dump(mode="json")
    return written(format, f"postmortem-{name}", data, lambda: markdown(page), lambda: html(page))


def postmortem(page: Page) -> Postmortem:
    """Return a page as data."""
    sections = [Part(heading=part.heading, blocks=[_block(each) for each in part.blocks]) for part in page.sections]
    return Postmortem(title=page.title, line=page.line, sections=sections)


def _block(block: Block) -> dict[str, Any]:
    parts = asdict(block)
    if "numbers" in parts:
        parts["numbers"] = sorted(parts["numbers"])
    return {"kind": type(block).__name__.lower(), **parts}
