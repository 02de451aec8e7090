"""Times between numpy (UTC without an offset) and datetime (UTC)."""

from datetime import UTC, datetime, timedelta

import numpy as np

from schemas.evidence import BoolArray, Onset, Symptom, TimeArray, Window


def to_datetime(moment: np.datetime64) -> datetime:
    """Return a numpy time as a datetime in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(moment.astype("datetime64[us]").astype(int)))


def to_numpy(moment: datetime) -> np.datetime64:
    """Return a datetime as a numpy time in UTC without an offset."""
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def within(ts: TimeArray, window: Window) -> BoolArray:
    """Return which times lie in the half-open window."""
    return np.asarray((ts >= to_numpy(window.start)) & (ts < to_numpy(window.end)))


def alignment(onset: Onset | None, symptom: Symptom) -> float:
    """Return how well an onset fits the symptom's, in [-1, 1]; 0 when unknown.

    1 when the intervals meet (to one bucket); falls with the gap, measured by the window's length when the onset
    is late and by the baseline's when it is early.
    """
    if onset is None:
        return 0.0
    slack = max(symptom.bucket_seconds, 60.0)
    late = (onset.low - symptom.onset.high).total_seconds() / slack
    early = (symptom.onset.low - onset.high).total_seconds() / slack
    if late > 0:
        # a gradual shift is noticed later in one place than in another: lateness is judged by the window
        span = max((symptom.window.end - symptom.onset.at).total_seconds() / slack, 2.0)
        return float(max(-1.0, 1.0 - 3.0 * late / span)) if late > 1 else 1.0
    if early > 0:
        span = max((symptom.onset.at - symptom.baseline.start).total_seconds() / slack, 4.0)
        return float(max(-1.0, 1.0 - 6.0 * early / span)) if early > 1 else 1.0
    return 1.0


def stamp(moment: datetime) -> str:
    """Return a moment for a sentence: `2026-03-04 10:00 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
