"""The examples in the docstrings of the measures run and say what they say."""

import doctest
import importlib
import pkgutil

import pytest

import candidates.measures

MODULES = [f"candidates.measures.{module.name}" for module in pkgutil.iter_modules(candidates.measures.__path__)]
SUPPORTING = ("attribution_change", "chi_square", "control_charts", "direct_loss", "domain_classifier", "isotonic")
SUPPORTING += ("ks_test", "mmd", "performance_estimation", "running_extremes", "streaming_ks")


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0
    assert found.attempted or name.rpartition(".")[2] not in SUPPORTING, f"{name} has no example"
