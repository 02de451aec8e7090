"""The service over a database of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.service import Service
from api.settings import Limits, Settings
from rca.live import Store
from tests.api import world

BASE = "http://127.0.0.1"
Open = Callable[..., TestClient]


@contextmanager
def serving(db: Path, *, limits: Limits | None = None, **more: Any) -> Iterator[TestClient]:
    """Serve a database in this process; a fault of the service is answered, not raised."""
    service = Service(Store(db), Settings(db=db, limits=limits or Limits()), **more)
    with TestClient(create_app(service), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Open]:
    """Return a function that serves a database of the test's own and returns a client of it."""
    with ExitStack() as stack:

        def opened(name: str = "rca.duckdb", **more: Any) -> TestClient:
            return stack.enter_context(serving(tmp_path / name, **more))

        yield opened


@pytest.fixture
def client(open_client: Open) -> TestClient:
    """A service that knows the system, and nothing else."""
    client = open_client()
    assert client.put("/v1/system", json=world.SYSTEM).status_code == 200
    return client


@pytest.fixture(scope="session")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with an incident that was explained; tests leave it as it is."""
    with serving(tmp_path_factory.mktemp("explained") / "rca.duckdb") as client:
        fill(client)
        done = client.post("/v1/incidents/inc-42:analyze", headers={"Prefer": "wait=60"})
        assert done.status_code == 200, done.text
        yield client


def fill(client: TestClient) -> None:
    """Send the system, what it logged, and the incident."""
    assert client.put("/v1/system", json=world.SYSTEM).status_code == 200
    assert client.post("/v1/predictions?node=fraud-scorer", json=world.predictions()).status_code == 200
    assert client.post("/v1/changes", json=[world.CHANGE]).status_code == 200
    assert client.post("/v1/incidents", json=world.INCIDENT).status_code == 201
