from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.serve import open_app
from api.settings import Settings


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over an empty database."""
    settings = Settings(db=Path(tmp_path_factory.mktemp("served")) / "rca.duckdb")
    with TestClient(open_app(settings, {}), base_url="http://127.0.0.1:8600") as client:
        yield client
