"""Requests that a page of another site lets a browser send are refused, whatever cookies they carry.

No secret in forms: browsers say themselves where a request comes from. The rules are those of the Fetch Metadata
specification (W3C), with the Origin header for browsers that are older.
"""

from urllib.parse import urlsplit

from api.asgi import App, Receive, Scope, Send, header
from api.problems import Problem, response

SAFE = ("GET", "HEAD", "OPTIONS")


class CrossOrigin:
    """Refuse what would change something and comes from another origin.

    A request with an Authorization header passes: no page can send one along without asking first (CORS), and this
    service never agrees. One with neither Sec-Fetch-Site nor Origin passes too: it does not come from a browser. This
    guards services without authentication alike, for a browser on the same machine reaches them.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["method"] not in SAFE and not header(scope, b"authorization"):
            why = _foreign(scope)
            if why:
                await response(Problem(403, "cross-origin", f"{why}: refused, so that no page acts for its visitors"))(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


def _foreign(scope: Scope) -> str | None:
    """Return why a request counts as another site's; None when it does not."""
    site = header(scope, b"sec-fetch-site").strip().lower()
    if site:
        return None if site in ("same-origin", "none") else "this was sent by a page of another site"
    origin = header(scope, b"origin").strip()
    if not origin:
        return None
    host = header(scope, b"host").strip().lower()
    return None if host and _host(origin) == host else "its Origin is not this service"


def _host(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None
