"""Trained models, shared by the tests of one session."""

import pytest

from rca.demo.cascade import train

from . import bundles, toy


@pytest.fixture(scope="session")
def cascade():
    return train(toy.DOMAIN)


@pytest.fixture(scope="session")
def calm(cascade):
    return toy.run(cascade)[0]


@pytest.fixture(scope="session")
def toy_bundle(tmp_path_factory):
    return bundles.write(tmp_path_factory.mktemp("cases") / "shop-000")
