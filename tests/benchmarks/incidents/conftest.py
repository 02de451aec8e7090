"""Trained models, shared by the tests of one session."""

import pytest

from rca.demo.cascade import train

from . import toy


@pytest.fixture(scope="session")
def cascade():
    return train(toy.DOMAIN)


@pytest.fixture(scope="session")
def calm(cascade):
    return toy.run(cascade)[0]
