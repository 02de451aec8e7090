"""Send one message: signed, to an address that was judged, without following redirects, within a time."""

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import rca
from api.hooks.address import Resolve, Target, addresses_of, target_of
from rca.errors import InputError
from rca.live.hooks import Hook, Message

PATIENCE_S = 10.0
"""So long a receiver may take altogether."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try: the receiver's status, or why there is none."""

    status: int | None
    error: str | None = None

    @property
    def taken(self) -> bool:
        """Return whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


def signature(secret: str, key: str, seconds: int, body: bytes) -> str:
    """Return the signature of a message, version 1 of Standard Webhooks: HMAC-SHA256 of id, time and body."""
    raw = b64decode(secret.removeprefix("whsec_"))
    return "v1," + b64encode(hmac.digest(raw, f"{key}.{seconds}.".encode() + body, hashlib.sha256)).decode()


def headers_of(hook: Hook, message: Message, at: datetime) -> dict[str, str]:
    """Return the headers of a message that is sent at a moment."""
    seconds = int(at.timestamp())
    body = message.body.encode()
    signed = " ".join(signature(secret, message.id, seconds, body) for secret in hook.secrets)
    return {
        "content-type": "application/json",
        "user-agent": f"rca/{rca.__version__}",
        "webhook-id": message.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signed,
    }


def send(
    hook: Hook, message: Message, at: datetime, *, private: bool, resolve: Resolve = socket.getaddrinfo
) -> Outcome:
    """Send a message, and return what came of it; a redirect is not followed, and counts as a refusal.

    Parameters
    ----------
    private
        Whether it may go to private addresses.
    """
    try:
        target = target_of(hook.url, private=private)
        addresses = addresses_of(target, private=private, resolve=resolve)
        status = _post(target, addresses[0], message.body.encode(), headers_of(hook, message, at))
    except InputError as error:
        return Outcome(None, str(error))
    except (OSError, http.client.HTTPException) as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:200])
    return Outcome(status, None if 200 <= status < 300 else f"answered {status}")  # noqa: PLR2004


def _post(target: Target, address: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a body to an address, and return the status."""
    held: list[socket.socket] = []
    late = threading.Timer(PATIENCE_S, lambda: _break(held))
    connection = _connection(target, address, held.append)
    late.start()
    try:
        connection.request("POST", target.path, body, {"host": target.authority, **headers})
        return connection.getresponse().status
    finally:
        late.cancel()
        connection.close()
        for each in held:
            each.close()


def _break(held: list[socket.socket]) -> None:
    """Let whoever waits for a socket wait no longer."""
    for each in held:
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


def _connection(target: Target, address: str, hold: Callable[[socket.socket], None]) -> http.client.HTTPConnection:
    """Return a connection to an address, which calls the receiver by the target's name."""
    made = http.client.HTTPConnection(target.host, target.port, timeout=PATIENCE_S)

    def connect() -> None:
        plain = socket.create_connection((address, target.port), PATIENCE_S)
        hold(plain)
        made.sock = plain
        if target.secure:
            made.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
            hold(made.sock)

    made.connect = connect  # type: ignore[method-assign]
    return made
