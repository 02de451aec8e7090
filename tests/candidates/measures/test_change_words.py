"""Changes that by their words touch no answer, and those that may."""

import pytest

from candidates.measures.change_words import INERT, suspected
from tests.candidates.scenes import event

INNOCENT = [
    "log_retention_days",
    "raise log level",
    "ui_dark_mode",
    "ui_banner_colour",
    "Button color",
    "alert routing",
]
CAPACITY = [
    "replicas 3 -> 5",
    "min_replicas",
    "retention_days",
    "Disk volume resized",
    "memory limit",
    "autoscaling",
    "secret rotation",
]
SERIOUS = [
    "voluminous_baskets",
    "retention_model_cutoff",
    "catalog_level",
    "discoloured_items",
    "score_cap",
    "decision threshold",
    "cache.max_entries",
    "color_space",
    "retrained",
]


@pytest.mark.parametrize("title", INNOCENT)
def test_cosmetic_and_operational_changes_are_hardly_suspected(title):
    assert suspected(event("scorer", "config", title=title)) == INERT
    assert suspected(event("scorer", "config", title=None, before={title: 1}, after={title: 2})) == INERT


@pytest.mark.parametrize("title", SERIOUS)
def test_others_are(title):
    assert suspected(event("scorer", "config", title=title)) == 1.0


@pytest.mark.parametrize("title", CAPACITY)
def test_capacity_makes_answers_late_and_not_wrong(title):
    for change in (
        event("scorer", "config", title=title),
        event("scorer", "config", title=None, before={title: 1}, after={title: 2}),
    ):
        assert suspected(change) == INERT
        assert suspected(change, late=True) == 1.0
