"""One look at a metric's series: season off, episode found, baseline chosen, verdict given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from candidates.measures.changepoint import change_point, tests_made
from rca.metrics.buckets import floor_to, micros, moment
from rca.symptom.control import Chart, control_chart
from rca.symptom.episode import Episode, Finder
from rca.symptom.gauge import Gauge
from rca.symptom.season import WEEK, Season, fit_season
from schemas.evidence import BoolArray, FloatArray, Series, Window
from schemas.incident import Incident

FEWEST_BASELINE = 5
REGIME_P = 1e-4
"""An older regime is dropped from the baseline only when its end is this clear."""

REAL = 0.05
KEPT = 0.5
"""Keeping clear of the onset's interval costs at most this share of what lies before; else the whole must agree."""

THIN = 10
"""With fewer buckets on a side the rows' own sampling error is looked up too."""

ENDS = 3.0
"""How many independent ends of an episode a series that is not normal offers, for each of its starts."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A metric's series with the incident's moments; `seconds` is the bucket width."""

    gauge: Gauge
    series: Series
    seconds: float
    incident: Incident
    end: datetime

    def bucket(self, when: datetime) -> int:
        """Return the bucket that holds a moment, clipped to the series."""
        width = int(self.seconds * 1e6)
        first = int(self.series.ts[0].astype(np.int64))
        return int(np.clip((floor_to(micros(when), width) - first) // width, 0, len(self.series.ts) - 1))

    def when(self, bucket: int) -> datetime:
        """Return the start of a bucket; the end of the data for the one past the last."""
        if bucket >= len(self.series.ts):
            return self.end
        return moment(int(self.series.ts[bucket].astype(np.int64)))

    def inside(self, window: Window) -> BoolArray:
        """Return which buckets lie wholly in a window (T,); the end of the data may cut the last."""
        start, end = np.datetime64(micros(window.start), "us"), np.datetime64(micros(window.end), "us")
        width = np.timedelta64(int(self.seconds * 1e6), "us")
        whole = (self.series.ts >= start) & (self.series.ts + width <= end)
        return np.asarray(whole | ((self.series.ts >= start) & (self.series.ts < end) & (window.end >= self.end)))


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found. `baseline` is None when there is no healthy production period."""

    sign: int
    episode: Episode | None
    residual: FloatArray
    season: Season
    window: Window
    baseline: Window | None
    chart: Chart | None

    @property
    def p_value(self) -> float:
        """Return the verdict's p-value, 1 without one."""
        return self.chart.p_value if self.chart else 1.0


def find_episode(
    line: Timeline, residual: FloatArray, sign: int, start: int | None, latest: int | None = None
) -> Episode | None:
    """Return the episode in a series with gaps, in its own bucket numbers."""
    known = np.flatnonzero(np.isfinite(residual) & (line.series.n > 0))
    if known.size == 0:
        return None
    detected = max(int(np.searchsorted(known, line.bucket(line.incident.detected_at), side="right")) - 1, 0)
    fixed = None if start is None else int(np.searchsorted(known, start))
    last = None if latest is None else int(np.searchsorted(known, latest, side="right")) - 1
    finder = Finder(
        residual[known],
        line.series.n[known],
        detected,
        sign,
        lasting=line.incident.ended_at is not None,
        start=fixed,
        latest=last,
    )
    found = finder.find()
    if found is None:
        return None
    stop = len(residual) if found.stop >= known.size else int(known[found.stop])
    places = (int(known[i]) for i in (found.start, found.low, found.high))
    begin, low, high = places
    return Episode(begin, stop, low, high, found.height, found.score, found.sharp)


def fair_baseline(line: Timeline, residual: FloatArray, before: datetime, window: Window, *, weekly: bool) -> Window:
    """Return the production period to compare with: all before the onset that is of one regime.

    An older regime is dropped when its end is unmistakable and enough remains (as long as the
    window, where that can be had); with weekly seasonality whole weeks are kept.
    """
    stop = int(line.inside(Window(line.when(0), before)).sum())
    start, length = 0, int(np.ceil((window.end - window.start).total_seconds() / line.seconds))
    needed = max(FEWEST_BASELINE, min(length, stop // 2))
    while (found := change_point(residual[start:stop], line.series.n[start:stop])) is not None:
        if found.p_value > REGIME_P or abs(found.z) < 1 or stop - (start + found.high) < needed:
            break
        start += found.high
    begin = line.when(start)
    weeks = int((before - begin).total_seconds() // WEEK)
    if weekly and weeks > 1:
        begin = before - timedelta(seconds=weeks * WEEK)
    return Window(begin, before)


def look(line: Timeline, sign: int, start: int | None = None, latest: int | None = None) -> Look:
    """Look at the series for a change in one direction (0: either), from a given start where that is known.

    `latest`: a bucket after which it does not start.
    """
    healthy = np.arange(len(line.series.ts)) < (line.bucket(line.incident.detected_at) if start is None else start)
    if line.incident.baseline:
        healthy = line.inside(Window(*line.incident.baseline))
    season, episode = fit_season(line.series.ts, line.series.value, healthy, line.seconds), None
    for _ in range(2):
        residual = line.series.value - season.at(line.series.ts)
        episode = find_episode(line, residual, sign, start, latest)
        if episode and not line.incident.baseline:
            healthy = np.arange(len(residual)) < episode.low
        again = fit_season(line.series.ts, line.series.value, healthy, line.seconds)
        # a short healthy part cannot show a season that the longer look did show
        season = again if again.covers(season) else season
    residual = line.series.value - season.at(line.series.ts)
    return _judge(line, sign, episode, residual, season)


def _judge(line: Timeline, sign: int, episode: Episode | None, residual: FloatArray, season: Season) -> Look:
    seen_at = line.bucket(line.incident.detected_at)
    start, stop = (episode.start, episode.stop) if episode else (seen_at, len(residual))
    window = Window(line.when(start), line.incident.ended_at or line.when(stop))
    weekly = bool(season.weekly.size)
    if line.incident.baseline:
        given = Window(*line.incident.baseline)
        chart = _chart(line, residual, season, given, window)
        return Look(sign, episode, residual, season, window, given if chart else None, chart)
    seen = Look(sign, episode, residual, season, window, None, None)
    if start == 0:
        return seen
    looks = []
    for before in dict.fromkeys((episode.low if episode else start, start)):
        baseline = fair_baseline(line, residual, line.when(before), window, weekly=weekly)
        chart = _chart(line, residual, season, baseline, window)
        looks.append(Look(sign, episode, residual, season, window, baseline if chart else None, chart))
        if before == start or (looks[-1].p_value <= REAL and before >= KEPT * start):
            break
    clear, whole = looks[0], looks[-1]
    # a change that is not real has no onset worth keeping clear of: then everything before it is the baseline; and
    # what is left before a vague onset may be too little to know what is usual
    return clear if max(clear.p_value, whole.p_value) <= REAL else whole


def _chart(line: Timeline, residual: FloatArray, season: Season, baseline: Window, window: Window) -> Chart | None:
    old, new = line.inside(baseline), line.inside(window)
    return control_chart(
        residual,
        line.series.n,
        old,
        new,
        sampling=_sampling(line, baseline, window) if min(old.sum(), new.sum()) < THIN else 0.0,
        seasonal=season.error(line.series.ts[old], line.series.ts[new]),
        tests=_tests(line, residual, window),
    )


def _sampling(line: Timeline, baseline: Window, window: Window) -> float:
    """Return the standard error of the difference; one that too few rows cannot tell is scaled from the other."""
    periods = (baseline, window)
    error = [line.gauge.sampling_error(period) for period in periods]
    rows = [max(float(line.series.n[line.inside(period)].sum()), 1.0) for period in periods]
    old, new = (
        own or other * np.sqrt(m / n) for own, other, n, m in zip(error, error[::-1], rows, rows[::-1], strict=True)
    )
    return float(np.hypot(old, new))


def _tests(line: Timeline, residual: FloatArray, window: Window) -> float:
    """Return how many places were searched: starts times ends; one when it was given.

    Of a given start the ends were searched where the level is said to have come back before anybody noticed.

    Buckets of many rows are means and nearly normal: there the ends cost nothing (by simulation, and on logs without
    a fault). A recorded value may be anything, and wanders.
    """
    ends = ENDS if line.gauge.found.sampled else 1.0
    if line.incident.started_at:
        return ends if window.end <= line.incident.detected_at and line.incident.ended_at is None else 1.0
    return ends * tests_made(float(np.isfinite(residual).sum()))
