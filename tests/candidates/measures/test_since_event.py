"""Outcomes that moved before an event, and no farther since, are not its doing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from candidates.measures.outcome import Outcomes
from candidates.measures.since_event import follows
from schemas.evidence import Rows

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 400


def rows_of():
    ts = np.datetime64(START.replace(tzinfo=None), "us") + np.arange(HOURS) * np.timedelta64(1, "h")
    nothing = np.full(HOURS, np.nan)
    after = np.arange(HOURS) >= HOURS // 2
    return Rows(after, ts, np.full(HOURS, "", dtype=object), nothing, nothing, nothing, {}, {})


def looks(move):
    """Return outcomes of a row an hour that nothing is known of; the second half is the window, moved by `move`."""
    rng = np.random.default_rng(3)
    after = np.arange(HOURS) >= HOURS // 2
    truth = rng.normal(size=HOURS) + np.where(after, move(np.arange(HOURS) - HOURS // 2, rng), 0.0)
    zeros, everything = np.zeros((HOURS, 1)), np.ones(HOURS, dtype=bool)
    return [Outcomes(np.arange(HOURS), after, ~after, truth[:, None], zeros, everything)]


@pytest.mark.parametrize(
    ("move", "event", "followed"),
    [
        (lambda hour, _: np.full(HOURS, 1.0), 100, False),
        (lambda hour, _: np.where(hour >= 100, 1.0, 0.0), 100, True),
        (lambda hour, _: np.where(hour >= 100, -1.0, 0.0), 100, True),
        (lambda hour, rng: np.where(hour >= 100, 3.0, 0.0) * rng.choice([-1, 1], HOURS), 100, True),
        (lambda hour, _: np.where(hour < 100, 1.0, 0.0), 100, False),
        (lambda hour, _: np.full(HOURS, 1.0), 20, True),
        (lambda hour, _: np.full(HOURS, 1.0), 190, True),
    ],
)
def test_the_outcomes_since_an_event_lie_farther_off_than_those_before_it(move, event, followed) -> None:
    assert follows(looks(move), rows_of(), START + timedelta(hours=HOURS // 2 + event)) is followed


def test_without_a_look_at_the_outcomes_nothing_speaks_against_an_event() -> None:
    assert follows([], rows_of(), START)
