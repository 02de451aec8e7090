"""What a server must not be able to do: point elsewhere, answer without end, answer nonsense."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rca.errors import InputError
from rca.pulls.http import checked_url, get_json


@contextmanager
def served(status=200, body=b"{}", headers=(), seen=None):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if seen is not None:
                seen.append((self.path, self.headers.get("Authorization")))
            moved = status == 302 and self.path.startswith("/again")
            self.send_response(200 if moved else status)
            for name, value in () if moved else headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_the_token_is_sent():
    seen = []
    with served(seen=seen) as url:
        assert get_json(url + "/api", {"query": "a b&c"}, token="secret") == {}  # noqa: S106
    assert seen == [("/api?query=a+b%26c", "Bearer secret")]


def test_another_host_is_not_followed():
    seen = []
    with (
        served(seen=seen) as other,
        served(302, headers=[("Location", f"{other}/x")]) as url,
        pytest.raises(InputError, match="which was not followed"),
    ):
        get_json(url, {}, token="secret")  # noqa: S106
    assert seen == []


def test_the_same_host_is_followed():
    with served(302, headers=[("Location", "/again")]) as url:
        assert get_json(url, {}) == {}


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"[" + b"1," * 2000 + b"1]", "answers more than"),
        (200, b"<html>", "does not answer JSON but '<html>'"),
        (401, b"{}", "refuses access"),
    ],
)
def test_unusable_answers_are_one_line(status, body, message):
    with served(status, body) as url, pytest.raises(InputError) as caught:
        get_json(url, {}, max_bytes=1000)
    assert message in str(caught.value)


def test_an_error_with_a_reason_is_returned():
    with served(400, b'{"status": "error"}') as url:
        assert get_json(url, {}) == {"status": "error"}


def test_an_unreachable_server_is_named():
    with served() as url:
        pass
    with pytest.raises(InputError, match="cannot reach"):
        get_json(url, {})


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host", "prometheus:9090", "http://", "http://me:pw@host"])
def test_only_plain_web_addresses_are_asked(url):
    with pytest.raises(InputError) as caught:
        checked_url(url)
    assert "pw" not in str(caught.value)
