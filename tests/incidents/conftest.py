import pytest

from rca.demo.cascade import Cascade, train
from rca.demo.hotel import HOTEL


@pytest.fixture(scope="session")
def cascade() -> Cascade:
    """Return the hotel's two models, trained once per test process."""
    return train(HOTEL)
