"""Log in with a browser: a token is shown once, and a session takes its place."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api.caller import Caller
from api.oidc import LASTS_S, OidcLogin
from api.pages.render import page
from api.pages.route import pages
from api.problems import Problem
from api.service import Service
from api.session import cookie_name, cookie_of, drop_cookie, place_after, set_cookie
from rca.live.sessions import end_session, find_session, start_session
from rca.live.tokens import find_token

router = pages()
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 10


@router.get("/login")
def login_page(
    request: Request, wanted: Annotated[str | None, Query(alias="next", max_length=4000)] = None
) -> Response:
    """Return the page to log in with; whoever is logged in already goes on."""
    after = place_after(request, wanted)
    service: Service = request.app.state.service
    cookie = cookie_of(request)
    with service.store.reading() as warehouse:
        known = not service.secured or (cookie and find_session(warehouse, cookie, service.now()))
    return RedirectResponse(after, 303) if known else _page(request, after)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Take a token, and let the browser keep a session in its place."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise Problem(415, "media-type", f"send the form as {FORM}")
    fields = _fields(await request.body())
    return await run_in_threadpool(_log_in, request, fields.get("token", "").strip(), fields.get("next"))


@router.get("/login/oidc")
def begin_elsewhere(
    request: Request, wanted: Annotated[str | None, Query(alias="next", max_length=4000)] = None
) -> Response:
    """Send a browser to the service that knows people."""
    login, back = _elsewhere(request), f"{_address(request)}/login/oidc/callback"
    place, state = login.begin(back, place_after(request, wanted))
    answer = RedirectResponse(place, 303)
    answer.set_cookie(
        cookie_name(request, "login"), state, LASTS_S, path="/", secure=True, httponly=True, samesite="lax"
    )
    return answer


@router.get("/login/oidc/callback")
def come_back(request: Request) -> Response:
    """Take what that service says of whoever comes back, and let the browser keep a session."""
    service: Service = request.app.state.service
    login = _elsewhere(request)
    try:
        session, after = login.finish(dict(request.query_params), request.cookies.get(cookie_name(request, "login")))
    except Problem as problem:
        service.refused(Caller("nobody", (), None, "GET", request.url.path), problem.status, problem.detail)
        raise
    caller, now = Caller(session.account, session.scopes, None, "GET", request.url.path), service.now()
    cookie = service.change(
        caller, lambda warehouse: start_session(warehouse, session, now), detail=f"logged in by {login.oidc.issuer}"
    )
    answer = RedirectResponse(after, 303)
    set_cookie(request, answer, cookie)
    drop_cookie(request, answer, "login")
    return answer


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session."""
    cookie = cookie_of(request)
    service: Service = request.app.state.service
    if cookie:
        with service.store.reading() as warehouse:
            session = find_session(warehouse, cookie, service.now())
        if session:
            caller = Caller(session.account, session.scopes, session.token, "POST", request.url.path)
            service.change(caller, lambda warehouse: end_session(warehouse, cookie), detail="logged out")
    answer = RedirectResponse(f"{request.scope.get('root_path', '')}/login", 303)
    drop_cookie(request, answer)
    return answer


def _log_in(request: Request, bearer: str, wanted: str | None) -> Response:
    service: Service = request.app.state.service
    after, now = place_after(request, wanted), service.now()
    with service.store.reading() as warehouse:
        token = find_token(warehouse, bearer, now)
    if token is None:
        why = "The token is unknown, has expired or was revoked."
        service.refused(Caller("nobody", (), None, "POST", request.url.path), 401, why)
        return _page(request, after, why, 401)
    caller = Caller(token.account, token.scopes, token.id, "POST", request.url.path)
    cookie = service.change(
        caller, lambda warehouse: start_session(warehouse, token, now), detail="logged in with a token"
    )
    answer = RedirectResponse(after, 303)
    set_cookie(request, answer, cookie)
    return answer


def _fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form, of each the first."""
    try:
        found = parse_qs(body.decode("utf-8"), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(400, "malformed-form", "the form cannot be read") from error
    return {name: values[0] for name, values in found.items()}


def _page(request: Request, after: str, error: str = "", status: int = 200) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="rca"'} if error else None
    return page(request, "login.html", status=status, headers=headers, after=after, error=error, other=_other(request))


def _elsewhere(request: Request) -> OidcLogin:
    service: Service = request.app.state.service
    if service.login is None:
        raise Problem(404, "not-found", "no login through another service is set up")
    return service.login


def _other(request: Request) -> str | None:
    """Return what the other service is called that people can log in through."""
    service: Service = request.app.state.service
    return service.login.oidc.name if service.login else None


def _address(request: Request) -> str:
    """Return where browsers reach this project."""
    service: Service = request.app.state.service
    public = service.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return f"{public.rstrip('/')}{request.scope.get('root_path', '')}"
