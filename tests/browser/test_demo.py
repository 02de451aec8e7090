"""`rca demo --serve`: from the command to the page, and its end."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from .conftest import copied

COMMAND = [sys.executable, "-m", "rca", "demo", "--serve"]


def test_it_says_where_it_is_and_ends_cleanly(site, tmp_path: Path) -> None:
    folder = copied(site, tmp_path / "site")
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--dir", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        address = re.search(r"http://127\.0\.0\.1:\d+/incidents", process.stdout.readline())
        assert address
        page = httpx.get(address[0], timeout=30).text
        assert "inc-115" in page
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Stopped." in out


def test_a_busy_port_is_told_before_the_work(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port, "--dir", str(tmp_path / "none")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {port}: address already in use" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "path", ["/", "/incidents", "/reviews", "/cases", "/procedures", "/actions", "/ranker", "/system"]
)
def test_every_page_is_reached_from_the_header(served, opened, path: str) -> None:
    page = opened(served)
    answer = page.goto(path)
    assert answer.status == 200
    assert page.locator("header nav a").count() == 6
