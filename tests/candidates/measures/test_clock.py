from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.measures.clock import alignment, stamp, to_datetime, to_numpy, within
from schemas.evidence import Onset, Window
from tests.laws.worlds import ONSET, START, make_symptom

SYMPTOM = make_symptom()
DAY = timedelta(days=1)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_numpy_and_back(moment):
    assert to_datetime(to_numpy(moment)) == moment


def test_an_offset_is_converted_and_finer_or_coarser_units_are_read():
    moment = datetime(2026, 3, 4, 12, tzinfo=timezone(timedelta(hours=2)))
    assert to_numpy(moment) == np.datetime64("2026-03-04T10:00")
    assert to_datetime(np.datetime64("2026-03-04", "D")) == datetime(2026, 3, 4, tzinfo=UTC)
    assert to_datetime(np.datetime64("2026-03-04T00:00:00.000000999", "ns")) == datetime(2026, 3, 4, tzinfo=UTC)
    assert stamp(moment) == "2026-03-04 10:00 UTC"


def test_a_window_is_half_open():
    ts = np.array([to_numpy(START - DAY), to_numpy(START), to_numpy(ONSET), to_numpy(ONSET + DAY)])
    assert within(ts, Window(START, ONSET)).tolist() == [False, True, False, False]


def at(days, width=0.0):
    moment = ONSET + days * DAY
    return Onset(moment, moment - width * DAY, moment + width * DAY)


def test_no_onset_says_nothing():
    assert alignment(None, SYMPTOM) == 0.0


@pytest.mark.parametrize("days", [-1.0, -0.5, 0.0, 0.5, 1.0, 1.9])
def test_onsets_whose_intervals_meet_fit(days):
    assert alignment(at(days), SYMPTOM) == 1.0


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_fit_falls_with_the_gap_down_to_minus_one(sign):
    fits = [alignment(at(sign * days), SYMPTOM) for days in range(15)]
    assert fits == sorted(fits, reverse=True)
    assert -1.0 <= fits[-1] < 0 < fits[0]


def test_late_counts_more_than_early():
    assert alignment(at(4), SYMPTOM) < alignment(at(-4), SYMPTOM)


@given(st.floats(-400, 400), st.floats(0, 30))
def test_it_stays_between_minus_one_and_one(days, width):
    assert -1.0 <= alignment(at(days, width), SYMPTOM) <= 1.0


def test_a_wider_interval_never_fits_worse():
    for days in (-6, 3, 5):
        assert alignment(at(days, 1), SYMPTOM) >= alignment(at(days), SYMPTOM)


def test_the_bucket_is_the_slack():
    fine = replace(SYMPTOM, bucket_seconds=60.0)
    assert alignment(at(1.9), fine) < alignment(at(1.9), SYMPTOM)
