"""Run the service: open the databases, check that it is not open to everybody, listen."""

import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.config import read_config
from api.notify import Notifier
from api.pages.charts import warm_up
from api.patience import Patient
from api.service import Service
from api.settings import Settings, refuse_open
from rca.errors import InputError
from rca.live.store import Store
from rca.live.tokens import secured


def serve(
    *,
    db: Path,
    host: str,
    port: int,
    allowed_hosts: Sequence[str] = (),
    projects: Sequence[str] = (),
    accept_loss: bool = False,
    config: Path | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until it is interrupted.

    Parameters
    ----------
    config
        TOML file that says who is told of what, and how people log in.
    announce
        Called with the address before the first request is answered.

    Raises
    ------
    InputError
        When the configuration cannot be used, it could be reached from other machines and no token was made, a project
        is not NAME=FILE, or the port is taken.
    WarehouseError
        When a database cannot be opened or holds less than was acknowledged.
    """
    told = read_config(config)
    told["allowed_hosts"] = (*told["allowed_hosts"], *allowed_hosts)
    Notifier(told["notify"])  # refused before a database is opened
    listener = listening(host, port)
    port = listener.getsockname()[1]
    settings = Settings(db=db, host=host, port=port, **told)
    with listener:
        app = open_app(settings, _named(projects, db), accept_loss=accept_loss)
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        server = _server(app, host, port)
        (announce or _announce)(address)
        server.run(sockets=[listener])


def _announce(address: str) -> None:
    logging.getLogger("uvicorn.error").info("rca serves on %s", address)


def _server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        timeout_keep_alive=20,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=10,
        http=Patient,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    warm_up()
    return uvicorn.Server(config)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; port 0 takes a free one.

    Raises
    ------
    InputError
        When another process has the port, or the address is not this machine's.
    """
    # asyncio sends answers at once (TCP_NODELAY) only over sockets that say that they are TCP
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(socket.SOMAXCONN)
    except OSError as error:
        made.close()
        raise InputError(
            f"cannot listen on {host} port {port}: {(error.strerror or str(error)).lower()}",
            mend="give another --port (0 takes a free one), or end what listens there",
        ) from error
    return made


def open_app(settings: Settings, projects: dict[str, Path], *, accept_loss: bool = False) -> FastAPI:
    """Return the application over opened databases; it closes them when it ends."""
    stores = [_opened(settings.db, settings, accept_loss=accept_loss)]
    try:
        stores.extend(_opened(path, settings, accept_loss=accept_loss) for path in projects.values())
    except BaseException:
        for store in stores:
            store.close()
        raise
    first, *others = [Service(store, settings) for store in stores]
    app = create_app(first)
    for name, service in zip(projects, others, strict=True):
        app.mount(f"/projects/{name}", create_app(service, title=f"rca: {name}"))
    if others:
        _close_with(app, others)
    return app


def _opened(path: Path, settings: Settings, *, accept_loss: bool) -> Store:
    store = Store(path, accept_loss=accept_loss)
    try:
        with store.reading() as warehouse:
            refuse_open(settings.host, secured=settings.oidc is not None or secured(warehouse))
    except BaseException:
        store.close()
        raise
    return store


def _named(projects: Sequence[str], db: Path) -> dict[str, Path]:
    named: dict[str, Path] = {}
    files = {db.resolve()}
    for text in projects:
        name, _, path = text.partition("=")
        if not path or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii() or name in named:
            raise InputError(
                f"--project {text!r} cannot be used", mend="write NAME=FILE, each name once: letters, digits, - and _"
            )
        named[name] = Path(path)
        if named[name].resolve() in files:
            raise InputError(f"--project {text!r}: the file is served already", mend="give each project its own file")
        files.add(named[name].resolve())
    return named


def _close_with(app: FastAPI, services: Sequence[Service]) -> None:
    """Close further services when the application ends; mounted applications are not told of it."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(whole: FastAPI) -> AsyncIterator[None]:
        async with inner(whole):
            yield
        for service in services:
            service.close()

    app.router.lifespan_context = lifespan
