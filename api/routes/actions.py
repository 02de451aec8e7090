"""Action items: who does what until when, and whether it helped."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.bulk import idempotency_key
from api.caller import Caller, Reads, Reviews
from api.edits import etag, expected, not_modified
from api.service import Service
from api.strict_route import StrictRoute
from rca.warehouse import Warehouse
from rca.weekly import action, actions, add_action, edit_action, move_action
from rca.weekly.actions import Step
from schemas.feedback import NamedCause
from schemas.weekly import ActionItem, ActionState

router = APIRouter(prefix="/v1/actions", tags=["reviews"], route_class=StrictRoute)
Key = Annotated[str, Path(min_length=1, max_length=100, examples=["act-7"])]
Title = Annotated[str, Field(min_length=1, max_length=1000)]


class NewAction(BaseModel):
    """Something that somebody is to do until a day."""

    model_config = ConfigDict(extra="forbid")
    title: Title = Field(
        description="What exactly is to be done, in three words at least.",
        examples=["Check the unit of amount at the feed's door"],
    )
    owner: str = Field(min_length=1, max_length=1000, examples=["data-team"])
    due: date = Field(examples=["2026-12-01"])
    incident: str | None = Field(default=None, max_length=500, examples=["inc-42"])
    cause: NamedCause | None = Field(default=None, description="Which cause it is to prevent.")


class ActionEdit(BaseModel):
    """Parts to change; null takes an optional part away."""

    model_config = ConfigDict(extra="forbid")
    title: Title | None = None
    owner: str | None = Field(default=None, min_length=1, max_length=1000)
    due: date | None = None
    incident: str | None = Field(default=None, max_length=500)
    cause: NamedCause | None = None


class Remark(BaseModel):
    """How it was checked, or why."""

    model_config = ConfigDict(extra="forbid")
    comment: str = Field(default="", max_length=20_000, examples=["replayed last week's feed: the check refuses it"])


def current_tag(warehouse: Warehouse, name: str) -> str:
    """Return the entity tag of an action item as it is now."""
    row = warehouse.connection.execute("SELECT max(place) FROM action_events WHERE action = ?", [name]).fetchone()
    return etag((row or (0,))[0])


@router.get("")
def list_actions(
    request: Request,
    _: Reads,
    state: Annotated[ActionState | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=1000)] = None,
    incident: Annotated[str | None, Query(max_length=500)] = None,
) -> list[ActionItem]:
    """Return the action items that fit, open ones first, by the day they are due."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = actions(warehouse, service.now(), state=state, owner=owner)
    return [each for each in found if incident in (None, each.incident)]


@router.post("", status_code=201, response_model=ActionItem)
def create_action(request: Request, caller: Reviews, new: NewAction) -> Response:
    """Add an action item."""
    service: Service = request.app.state.service

    def do(warehouse: Warehouse) -> tuple[ActionItem, str]:
        parts: dict[str, Any] = {"owner": new.owner, "due": new.due, "incident": new.incident, "cause": new.cause}
        made = add_action(warehouse, new.title, caller.account, service.now(), **parts)
        return made, current_tag(warehouse, made.id)

    def answer(made: tuple[ActionItem, str]) -> tuple[int, Any, dict[str, str]]:
        item, tag = made
        return 201, item.model_dump(mode="json"), {"Location": f"/v1/actions/{item.id}", "ETag": tag}

    key, said = idempotency_key(request), new.model_dump(mode="json")
    status, body, headers = service.change_once(caller, key, said, do, answer, detail="added an action")
    return JSONResponse(body, status, headers)


@router.get("/{action}", response_model=ActionItem)
def get_action(request: Request, _: Reads, key: Annotated[Key, Path(alias="action")]) -> Response:
    """Return an action item, with the ETag that an edit of it names."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = action(warehouse, key, service.now())
        tag = current_tag(warehouse, key)
    if not_modified(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(found.model_dump_json(), headers={"ETag": tag}, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Meant:
    """The action item that a request is to change, and the request itself."""

    request: Request
    response: Response
    caller: Caller
    key: str

    def change(self, act: Any, told: str, *args: Any, needed: bool = False, **more: Any) -> ActionItem:
        """Do something to the item, and answer with the ETag of what came of it."""
        service: Service = self.request.app.state.service
        now = service.now()

        def do(warehouse: Warehouse) -> tuple[ActionItem, str]:
            action(warehouse, self.key, now)
            expected(self.request, current_tag(warehouse, self.key), needed=needed)
            done: ActionItem = act(warehouse, self.key, *args, self.caller.account, now, **more)
            return done, current_tag(warehouse, self.key)

        done, self.response.headers["ETag"] = service.change(self.caller, do, detail=f"{self.key}: {told}")
        return done

    def move(self, step: Step, remark: Remark | None) -> ActionItem:
        """Let the item take a step."""
        return self.change(move_action, step, step, comment=(remark or Remark()).comment)


def meant(request: Request, response: Response, caller: Reviews, key: Annotated[Key, Path(alias="action")]) -> Meant:
    """Return what a request is to change."""
    return Meant(request, response, caller, key)


Change = Annotated[Meant, Depends(meant)]


@router.patch("/{action}")
def patch_action(on: Change, changes: ActionEdit) -> ActionItem:
    """Change parts of an action item; needs If-Match with the ETag of the version that is edited."""
    told = {name: getattr(changes, name) for name in changes.model_fields_set}
    return on.change(edit_action, f"edited {', '.join(sorted(told))}", told, needed=True)


@router.post("/{action}:done")
def finish_action(on: Change, remark: Remark | None = None) -> ActionItem:
    """Say that it was done."""
    return on.move("done", remark)


@router.post("/{action}:verify")
def verify_action(on: Change, remark: Remark) -> ActionItem:
    """Say that it was seen to be effective, and how."""
    return on.move("verified", remark)


@router.post("/{action}:drop")
def drop_action(on: Change, remark: Remark) -> ActionItem:
    """Say that it will not be done, and why."""
    return on.move("dropped", remark)


@router.post("/{action}:reopen")
def reopen_action(on: Change, remark: Remark | None = None) -> ActionItem:
    """Open it again."""
    return on.move("reopened", remark)
