"""Growth of a series, and what of it is usual at that time of day."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from candidates.measures.growth import measure_growth
from schemas.evidence import Onset, Series, Symptom, Window
from schemas.incident import Incident

START = datetime(2026, 3, 2, 3, tzinfo=UTC)
NIGHT = START + timedelta(days=5, hours=-1)
HOURS, BUCKETS = 12, 5 * 24 * 12


def symptom(start=NIGHT, length=timedelta(hours=1)):
    incident = Incident(id="i", node="api", metric="latency_p95", detected_at=start + length)
    nothing = Series("api", "latency_p95", np.zeros(0, "M8[us]"), np.zeros(0), np.zeros(0))
    return Symptom(
        incident=incident,
        direction="up",
        baseline=Window(START, start),
        window=Window(start, start + length),
        onset=Onset(start, start, start),
        series=nothing,
        baseline_value=1.0,
        value=2.0,
        p_value=1e-9,
        z=9.0,
        bucket_seconds=300.0,
    )


def nightly(*heights, last):
    """Return five days of one value each five minutes, higher by so much from 2 to 3 in each night."""
    ts = np.datetime64("2026-03-02T03:00", "us") + np.arange(BUCKETS) * np.timedelta64(5, "m")
    night, day = (ts.astype("M8[h]").astype(int) % 24) == 2, np.arange(BUCKETS) // (24 * HOURS)
    value = 20 + np.random.default_rng(0).normal(size=BUCKETS) + np.array([*heights, last])[day] * night
    return ts, value


def grown(*heights, last, **asked):
    ts, value = nightly(*heights, last=last)
    return measure_growth(symptom(**asked), ts, value, np.ones(BUCKETS))


def test_what_is_so_every_night_is_no_growth():
    found = grown(29, 31, 30, 28, last=30)
    assert found.usual == 1.0
    assert abs(found.delta) < 1
    assert abs(found.z) < 2
    assert found.onset is None


def test_what_exceeds_the_other_nights_is_left():
    found = grown(29, 31, 30, 28, last=60)
    assert found.usual == pytest.approx(0.49, abs=0.03) or found.usual == 0.0
    assert found.delta > 25


@pytest.mark.parametrize("nights", [(0, 0, 0, 0), (30, 0, 0, 0), (0, 0, 30, 30)])
def test_what_is_so_in_a_few_nights_only_is_growth(nights):
    found = grown(*nights, last=30)
    assert found.usual == 0.0
    assert found.delta > 25


def test_a_window_of_a_whole_day_has_no_time_of_day():
    start = START + timedelta(days=3, hours=23)
    assert grown(30, 30, 30, 30, last=30, start=start, length=timedelta(hours=24)).usual == 0.0
