"""What reviewers say on the page of an incident: plain forms, each of which adds one record and leads back.

A form carries the id of the record that it would add, so that sent twice it adds one; when it was shown, so that the
time taken is known; and which answer was judged. Records are only ever added, so two reviewers at once lose nothing;
edits of the incident itself name the version that they were made of.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.caller import Caller
from api.pages.person import Judge, Reviewer
from api.pages.render import linked, segment
from api.pages.route import pages
from api.routes.incidents import Name, named
from api.service import Service
from rca.errors import InputError
from rca.incidents import close, edit, handled, merge, note, reopen, split, verified
from rca.report.words import parse_moment
from rca.review import read_feedback, record, undo
from rca.warehouse import Warehouse
from schemas.feedback import LONGEST_COMMENT, LONGEST_NAME, FeedbackKind, NamedCause, Verdict
from schemas.handling import StepResult

router = pages()

LONGEST_DECISION_S = 1e6
Text = Annotated[str, Form(max_length=LONGEST_COMMENT)]
Word = Annotated[str, Form(max_length=LONGEST_NAME)]


class Judged(BaseModel):
    """What every form about an answer carries."""

    id: str = Field(default_factory=lambda: uuid4().hex, min_length=1, max_length=64)
    analysis: str = Field(default="", max_length=100)
    shown: str = Field(default="", max_length=40, description="When the form was shown.")
    opened: str = Field(default="", max_length=5, description="1: the evidence was looked at, 0: not; empty: unknown.")
    family: str = Field(default="", max_length=LONGEST_NAME)
    node: str = Field(default="", max_length=LONGEST_NAME)
    subject: str = Field(default="", max_length=20 * LONGEST_NAME)
    rank: int | None = Field(default=None, ge=1)
    explored: bool = Field(default=False, description="Whether the first three were shown in random order.")
    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    verdict: Verdict | None = None

    def cause(self) -> NamedCause | None:
        """Return the cause that is meant, if one is named."""
        if not self.family:
            return None
        return NamedCause(family=self.family, node=self.node, subject=self.subject or None)

    def seconds(self, now: datetime) -> float | None:
        """Return how long the decision took; None when it is not known."""
        shown = parse_moment(self.shown) if self.shown else None
        taken = (now - shown).total_seconds() if shown else -1.0
        return round(taken, 1) if 0 <= taken <= LONGEST_DECISION_S else None


class Checked(Judged):
    """What came of a check."""

    step: str = Field(min_length=1, max_length=LONGEST_COMMENT)
    result: StepResult


class Parts(BaseModel):
    """What may be changed of an incident, and of which version of it."""

    version: int = Field(ge=0)
    title: str = Field(default="", max_length=500)
    severity: str = Field(default="", max_length=100)
    owner: str = Field(default="", max_length=200)


class Step(BaseModel):
    """What is to become of an incident, and of which version of it."""

    version: int = Field(ge=0)
    step: Literal["close", "reopen", "merge", "split"]
    reason: str = Field(default="", max_length=LONGEST_COMMENT)
    other: str = Field(default="", max_length=LONGEST_NAME)


Said = Annotated[Judged, Form()]


@router.post("/incidents/{incident}/verdict")
def give_verdict(request: Request, caller: Reviewer, incident: Name, said: Said) -> RedirectResponse:
    """Say what a listed cause was."""
    if said.verdict is None or said.cause() is None:
        raise InputError("no verdict was chosen", mend="go back and press one of its buttons")
    shown = {"rank": said.rank, "explored": said.explored and said.rank is not None}
    _record(request, caller, named(incident), said, "verdict", verdict=said.verdict, **shown)
    return back(request, incident, "verdict", f"cause-{said.rank}" if said.rank else "causes")


@router.post("/incidents/{incident}/missing")
def name_missing(request: Request, caller: Reviewer, incident: Name, said: Said) -> RedirectResponse:
    """Say that the right cause was not listed."""
    if said.family and not said.node:
        raise InputError("where did it lie?", mend="choose a node as well, or say in words what it was")
    _record(request, caller, named(incident), said, "missing")
    return back(request, incident, "missing", "missing")


@router.post("/incidents/{incident}/no-fault")
def say_no_fault(request: Request, caller: Reviewer, incident: Name, said: Said) -> RedirectResponse:
    """Say that nothing was wrong."""
    _record(request, caller, named(incident), said.model_copy(update={"family": ""}), "no_fault")
    return back(request, incident, "no-fault", "reviews")


@router.post("/incidents/{incident}/undo")
def take_back(request: Request, caller: Reviewer, incident: Name, key: Word) -> RedirectResponse:
    """Take a record of one's own back."""
    service: Service = request.app.state.service
    service.change(caller, lambda warehouse: undo(warehouse, key, caller.account), detail=f"took {key} back")
    return back(request, incident, "undo", "reviews")


@router.post("/incidents/{incident}/ruling")
def settle(request: Request, caller: Judge, incident: Name, said: Said) -> RedirectResponse:
    """Settle what was disputed: a verdict on a cause, or without one that there was no fault."""
    if said.cause() is not None and said.verdict is None:
        raise InputError("no verdict was chosen", mend="go back and choose what the cause was")
    _record(request, caller, named(incident), said, "adjudication", verdict=said.verdict if said.family else None)
    return back(request, incident, "ruling", "reviews")


def _record(request: Request, caller: Caller, incident: str, said: Judged, kind: FeedbackKind, **more: Any) -> None:
    service: Service = request.app.state.service
    now = service.now()
    judged = kind in ("verdict", "missing", "no_fault")
    feedback = read_feedback(
        id=said.id,
        at=now,
        reviewer=caller.account,
        incident=incident,
        analysis=said.analysis or None,
        kind=kind,
        cause=said.cause(),
        seconds=said.seconds(now) if judged else None,
        opened={"1": True, "0": False}.get(said.opened),
        comment=said.comment.strip(),
        **more,
    )
    service.change(caller, lambda warehouse: record(warehouse, feedback), detail=f"{kind} of {incident}", status=303)


@router.post("/incidents/{incident}/check")
def give_result(
    request: Request, caller: Reviewer, incident: Name, said: Annotated[Checked, Form()]
) -> RedirectResponse:
    """Say what came of the check that a cause proposes."""
    found: dict[str, Any] = {"cause": said.cause(), "comment": said.comment.strip()}

    def do(warehouse: Warehouse, name: str, who: str, at: datetime) -> object:
        return verified(warehouse, name, who, at, step=said.step, result=said.result, **found)

    _handle(request, caller, incident, do, f"checked: {said.result}")
    return back(request, incident, "check", f"cause-{said.rank}" if said.rank else "causes")


@router.post("/incidents/{incident}/note")
def remark(request: Request, caller: Reviewer, incident: Name, text: Text) -> RedirectResponse:
    """Remark something."""
    if not text.split():
        raise InputError("the remark is empty", mend="go back and write one")
    _handle(request, caller, incident, lambda w, name, who, at: note(w, name, who, at, text=text.strip()), "remarked")
    return back(request, incident, "note", "timeline")


@router.post("/incidents/{incident}/edit")
def change_parts(
    request: Request, caller: Reviewer, incident: Name, said: Annotated[Parts, Form()]
) -> RedirectResponse:
    """Change title, severity and owner; only of the version that was shown."""
    given = {name: value.strip() or None for name, value in said.model_dump(exclude={"version"}).items()}

    def do(warehouse: Warehouse, name: str, who: str, at: datetime) -> object:
        now = handled(warehouse, name)
        before = {"title": now.incident.title, "severity": now.incident.severity, "owner": now.owner}
        changes = {part: value for part, value in given.items() if value != before[part]}
        return edit(warehouse, name, changes, who, at, expected_version=said.version)

    _handle(request, caller, incident, do, "edited")
    return back(request, incident, "edit", "handle")


@router.post("/incidents/{incident}/state")
def move(request: Request, caller: Reviewer, incident: Name, said: Annotated[Step, Form()]) -> RedirectResponse:
    """Close an incident or open it again; let another be the same, or take it out again."""
    reason, other = said.reason.strip(), said.other.strip()

    def do(warehouse: Warehouse, name: str, who: str, at: datetime) -> object:
        if said.step in ("close", "reopen"):
            act = close if said.step == "close" else reopen
            return act(warehouse, name, who, at, reason=reason, expected_version=said.version)
        join = merge if said.step == "merge" else split
        return join(warehouse, name, [other], who, at, comment=reason, expected_version=said.version)

    _handle(request, caller, incident, do, said.step)
    return back(request, incident, "edit", "handle")


@router.post("/incidents/{incident}/explain")
def explain(request: Request, caller: Reviewer, incident: Name) -> RedirectResponse:
    """Explain an incident anew, in the background."""
    service: Service = request.app.state.service
    name = named(incident)
    with service.store.reading() as warehouse:
        handled(warehouse, name)
    service.jobs.start("analyze", {"incident": name, "ranker": "auto"}, caller.account)
    return back(request, incident, "asked", "main")


def _handle(request: Request, caller: Caller, incident: str, do: Any, detail: str) -> None:
    service: Service = request.app.state.service
    name, at = named(incident), service.now()
    service.change(
        caller, lambda warehouse: do(warehouse, name, caller.account, at), detail=f"{name}: {detail}", status=303
    )


def back(request: Request, incident: str, said: str, place: str) -> RedirectResponse:
    """Return the way back to the page, at a place of it; the list's filter stays."""
    query = {key: value for key, value in request.query_params.items() if key not in ("said", "why", "pick")}
    url = linked(request.scope.get("root_path", ""), f"/incidents/{segment(named(incident))}", query | {"said": said})
    return RedirectResponse(f"{url}#{place}", 303)
