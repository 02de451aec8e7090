"""What surrounds every request: who may address the service, headers of its answers, how many requests, how long."""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from api.problems import Problem, response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
CLIENTS_KEPT = 10_000
MUCH = 1_000_000
"""Bytes of a body that are worth a connection."""


class Hosts:
    """Refuse requests that address the service by a name that is not its own, as a page of another site would."""

    def __init__(self, app: App, names: frozenset[str]) -> None:
        self.app, self.names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            host = header(scope, b"host").lower()
            name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
            if name not in self.names:
                problem = Problem(
                    421, "host", f"this service is not called {name[:80]!r}; add it with --allowed-host if it is"
                )
                await response(problem)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SafeHeaders:
    """Put the headers on every answer that keep browsers from doing what was not meant."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                more = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(pair for pair in more if pair[0] not in given)]
            await send(message)

        await self.app(scope, receive, with_headers)


class Unread:
    """Close the connection after an answer that came before all of a large body: nobody reads the rest."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or not _carries_much(scope):
            await self.app(scope, receive, send)
            return
        whole = False

        async def noted() -> Message:
            nonlocal whole
            message = await receive()
            whole = whole or not message.get("more_body", False)
            return message

        async def with_close(message: Message) -> None:
            if message["type"] == "http.response.start" and not whole:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, noted, with_close)


class Rates:
    """So many requests a minute from one token or address; the rest is asked to wait.

    A bucket that refills evenly: a client that was quiet may send all at once. A token has a bucket of its own once it
    was seen to hold: made-up ones share their address's.
    """

    def __init__(self, app: App, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app, self.per_minute, self.clock = app, per_minute, clock
        self.buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] in ("/healthz", "/readyz"):
            await self.app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else "?"
        holder = _holder(scope, address)
        left, wait = self._take(holder if holder and holder in self.buckets else address)
        told = [
            (b"ratelimit-policy", f'"default";q={self.per_minute};w=60'.encode()),
            (b"ratelimit", f'"default";r={int(left)};t={max(1, round(wait))}'.encode()),
        ]
        if wait:
            more = {"Retry-After": str(max(1, math.ceil(wait)))}
            answer = response(
                Problem(429, "too-many", f"more than {self.per_minute} requests a minute; wait", headers=more)
            )
            answer.raw_headers.extend(told)
            await answer(scope, receive, send)
            return

        async def with_rates(message: Message) -> None:
            if message["type"] == "http.response.start":
                if holder and message["status"] != HTTPStatus.UNAUTHORIZED:
                    self.buckets.setdefault(holder, (float(self.per_minute), self.clock()))
                if not any(name == b"ratelimit" for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], *told]
            await send(message)

        await self.app(scope, receive, with_rates)

    def _take(self, client: str) -> tuple[float, float]:
        """Return how many requests are left, and in how many seconds there is another; 0 when this one is granted."""
        now = self.clock()
        left, since = self.buckets.pop(client, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - since) * self.per_minute / 60)
        granted = left >= 1
        left -= granted
        self.buckets[client] = (left, now)
        if len(self.buckets) > CLIENTS_KEPT:
            self.buckets.popitem(last=False)
        return left, 0.0 if granted else (1 - left) * 60 / self.per_minute


class Measured:
    """Count requests and how long they take, by route: never by path, which a client makes up."""

    def __init__(self, app: App, registry: CollectorRegistry) -> None:
        self.app = app
        labels = ("method", "route", "status")
        self.requests = Counter("rca_http_requests", "Requests answered.", labels, registry=registry)
        self.seconds = Histogram(
            "rca_http_request_seconds",
            "Time to answer.",
            ("route",),
            registry=registry,
            buckets=(0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.2, 0.5, 1, 2, 5, 10),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.requests.labels(method, route, str(status)).inc()
            self.seconds.labels(route).observe(time.perf_counter() - started)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def header(scope: Scope, name: bytes) -> str:
    """Return a header of a request; empty when it has none."""
    found = next((value for key, value in scope["headers"] if key == name), b"")
    return str(found.decode("latin-1"))


def _carries_much(scope: Scope) -> bool:
    length = header(scope, b"content-length")
    return bool(header(scope, b"transfer-encoding")) or (length.isdigit() and int(length[:20]) > MUCH)


def _holder(scope: Scope, address: str) -> str | None:
    """Return a name for who sends a token, whether it holds or not; None without one."""
    token = header(scope, b"authorization")
    if not token.lower().startswith("bearer "):
        return None
    return f"{address} {hashlib.blake2b(token.encode(), digest_size=16).hexdigest()}"
