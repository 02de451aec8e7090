from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rca.ingest.landing import Landed, bundle

Land = Callable[[], Landed]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bundle(tmp_path / "bundle")


@pytest.fixture
def land(folder: Path) -> Iterator[Land]:
    opened: list[Landed] = []

    def _land() -> Landed:
        opened.append(Landed(folder))
        return opened[-1]

    yield _land
    for landed in opened:
        landed.warehouse.close()
