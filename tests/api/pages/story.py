"""Three analysed incidents of one broken feed, with names that try to be markup, as a database to start from."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.service import Service
from api.settings import Settings
from rca.live import Store
from tests.api import world

BASE = "http://127.0.0.1"
HOSTILE = "<img src=x onerror=alert(1)>"
GRAVE, PLAIN, THIRD = "inc-42", "inc-43", "inc-44"
"""The first is grave and wants two reviewers; the second and third are not, and are not of the sample either."""


def serve(db: Path, **more: Any) -> TestClient:
    """Return a client of a service over a database; used as a context it closes it."""
    return TestClient(create_app(Service(Store(db), Settings(db=db, **more))), base_url=BASE, follow_redirects=False)


def write(db: Path) -> None:
    """Send what was logged, and explain the incidents."""
    system: dict[str, Any] = world.SYSTEM | {
        "edges": [edge | ({"columns": [HOSTILE]} if "columns" in edge else {}) for edge in world.SYSTEM["edges"]]
    }
    rows = [
        {HOSTILE if name == "amount" else name: value for name, value in row.items()} for row in world.predictions()
    ]
    change = world.CHANGE | {"title": f"feed v7 {HOSTILE}", "author": HOSTILE}
    with serve(db) as client:
        assert client.put("/v1/system", json=system).status_code == 200
        assert client.post("/v1/predictions?node=fraud-scorer", json=rows).status_code == 200
        assert client.post("/v1/changes", json=[change]).status_code == 200
        for place, (name, severity) in enumerate(((GRAVE, "high"), (PLAIN, "medium"), (THIRD, "low"))):
            said = {"id": name, "severity": severity, "title": f"AUC fell {HOSTILE}"}
            at = world.END.replace(hour=place)
            new = world.INCIDENT | said | {"detected_at": at.isoformat()}
            assert client.post("/v1/incidents", json=new).status_code == 201
            done = client.post(f"/v1/incidents/{name}:analyze", headers={"Prefer": "wait=60"})
            assert done.status_code == 200, done.text


def as_(client: TestClient, name: str) -> TestClient:
    """Let a client speak under a name, as a browser that was told it."""
    client.cookies.clear()
    client.cookies.set("rca-name", name)
    return client
