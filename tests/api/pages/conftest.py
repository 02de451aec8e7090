import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.pages import story


@pytest.fixture(scope="session")
def story_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three analysed incidents; tests copy it."""
    db = tmp_path_factory.mktemp("story") / "rca.duckdb"
    story.write(db)
    return db


@pytest.fixture(scope="module")
def served(story_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over the incidents, which tests leave as they are."""
    db = tmp_path_factory.mktemp("served") / "rca.duckdb"
    shutil.copy(story_db, db)
    with story.serve(db) as client:
        yield client


@pytest.fixture
def fresh(story_db: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A service over the incidents that is the test's own."""
    shutil.copy(story_db, tmp_path / "rca.duckdb")
    with story.serve(tmp_path / "rca.duckdb") as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Callable[[], TestClient]]:
    """A service over nothing."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(story.serve(tmp_path / "empty.duckdb"))
