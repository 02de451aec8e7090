"""The cookie of a browser that is logged in, and where a browser is sent that is not."""

from urllib.parse import quote, urlsplit

from fastapi import Request, Response

from rca.live.sessions import LASTS

COOKIE = "__Host-rca"
"""Browsers keep such a cookie only if it came over TLS (or from this very machine), for this host and all its paths."""

LONGEST_NEXT = 2000


def cookie_name(request: Request, kind: str = "") -> str:
    """Return what a cookie of the project is called: projects are on one host, whose cookies they share."""
    project = request.scope.get("root_path", "").removeprefix("/projects/").strip("/")
    return "-".join(part for part in (COOKIE, kind, project) if part)


def cookie_of(request: Request) -> str | None:
    """Return the value of the session's cookie, if the browser sent one."""
    return request.cookies.get(cookie_name(request)) or None


def set_cookie(request: Request, response: Response, value: str) -> None:
    """Let the browser keep a session: out of reach of scripts, and not sent along by other sites' forms."""
    response.set_cookie(
        cookie_name(request),
        value,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, kind: str = "") -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(cookie_name(request, kind), path="/", secure=True, httponly=True, samesite="lax")


def wants_login(request: Request) -> str | None:
    """Return where to log in, if a browser asks for a page; None for programs."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return None
    url = request.url
    place = f"{url.path}?{url.query}" if url.query else url.path
    return f"{request.scope.get('root_path', '')}/login?next={quote(place, safe='/')}"


def place_after(request: Request, wanted: str | None) -> str:
    r"""Return the path to go on to after the login: as wanted if it is one of this service, else its front page.

    Browsers drop tabs and line ends, and read a backslash as a slash: `/\t/other.example` would lead elsewhere.
    """
    home = f"{request.scope.get('root_path', '')}/"
    if not wanted or len(wanted) > LONGEST_NEXT or any(letter <= " " or letter in "\\\x7f" for letter in wanted):
        return home
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return home
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith("//"):
        return home
    if parts.path.rstrip("/") in (f"{home}login", f"{home}logout"):
        return home
    return quote(wanted, safe="/?&=%+:,;@~!$'()*#")
