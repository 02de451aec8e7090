"""A real service over real analysed incidents, in Debian's Chromium.

The database is built once for all workers of a run; each service gets a copy of its own. Where no browser is found the
tests are skipped; with `RCA_BROWSER=required` they fail instead. `RCA_BROWSER_SITE` names a folder in which the
database is kept from one run to the next, for whoever works on the pages.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from rca.demo.site import DATABASE, make_site

INCIDENTS = frozenset({"inc-102", "inc-103", "inc-106", "inc-110", "inc-113", "inc-114", "inc-115"})
"""The dispute, the calm one, a cause that returns, one review, none: what the tests need, for speed not all."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STARTS_WITHIN = 60.0
PATIENCE_MS = 45_000
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
HARMLESS = re.compile(r"status of (304|4\d\d)")
"""What the console says when a page asks for what is not there: tests of such pages mean it."""


def _missing(why: str) -> None:
    if os.environ.get("RCA_BROWSER") == "required":
        pytest.fail(f"RCA_BROWSER=required, but {why}")
    pytest.skip(f"{why}: the pages are not tested in a browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        _missing("no Chromium is installed (apt-get install chromium)")
    return str(found)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the demo's database, built by the worker that comes first."""
    if "RCA_BROWSER_SITE" in os.environ:
        return make_and_keep(Path(os.environ["RCA_BROWSER_SITE"]))
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make_and_keep(shared / "site")


def make_and_keep(folder: Path) -> Path:
    """Build the site in a folder, if it is not there."""
    make_site(folder, datetime.now(UTC), only=INCIDENTS)
    return folder


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """Run `rca serve` over a copied site; give its address."""
    command = [sys.executable, "-m", "rca", "serve", "--db", str(folder / DATABASE), "--port", "0", *arguments]
    log = folder / "serve.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield _ready(process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return the address once the service answers."""
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        found = ADDRESS.search(log.read_text())
        if found:
            try:
                httpx.get(f"{found[0]}/healthz", timeout=20)
            except httpx.HTTPError:
                pass
            else:
                return found[0]
        time.sleep(0.05)
    pytest.fail(f"the service did not start:\n{log.read_text()[-3000:]}")


def copied(site: Path, target: Path) -> Path:
    """Return a copy of the site of one's own."""
    shutil.copytree(site, target, ignore=shutil.ignore_patterns("logs"))
    return target


@pytest.fixture(scope="session")
def served(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that no test changes."""
    with serving(copied(site, tmp_path_factory.mktemp("served") / "site")) as address:
        yield address


@pytest.fixture(scope="module")
def own(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service of the module's own, to change."""
    with serving(copied(site, tmp_path_factory.mktemp("own") / "site")) as address:
        yield address


Opener = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Open pages: `opened(address, width=390, theme="dark", script=False)`; none may fail in the console."""
    contexts, told = [], []

    def open_page(address: str, *, width: int = 1280, theme: str = "light", script: bool = True, name: str = ""):
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
            timezone_id="Europe/Berlin",
        )
        contexts.append(context)
        if name:
            context.add_cookies([{"name": "rca-name", "value": name, "url": address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: told.append(f"error: {error}"))
        page.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in told if not HARMLESS.search(line)] == []
