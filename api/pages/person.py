"""Who looks at a page: the account of the session; without authentication, the name that the browser was told."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse

from api.caller import Caller, Reads, Reviews, Trains
from api.pages.route import pages
from api.session import place_after
from rca.errors import InputError
from schemas.feedback import LONGEST_NAME, account

COOKIE = "rca-name"
YEAR = 365 * 24 * 3600

router = pages()


def _named(request: Request, caller: Caller) -> Caller:
    said = account(unquote(request.cookies.get(COOKIE, ""))[:LONGEST_NAME])
    if not caller.open or not said or "x-rca-account" in request.headers:
        return caller
    return replace(caller, account=said)


def reader(request: Request, caller: Reads) -> Caller:
    """Return who reads a page."""
    return _named(request, caller)


def reviewer(request: Request, caller: Reviews) -> Caller:
    """Return who says something on a page."""
    return _named(request, caller)


def judge(request: Request, caller: Trains) -> Caller:
    """Return who settles a dispute on a page."""
    return _named(request, caller)


Reader = Annotated[Caller, Depends(reader)]
Reviewer = Annotated[Caller, Depends(reviewer)]
Judge = Annotated[Caller, Depends(judge)]


@router.post("/name")
def take_name(
    request: Request,
    caller: Reader,
    name: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    back: Annotated[str, Form(max_length=2000)] = "",
) -> RedirectResponse:
    """Let a browser say who uses it, where nobody logs in."""
    if not caller.open:
        raise InputError("this service knows who you are", mend="log out and in again to be somebody else")
    answer = RedirectResponse(place_after(request, back), 303)
    said = account(name)
    if said:
        answer.set_cookie(COOKIE, quote(said), max_age=YEAR, path="/", httponly=True, samesite="lax")
    else:
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer
