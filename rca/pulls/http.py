"""Get JSON from an operator's server: bounded in time and size, and never from another host than was named."""

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from rca.errors import InputError

TIMEOUT_S = 30.0
DEADLINE_S = 120.0
MAX_BYTES = 64 * 2**20
CHUNK = 2**16


def checked_url(url: str) -> str:
    """Return the address of a server, without its last slash.

    Raises
    ------
    InputError
        When it is no http(s) address, or carries a password, which logs and error messages would show.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"{url!r} is not an address of a server", mend="write http://HOST:PORT or https://HOST")
    if parts.username or parts.password:
        raise InputError("the address holds a user or password", mend="give a token in RCA_PROMETHEUS_TOKEN instead")
    return url.rstrip("/")


def get_json(url: str, parameters: dict[str, str], token: str | None = None, max_bytes: int = MAX_BYTES) -> Any:
    """Return the JSON that a server answers, also where it answers with an error status.

    Parameters
    ----------
    url
        From the operator's arguments only, never from data.
    token
        Sent as `Authorization: Bearer …`.

    Raises
    ------
    InputError
        When the server cannot be reached, answers something else than JSON, too much, too slowly, or points elsewhere.
    """
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(f"{checked_url(url)}?{urlencode(parameters)}", headers=headers)  # noqa: S310 (scheme checked)
    try:
        with _opened(request) as answer:
            if answer.status in {401, 403}:
                raise InputError(f"{url} refuses access", mend="give a token in RCA_PROMETHEUS_TOKEN")
            body = _read(answer, url, max_bytes)
    except urllib.error.URLError as error:
        raise InputError(f"cannot reach {url}: {error.reason}", mend="check the address, and that it runs") from error
    except (OSError, HTTPException) as error:
        raise InputError(f"{url} broke off: {error}", mend="try again, or ask for a shorter period") from error
    try:
        return json.loads(body)
    except ValueError as error:
        start = body[:80].decode(errors="replace")
        raise InputError(f"{url} does not answer JSON but {start!r}", mend="check the address") from error


def _opened(request: urllib.request.Request) -> HTTPResponse | urllib.error.HTTPError:
    try:
        answer: HTTPResponse = urllib.request.build_opener(_SameOrigin).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        return error  # its body says what was wrong with the query
    return answer


def _read(answer: HTTPResponse | urllib.error.HTTPError, url: str, max_bytes: int) -> bytes:
    until, body = time.monotonic() + DEADLINE_S, bytearray()
    while chunk := answer.read(CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise InputError(f"{url} answers more than {max_bytes // 2**20} MiB", mend="use a longer step")
        if time.monotonic() > until:
            raise InputError(f"{url} takes longer than {DEADLINE_S:.0f} s", mend="use a longer step")
    return bytes(body)


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to the scheme, host and port that the operator named."""

    def redirect_request(  # noqa: PLR0917 (as in the class that it overrides)
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        was, now = urlsplit(req.full_url), urlsplit(newurl)
        if (was.scheme, was.netloc) != (now.scheme, now.netloc):
            raise InputError(
                f"{was.scheme}://{was.netloc} redirects to {now.scheme}://{now.netloc}, which was not followed",
                mend="name the server that shall be asked",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)
