"""Action items: who does what until when, and whether it helped."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api.caller import Caller
from api.pages.person import Reader, Reviewer
from api.pages.render import page
from api.pages.route import pages
from api.service import Service
from rca.errors import Conflict, InputError
from rca.review import known_nodes
from rca.review.naming import missing_cause, spelled
from rca.warehouse import Warehouse
from rca.weekly import action, actions, add_action, move_action
from rca.weekly.actions import Step
from schemas.feedback import LONGEST_COMMENT, LONGEST_NAME, NamedCause
from schemas.weekly import ActionState

router = pages()

Key = Annotated[str, Path(min_length=1, max_length=100)]
Line = Annotated[str, Field(max_length=LONGEST_NAME)]
USUAL = timedelta(days=14)
"""Until when a new item is due, as the form proposes."""

STATES: tuple[ActionState, ...] = ("open", "done", "verified_effective", "dropped")


class NewItem(BaseModel):
    """An action item as it is written into the form."""

    title: Line = ""
    owner: Line = ""
    due: Line = ""
    incident: Line = ""
    cause: Line = ""


class Moved(BaseModel):
    """What became of an item; `seen` is the state in which the form showed it."""

    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    seen: str = Field(default="", max_length=40)


@router.get("/actions")
def show_actions(
    request: Request,
    caller: Reader,
    state: Annotated[Literal["", "open", "done", "verified_effective", "dropped"], Query()] = "",
    owner: Annotated[str, Query(max_length=LONGEST_NAME)] = "",
    incident: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Show the action items that fit, and a form that adds one."""
    return _page(request, caller, NewItem(incident=incident), state=state, owner=owner, incident=incident)


def _page(
    request: Request,
    caller: Caller,
    draft: NewItem,
    *,
    state: ActionState | Literal[""] = "",
    owner: str = "",
    incident: str = "",
    error: InputError | None = None,
) -> Response:
    service: Service = request.app.state.service
    now = service.now()
    with service.store.reading() as warehouse:
        found = actions(warehouse, now)
    fitting = [
        each
        for each in found
        if state in ("", each.state) and owner in ("", each.owner) and incident in ("", each.incident)
    ]
    return page(
        request,
        "actions.html",
        status=422 if error else 200,
        here="actions",
        caller=caller,
        items=fitting,
        counts={name: sum(each.state == name for each in found) for name in STATES},
        owners=sorted({each.owner for each in found}),
        asked={"state": state, "owner": owner, "incident": incident},
        draft=draft.model_copy(update={"due": draft.due or (now.date() + USUAL).isoformat()}),
        error=error,
        spelled=spelled,
        may=caller.allows("review"),
    )


@router.post("/actions")
def add(request: Request, caller: Reviewer, said: Annotated[NewItem, Form()]) -> Response:
    """Add an action item; what cannot be kept is shown again as it was written."""
    service: Service = request.app.state.service
    now = service.now()

    def do(warehouse: Warehouse) -> str:
        cause, due, incident = _cause(warehouse, said.cause.strip()), _day(said.due), said.incident.strip() or None
        parts = {"owner": said.owner.strip(), "incident": incident, "cause": cause}
        return add_action(warehouse, said.title.strip(), caller.account, now, due=due, **parts).id  # type: ignore[arg-type]

    try:
        made = service.change(caller, do, detail="added an action", status=303)
    except InputError as error:
        return _page(request, caller, said, error=error)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/actions#{made}", 303)


@router.post("/actions/{key}/{step}")
def move(request: Request, caller: Reviewer, key: Key, step: Step, said: Annotated[Moved, Form()]) -> RedirectResponse:
    """Say what became of an item, if nobody moved it since the form was shown."""
    service: Service = request.app.state.service
    now = service.now()

    def do(warehouse: Warehouse) -> None:
        state = action(warehouse, key, now).state
        if said.seen and said.seen != state:
            raise Conflict(
                f"{key} is {state.replace('_', ' ')} now: somebody moved it meanwhile", mend="look at it again first"
            )
        move_action(warehouse, key, step, caller.account, now, comment=said.comment)

    service.change(caller, do, detail=f"{key}: {step}", status=303)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/actions#{key}", 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no day", mend="write it as 2026-12-01") from error


def _cause(warehouse: Warehouse, text: str) -> NamedCause | None:
    if not text:
        return None
    parts = missing_cause(text, known_nodes(warehouse))
    if parts is None or not parts["node"]:
        raise InputError(f"{text!r} is no cause", mend="write it as family/node/subject")
    return NamedCause.model_validate(parts)
