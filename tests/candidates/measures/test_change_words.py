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
    "new_footer",
    "typo in the help page",
    "Weekly report moved to 07:00",
    "bump base image, no functional change",
    "flag cleanup: remove stale experiment toggles",
    "dark-launch of widget B for staff",
]
CAPACITY = ["replicas", "min_replicas", "retention_days", "disk size", "memory limit", "autoscaling"]
RESIZED = ["replicas 3 -> 5", "Disk volume resized", "retention_days: 30 to 60", "cpu_limit"]
SERIOUS = [
    "voluminous_baskets",
    "retention_model_cutoff",
    "reads moved to a stale replica",
    "user history retention days 30 -> 3",
    "cache moved from disk to memory",
    "catalog_level",
    "discoloured_items",
    "score_cap",
    "decision threshold",
    "cache.max_entries",
    "color_space",
    "retrained",
    "threshold lowered to 0.4, page unchanged",
    "weekly_report_cutoff",
]


@pytest.mark.parametrize("title", INNOCENT)
def test_cosmetic_and_operational_changes_are_hardly_suspected(title):
    assert suspected(event("scorer", "config", title=title)) == INERT
    assert suspected(event("scorer", "config", title=None, before={title: 1}, after={title: 2})) == INERT


@pytest.mark.parametrize("title", SERIOUS)
def test_others_are(title):
    assert suspected(event("scorer", "config", title=title)) == 1.0


CHANGED = [
    *(event("scorer", title=title) for title in RESIZED),
    *(event("scorer", title=None, before={key: 1}, after={key: 2}) for key in CAPACITY),
]


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: str(change.title or change.after))
def test_capacity_makes_answers_late_and_not_wrong(change):
    assert suspected(change) == INERT
    assert suspected(change, late=True) == 1.0


def test_the_key_says_more_than_the_title():
    title = "replicas 3 -> 5"
    assert suspected(event("scorer", title=title, before={"temperature": 1}, after={"temperature": 2})) == 1.0
    assert suspected(event("scorer", title=title, before={"replicas": 3}, after={"replicas": 5})) == INERT
