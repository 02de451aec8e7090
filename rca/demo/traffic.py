"""When requests come, and which real row each brings."""

import numpy as np
from numpy.typing import NDArray

from rca.demo.cascade import Cascade
from rca.demo.extent import days

HOURS_A_DAY = 24
SATURDAY = 5


def arrival_times(start: np.datetime64, end: np.datetime64, n: int, rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Return n sorted times with a daily rhythm, quieter week-ends and days that differ by some percent."""
    hours = np.arange(start, end, np.timedelta64(1, "h"))
    of_day = (hours - hours.astype("datetime64[D]")) / np.timedelta64(1, "h")
    weekend = (hours.astype("datetime64[D]").astype(int) + 3) % 7 >= SATURDAY
    day = ((hours - start) / days(1)).astype(int)
    mood = np.exp(rng.normal(0, 0.06, day.max() + 1))[day]
    intensity = (1.15 + np.sin((of_day - 9) / HOURS_A_DAY * 2 * np.pi)) * np.where(weekend, 0.75, 1.0) * mood
    chosen = rng.choice(len(hours), size=n, p=intensity / intensity.sum())
    within = rng.integers(0, 3600 * 1_000_000, n).astype("timedelta64[us]")
    times = np.sort(hours[chosen].astype("datetime64[us]") + within)
    return np.asarray(np.minimum(times, end - np.timedelta64(1, "s")))


def pick_rows(cascade: Cascade, ts: NDArray[np.datetime64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return which pool row each request brings, (N,).

    Rows are shuffled within the serving part, so that the table's own drift does not swamp a fault;
    the mix of the first segment column wobbles from day to day by about a tenth, as it does in life.
    """
    segment = cascade.pool[cascade.domain.segments[0]].astype(str)
    names, of_pool = np.unique(segment, return_inverse=True)
    share = np.bincount(of_pool) / len(of_pool)
    day = (ts - ts[0]).astype("timedelta64[D]").astype(int)
    wobble = share * np.exp(rng.normal(0, 0.1, (day.max() + 1, len(names))))
    cumulative = np.cumsum(wobble / wobble.sum(axis=1, keepdims=True), axis=1)
    wanted = np.minimum((rng.random(len(ts))[:, None] > cumulative[day]).sum(axis=1), len(names) - 1)
    picked = np.empty(len(ts), dtype=np.int64)
    for code in range(len(names)):
        members, places = rng.permutation(np.flatnonzero(of_pool == code)), np.flatnonzero(wanted == code)
        picked[places] = np.resize(members, len(places))
    return picked
