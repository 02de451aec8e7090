"""A service with tokens, spoken to in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.doors.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "rca.duckdb") as opened:
        yield opened


@pytest.fixture
def guarded(house: House) -> House:
    """The same with tokens: from the first one on nobody gets in without."""
    house.token("admin")
    return house


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service for tests that leave it as it is."""
    with House(tmp_path_factory.mktemp("shared") / "rca.duckdb") as opened:
        yield opened


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The same with tokens."""
    with House(tmp_path_factory.mktemp("shut") / "rca.duckdb") as opened:
        opened.token("admin")
        yield opened
