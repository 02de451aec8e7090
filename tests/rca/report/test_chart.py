import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.report.chart import around, baseline_band, draw, read_trace, smooth
from rca.report.glyphs import ASCII, UNICODE, Glyphs
from tests.samples import ONSET, START, series


def _draw(glyphs: Glyphs, width: int = 80) -> list[str]:
    trace = read_trace(series())
    assert trace
    band = baseline_band(trace, (START, ONSET))
    return draw(trace, band=band, onset=ONSET, width=width, glyphs=glyphs)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_asked(glyphs: Glyphs, width: int) -> None:
    assert max(map(len, _draw(glyphs, width))) <= width


def test_ascii_chart_is_ascii() -> None:
    assert "\n".join(_draw(ASCII)).isascii()


def test_the_line_is_high_before_the_onset_and_low_after_it() -> None:
    lines = _draw(ASCII)
    axis = lines[0].index(ASCII.axis)
    top, bottom = lines[0] + lines[1], lines[7]
    onset = lines[9].index(ASCII.pointer)
    assert ASCII.mark in top
    assert ASCII.mark not in bottom[axis : onset - 1]
    assert bottom[onset + 1 :].count(ASCII.mark) > 10


def test_the_onset_is_marked_and_dated() -> None:
    assert "onset 4 Mar 10:00" in "\n".join(_draw(UNICODE))


def test_an_onset_outside_the_series_is_not_marked() -> None:
    trace = read_trace(series())
    assert trace
    lines = draw(trace, band=None, onset=START - timedelta(days=9), width=80, glyphs=UNICODE)
    assert "onset" not in "\n".join(lines)


def test_baseline_band_covers_the_baseline_and_not_the_fall() -> None:
    trace = read_trace(series())
    assert trace
    band = baseline_band(trace, (START, ONSET))
    assert band
    assert band[0] < 0.90
    assert band[1] > 0.92
    assert band[0] > 0.80


def test_smoothing_never_mixes_before_and_after() -> None:
    trace = read_trace(series(drop=0.5))
    assert trace
    coarse = smooth(trace, ONSET, most=30)
    assert 25 <= len(coarse.values) <= 32
    assert all(
        (value < 0.6) == (at >= ONSET.timestamp())
        for at, value in zip(coarse.seconds, coarse.values, strict=True)
        if value
    )


def test_smoothing_weighs_by_rows_and_keeps_gaps() -> None:
    times = [(START + timedelta(hours=hour)).isoformat() for hour in range(8)]
    values = [1.0, 2.0, None, None, 5.0, 5.0, 6.0, 6.0]
    trace = read_trace({"ts": times, "value": values, "n": [3, 1, 1, 1, 1, 1, 1, 1]})
    assert trace
    assert smooth(trace, START, most=4).values[:3] == (1.25, None, 5.0)
    assert smooth(trace, START, most=8) == trace


def test_a_short_incident_in_a_long_series_is_drawn_from_near() -> None:
    trace = read_trace(series(hours=24 * 60))
    assert trace
    near = around(trace, ONSET, ONSET + timedelta(hours=6))
    assert near.seconds[0] == (ONSET - timedelta(hours=36)).timestamp()
    assert around(trace, ONSET, ONSET) == trace or len(around(trace, ONSET, ONSET).seconds) >= 12


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"ts": [], "value": []},
        {"ts": ["2026-01-01"], "value": [1.0]},
        {"ts": ["2026-01-01", "2026-01-01"], "value": [1.0, 2.0]},
        {"ts": ["no", "time"], "value": [1.0, 2.0]},
        {"ts": ["2026-01-01", "2026-01-02"], "value": [None, math.nan]},
        {"ts": "2026", "value": 3},
    ],
)
def test_a_series_that_cannot_be_drawn_is_no_error(broken: dict[str, object]) -> None:
    assert read_trace(broken) is None


@given(
    st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=2, max_size=60),
    st.sampled_from([ASCII, UNICODE]),
    st.integers(20, 120),
)
def test_any_values_are_drawn_within_the_frame(values: list[float | None], glyphs: Glyphs, width: int) -> None:
    times = [(START + timedelta(hours=hour)).isoformat() for hour in range(len(values))]
    trace = read_trace({"ts": times, "value": values})
    if trace is None:
        return
    lines = draw(trace, band=baseline_band(trace, (START, ONSET)), onset=START, width=width, glyphs=glyphs)
    assert len({len(line) for line in lines[:9]}) == 1
