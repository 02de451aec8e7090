"""The site of the weekly review, open."""

from collections.abc import Iterator

import pytest

from rca.warehouse import Warehouse
from tests.rca.weekly.site import open_site


@pytest.fixture
def site() -> Iterator[Warehouse]:
    with open_site() as warehouse:
        yield warehouse
