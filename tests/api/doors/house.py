"""A service over a database of its own, its clock in the test's hands, and a client for it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.service import Service
from api.settings import Settings
from rca.live.store import Store
from rca.live.tokens import make_token
from rca.warehouse import Warehouse

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


class House:
    """One service."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.at = AT
        self.service = Service(Store(path), Settings(db=path, **settings), now=lambda: self.at)
        self.app: FastAPI = create_app(self.service)

    def __enter__(self) -> Self:
        self.client = TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__(None, None, None)

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)

    def token(self, *scopes: str, account: str = "ana", days: int = 90) -> str:
        """Make a token, and return what its bearer sends."""
        return self.made(*scopes, account=account, days=days)[1]

    def made(self, *scopes: str, account: str = "ana", days: int = 90) -> tuple[Any, str]:
        """Make a token, and return it and what its bearer sends."""
        return self.service.store.write(
            lambda warehouse: make_token(warehouse, "test", account, scopes, self.at, days=days)
        ).result()

    def bearer(self, *scopes: str, **more: Any) -> dict[str, str]:
        """Make a token, and return the header that carries it."""
        return {"Authorization": f"Bearer {self.token(*scopes, **more)}"}

    def sql(self, text: str, *values: Any) -> list[Any]:
        """Return what the database holds."""
        with self.service.store.reading() as warehouse:
            return warehouse.connection.execute(text, list(values)).fetchall()


def granted(path: Path, *scopes: str) -> str:
    """Make a token in a database that is not served yet, as `rca tokens add` does."""
    with Warehouse(path) as warehouse:
        return make_token(warehouse, "test", "ana", scopes, datetime.now(UTC))[1]
