"""Who sends a request, and what they may do: by its token, by the session of a browser, or by being on the machine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from api.asked import refuse_unknown
from api.problems import Problem
from api.session import cookie_of, wants_login
from rca.errors import InputError
from rca.live.audit import Entry
from rca.live.sessions import find_session
from rca.live.tokens import SCOPES, find_token
from schemas.feedback import account

Scope = Literal["ingest", "read", "review", "train", "admin"]
LOCAL = "local"
"""The account of whoever uses a service without authentication, where no other is named."""

bearer = HTTPBearer(auto_error=False, description="A token of `rca tokens add`, as `Authorization: Bearer …`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request. `open` says that no authentication is set up, so that accounts are only names."""

    account: str
    scopes: tuple[str, ...]
    token: str | None
    method: str
    path: str
    open: bool = False

    def allows(self, scope: str) -> bool:
        """Return whether the caller may do what a scope names."""
        return "admin" in self.scopes or scope in self.scopes

    def entry(self, at: datetime, status: int, detail: str | None) -> Entry:
        """Return the request as a line of the audit log."""
        return Entry(at, self.account, self.token, self.method, self.path, status, detail)

    def speaks_as(self, named: str | None) -> str:
        """Return the account that something is said by.

        Raises
        ------
        Problem
            403 when another account is named than the caller's own; without authentication any may be.
        """
        if named is None:
            return self.account
        try:
            name = account(named)
        except ValueError as error:
            raise InputError(f"reviewer: {error}") from error
        if not self.open and name != self.account:
            raise Problem(403, "another-account", f"this token speaks as {self.account!r}; leave the reviewer out")
        return name


def authenticate(request: Request) -> Caller:
    """Return who sends a request.

    A token comes first, then the session that a browser's cookie names; without authentication whoever reaches the
    service is taken for what they say.

    Raises
    ------
    Problem
        401 when authentication is set up and the request carries neither token nor session that holds; where a
        browser asks for a page, 303 to the login.
    """
    service = request.app.state.service
    method, path = request.method, request.url.path
    header = request.headers.get("authorization", "")
    cookie = cookie_of(request)
    if not header and not service.secured:
        name = request.headers.get("x-rca-account")
        return Caller(account(name) if name else LOCAL, SCOPES, None, method, path, open=True)
    with service.store.reading() as warehouse:
        if header:
            scheme, _, value = header.partition(" ")
            token = find_token(warehouse, value.strip(), service.now()) if scheme.lower() == "bearer" else None
            if token is not None:
                return Caller(token.account, token.scopes, token.id, method, path)
        elif cookie and (session := find_session(warehouse, cookie, service.now())):
            return Caller(session.account, session.scopes, session.token, method, path)
    if not header and (login := wants_login(request)):
        raise Problem(303, "login", "log in first", headers={"Location": login})
    why = _why(header, cookie)
    service.refused(Caller("nobody", (), None, method, path), 401, why)
    raise Problem(401, "unauthenticated", why, headers={"WWW-Authenticate": 'Bearer realm="rca"'})


def _why(header: str, cookie: str | None) -> str:
    if header:
        return "the token is unknown, has expired or was revoked"
    return "the session has ended; log in again" if cookie else "this needs a token"


def permit(request: Request, scope: Scope) -> Caller:
    """Return who sends a request, if they may do what a scope names.

    Raises
    ------
    Problem
        401 without a token that holds, 403 when it does not allow this.
    """
    caller = authenticate(request)
    if not caller.allows(scope):
        why = f"this needs the scope {scope!r}; the token has {', '.join(caller.scopes)}"
        request.app.state.service.refused(caller, 403, why)
        raise Problem(403, "forbidden", why)
    return caller


class Needs:
    """A dependency that lets pass who may do what a scope names, and gives the caller."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, request: Request, _: Annotated[Any, Depends(bearer)]) -> Caller:
        """Return who sends a request; a query parameter that the operation does not have is refused."""
        caller = permit(request, self.scope)
        refuse_unknown(request)
        return caller


Ingests = Annotated[Caller, Depends(Needs("ingest"))]
Reads = Annotated[Caller, Depends(Needs("read"))]
Reviews = Annotated[Caller, Depends(Needs("review"))]
Trains = Annotated[Caller, Depends(Needs("train"))]
Administers = Annotated[Caller, Depends(Needs("admin"))]
