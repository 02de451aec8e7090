"""Hooks: who is told over HTTP of what happens. Messages are signed as Standard Webhooks has it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.caller import Administers
from api.hooks.address import addresses_of, target_of
from api.service import Service
from api.strict_route import StrictRoute
from rca.live.hooks import Hook, Message, all_hooks, drop_hook, find_hook, make_hook, messages_of, rotate_secret
from schemas.base import UtcTime

router = APIRouter(prefix="/v1/hooks", tags=["service"], route_class=StrictRoute)
Event = Literal["incident.opened", "incident.closed", "analysis.ready", "review.ready"]
Key = Annotated[str, Path(min_length=1, max_length=100, examples=["1a2b3c4d5e6f"])]


class NewHook(BaseModel):
    """A receiver."""

    model_config = ConfigDict(extra="forbid")
    url: str = Field(min_length=1, max_length=2000, examples=["https://example.org/hooks/rca"])
    events: list[Event] = Field(
        default_factory=list, max_length=10, description="What it is told of; none: all.", examples=[["analysis.ready"]]
    )


class HookState(BaseModel):
    """A hook, without its secret."""

    id: str
    url: str
    events: list[str]
    made_at: UtcTime
    made_by: str


class MadeHook(HookState):
    """A hook with its secret, which is shown this once; messages are verified with it."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class Delivery(BaseModel):
    """A message to a hook, and what came of the last try."""

    id: str = Field(description="The header `webhook-id`: the same for every try.")
    event: str
    made_at: UtcTime
    state: Literal["waiting", "delivered", "given_up"]
    tries: int
    next_at: UtcTime | None = Field(description="When it is tried again.")
    tried_at: UtcTime | None
    status: int | None = Field(description="What the receiver answered.")
    error: str | None


def _told(hook: Hook) -> HookState:
    return HookState(id=hook.id, url=hook.url, events=list(hook.events), made_at=hook.made_at, made_by=hook.made_by)


def _made(hook: Hook, secret: str) -> MadeHook:
    return MadeHook(**_told(hook).model_dump(), secret=secret)


def _delivery(message: Message) -> Delivery:
    return Delivery(**{name: getattr(message, name) for name in Delivery.model_fields})


@router.get("")
def list_hooks(request: Request, _: Administers) -> list[HookState]:
    """Return all hooks, without their secrets."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        return [_told(hook) for hook in all_hooks(warehouse, service.now())]


@router.post("", status_code=201)
def add_hook(request: Request, caller: Administers, new: NewHook) -> MadeHook:
    """Make a hook: from now on it is told of what happens. Private addresses are refused unless they are allowed."""
    service: Service = request.app.state.service
    private, now = service.settings.private_hooks, service.now()
    target = target_of(new.url, private=private)
    addresses_of(target, private=private)
    hook, secret = service.change(
        caller,
        lambda warehouse: make_hook(warehouse, new.url, new.events, caller.account, now),
        detail=f"made a hook to {target.host}",
        status=201,
    )
    return _made(hook, secret)


@router.delete("/{hook}")
def delete_hook(request: Request, caller: Administers, hook: Key) -> HookState:
    """Remove a hook and the messages that wait for it."""
    service: Service = request.app.state.service
    now = service.now()
    return _told(service.change(caller, lambda warehouse: drop_hook(warehouse, hook, now), detail=f"removed {hook}"))


@router.post("/{hook}:rotate")
def rotate_hook(request: Request, caller: Administers, hook: Key) -> MadeHook:
    """Give a hook another secret; for a day messages carry the signatures of both."""
    service: Service = request.app.state.service
    now = service.now()
    return _made(
        *service.change(caller, lambda warehouse: rotate_secret(warehouse, hook, now), detail=f"rotated {hook}")
    )


@router.post("/{hook}:test")
def test_hook(request: Request, caller: Administers, hook: Key) -> Delivery:
    """Send a message of the type `hook.test` now, once, and say what came of it."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = find_hook(warehouse, hook, service.now())
    sent = service.herald.outbox.test(found)
    service.change(caller, lambda _warehouse: None, detail=f"tested {hook}")
    return _delivery(sent)


@router.get("/{hook}/deliveries")
def list_deliveries(
    request: Request, _: Administers, hook: Key, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Delivery]:
    """Return the latest messages to a hook, and what came of them; they are kept for 30 days."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        find_hook(warehouse, hook, service.now())
        return [_delivery(message) for message in messages_of(warehouse, hook, limit)]
