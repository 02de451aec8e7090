"""Tokens and the audit log."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.caller import Administers
from api.strict_route import StrictRoute
from rca.live.audit import audit_page
from rca.live.tokens import Token, all_tokens, make_token, revoke_token
from schemas.base import UtcTime

router = APIRouter(prefix="/v1", tags=["service"], route_class=StrictRoute)
ScopeName = Literal["ingest", "read", "review", "train", "admin"]


class NewToken(BaseModel):
    """A token to make."""

    name: str = Field(min_length=1, max_length=200, examples=["collector"])
    account: str = Field(min_length=1, max_length=200, examples=["ana"], description="Who acts with it.")
    scopes: list[ScopeName] = Field(min_length=1, max_length=5, examples=[["ingest"]])
    days: int | None = Field(default=90, ge=1, le=366, description="How long it holds; null: for good.")


class TokenState(BaseModel):
    """A token, without its secret."""

    id: str
    name: str
    account: str
    scopes: list[str]
    made_at: UtcTime
    expires_at: UtcTime | None
    revoked_at: UtcTime | None


class MadeToken(TokenState):
    """A token with its secret, which is shown this once."""

    bearer: str


class AuditEntry(BaseModel):
    """A request that changed something, or was refused."""

    place: int
    at: UtcTime
    account: str
    token: str | None
    method: str
    path: str
    status: int
    detail: str | None


def _told(token: Token) -> TokenState:
    return TokenState(**_parts(token))


def _parts(token: Token) -> dict[str, Any]:
    names = ("id", "name", "account", "made_at", "expires_at", "revoked_at")
    return {name: getattr(token, name) for name in names} | {"scopes": list(token.scopes)}


@router.get("/tokens")
def list_tokens(request: Request, _: Administers) -> list[TokenState]:
    """Return all tokens, without their secrets."""
    with request.app.state.service.store.reading() as warehouse:
        return [_told(token) for token in all_tokens(warehouse)]


@router.post("/tokens", status_code=201)
def add_token(request: Request, caller: Administers, new: NewToken) -> MadeToken:
    """Make a token. From the first one on, nobody gets in without one."""
    service = request.app.state.service
    token, bearer = service.change(
        caller,
        lambda warehouse: make_token(warehouse, new.name, new.account, new.scopes, service.now(), days=new.days),
        detail=f"made a token for {new.account} with {', '.join(new.scopes)}",
        status=201,
    )
    return MadeToken(**_parts(token), bearer=bearer)


@router.delete("/tokens/{token}")
def delete_token(request: Request, caller: Administers, token: str) -> TokenState:
    """Let a token hold no longer."""
    service = request.app.state.service
    return _told(
        service.change(
            caller, lambda warehouse: revoke_token(warehouse, token, service.now()), detail=f"revoked {token}"
        )
    )


@router.get("/audit")
def get_audit(
    request: Request,
    _: Administers,
    before: Annotated[
        int | None, Query(ge=0, le=2**62, description="The `place` that the page is to begin before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[AuditEntry]:
    """Return who changed what, and who was refused, from the latest on."""
    with request.app.state.service.store.reading() as warehouse:
        entries = audit_page(warehouse, before=before, limit=limit)
    names = ("place", "at", "account", "token", "method", "path", "status", "detail")
    return [AuditEntry(**{name: getattr(entry, name) for name in names}) for entry in entries]
