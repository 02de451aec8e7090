"""Trained models, shared by the tests of one session."""

import pytest

from rca.demo.cascade import train
from tests.rca.demo.three import THREE


@pytest.fixture(scope="session")
def three():
    return train(THREE)
