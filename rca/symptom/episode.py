"""Where in a series the incident lies: its first bucket, and the bucket where it was over."""

import math
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.changepoint import SHORTEST, Sums, interval, precision, tame
from candidates.measures.robust import floor_of, lag_one
from rca.symptom.trust import trust
from schemas.evidence import FloatArray, IntArray

RETURNED = 0.35
"""A recovery leaves at most this share of the change."""

NOTICED, CLEAR = 0.2, 4.0
"""... and no more than the first of these shares where what is left is so many standard errors from before."""

LEAST = 0.2
"""Neighbours never count for less than this share of independent ones."""

HEALTHY = 3
"""Buckets before an incident, unless there are few: one or two before a long one say nothing of what is usual."""

SECOND = 0.5
"""A later step counts as the incident when it is at least this share of an earlier one."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Buckets [start, stop) of the incident; `low` to `high` is the 90 % interval of `start`.

    `height` is the change of level, `sharp` False when the change came gradually, `score` the
    (tempered) log-likelihood gained over no change.
    """

    start: int
    stop: int
    low: int
    high: int
    height: float
    score: float
    sharp: bool = True


class Finder:
    """Searches one series without gaps for the episode that contains, or just precedes, a bucket.

    Parameters
    ----------
    value, rows
        (T,) finite values without season, and the rows behind them.
    detected
        Bucket in which the incident was seen: it starts no later.
    sign
        +1 or -1 when the direction is known, else 0.
    lasting
        True when the incident is known to last to the end of the series.
    start
        First bucket of the incident where that is known.
    latest
        It starts no later than in this bucket either; and no earlier than `HEALTHY`.
    """

    def __init__(
        self,
        value: FloatArray,
        rows: FloatArray,
        detected: int,
        sign: int = 0,
        *,
        lasting: bool = False,
        start: int | None = None,
        latest: int | None = None,
    ) -> None:
        self.latest = detected if latest is None else min(latest, detected)
        self.earliest = min(max(detected // 4, 1), HEALTHY)
        self.shown, self.rows, self.weight = value, rows, precision(rows)
        self._use(tame(value))
        self.detected, self.sign, self.size, self.start = detected, sign, value.size, start
        self.stops = np.array([value.size]) if lasting else self._stops()
        self.tempered = 1.0

    def _use(self, value: FloatArray) -> None:
        self.value, self.sums = value, Sums(value, self.weight)

    def _stops(self) -> IntArray:
        """Return ends to try: densely around the detection, thinly far from it."""
        nearest = max(self.detected - 1, 2)
        room = self.size - nearest
        steps = np.unique(np.geomspace(1, max(room, 1), 30).astype(np.int64)) - 1
        return np.unique(np.append(nearest + steps[steps < room], self.size))

    def _log_likelihood(self, left_over: FloatArray) -> FloatArray:
        floor = self.size * floor_of(float(np.abs(self.value).max())) ** 2
        return np.asarray(-0.5 * self.tempered * self.size * np.log(np.maximum(left_over, floor)))

    def _starts(self, stop: int) -> IntArray:
        if self.start is not None:
            return np.array([self.start] if 0 < self.start < stop else [], dtype=np.int64)
        return np.arange(self.earliest, min(self.latest, stop - 1) + 1)

    def _scores(self, stop: int) -> FloatArray:
        """Return the penalised log-likelihood of every start."""
        starts = self._starts(stop)
        gain, height, after = self.sums.gains(starts, stop)
        wrong = self.sign * height < 0
        if stop < self.size:  # over only when the level came back, or went beyond on the other side
            left, change = after * np.sign(height), np.abs(height)
            plain = left > CLEAR * self._error(starts, stop, self.sums.squares - gain)
            wrong |= (left > RETURNED * change) | (plain & (left > NOTICED * change))
        score = np.where(wrong, -np.inf, self._log_likelihood(self.sums.squares - gain))
        # people notice soon: a start n buckets before the detection is about 1/n as likely as one beside it
        score = score - np.log1p(np.maximum(self.detected - starts, 0))
        return score - 2 - 0.5 * np.log(self.size) if stop < self.size else score

    def _error(self, starts: IntArray, stop: int, left_over: FloatArray) -> FloatArray:
        """Return the standard error of the level after `stop` less the one before each start (K,)."""
        mass = np.append(0.0, np.cumsum(self.weight))
        spread = left_over / (self.tempered * mass[-1])
        return np.asarray(np.sqrt(np.maximum(spread, 0.0) * (1 / mass[starts] + 1 / (mass[-1] - mass[stop]))))

    def _best(self, stops: IntArray) -> tuple[int, int]:
        """Return the most likely start and stop."""
        found = [
            (float(score.max()), int(self._starts(stop)[score.argmax()]), stop)
            for stop in stops.tolist()
            if (score := self._scores(stop)).size
        ]
        _, start, stop = max(found, key=lambda item: item[0])
        return start, stop

    def _refit(self, start: int, stop: int) -> None:
        """Pull outliers in around the levels, and learn how buckets vary and how far neighbours repeat each other."""
        parts = [part for part in np.split(self.shown, [start, stop]) if part.size]
        self.weight = trust(np.concatenate([part - np.median(part) for part in parts]), self.rows)
        self._use(tame(self.shown, start, stop))
        parts = [part for part in np.split(self.value, [start, stop]) if part.size]
        residual = np.concatenate([part - part.mean() for part in parts])
        phi = lag_one(np.sqrt(self.weight) * residual, levels=len(parts))
        # an older regime looks like autocorrelation too; it must not drown the step
        self.tempered = max((1 - phi) / (1 + phi), LEAST)

    def find(self) -> Episode | None:
        """Return the most likely episode; None when the series is too short or shows none in that direction."""
        within = self.earliest <= self.latest if self.start is None else 0 < self.start < self.size
        if self.size < SHORTEST or not within:
            return None
        start, stop = self._best(self.stops)
        for _ in range(2):
            self._refit(start, stop)
            near = np.append(np.arange(max(start + 1, stop - 8), min(stop + 8, self.size)), self.stops)
            start, stop = self._best(np.unique(near if self.stops.size > 1 else self.stops))
        return self._describe(start, stop)

    def _left_over(self, start: int, stop: int) -> float:
        gain = self.sums.gains(np.array([start]), stop)[0][0]
        return self.sums.squares - float(gain)

    def _later_step(self, start: int, stop: int) -> tuple[float, int, int, int] | None:
        """Return the log-likelihood, place and interval of a second, comparable step the same way inside the episode.

        The incident is then that one: the older change of level is part of how the series was before.
        """
        last = min(self.latest, stop - 1)
        if last - start < SHORTEST or self.start is not None:
            return None
        starts = np.arange(1, last - start + 1)
        gain, height, _ = Sums(self.value[start:stop], self.weight[start:stop]).gains(starts, stop - start)
        first = self.value[start:stop].mean() - self.value[:start].mean()
        score = self._log_likelihood(self._left_over(start, stop) - np.where(height * first > 0, gain, 0.0))
        best = int(score.argmax())
        if abs(height[best]) < SECOND * abs(first):
            return None
        low, high = interval(score)
        return float(score[best]), start + 1 + best, start + 1 + low, start + 1 + high

    def _ramp(self, start: int, stop: int) -> tuple[float, int, int, int]:
        """Return the log-likelihood, first bucket and interval of the best gradual change around a step."""
        places = np.arange(self.size)
        centred = self.value - np.average(self.value, weights=self.weight)
        best: tuple[float, int, int, int] = (-np.inf, start, start, start)
        for length in np.unique(np.geomspace(3, max(stop - 2, 3), 16).astype(np.int64)).tolist():
            firsts = np.arange(max(self.earliest, start - length), min(self.latest, start + 1) + 1, max(1, length // 8))
            if firsts.size == 0:
                continue
            shape = np.clip((places[None, :] - firsts[:, None] + 1) / length, 0, 1) * (places < stop)
            shape = shape - (shape @ self.weight / self.weight.sum())[:, None]
            gain = (shape @ (self.weight * centred)) ** 2 / np.maximum((shape**2) @ self.weight, 1e-300)
            score = self._log_likelihood(self.sums.squares - gain)
            if score.max() > best[0]:
                low, high = interval(score)
                best = (float(score.max()), *(int(firsts[i]) for i in (score.argmax(), low, high)))  # type: ignore[assignment]
        return best

    def _describe(self, start: int, stop: int) -> Episode | None:
        height, scores = float(self.sums.gains(np.array([start]), stop)[1][0]), self._scores(stop)
        if not height or not np.isfinite(scores.max()):
            return None
        none, step = self._log_likelihood(np.array([self.sums.squares, self._left_over(start, stop)])).tolist()
        low, high = (int(self._starts(stop)[i]) for i in interval(scores))
        sharp = Episode(start, stop, low, high, height, step - none)
        if self.start is not None:
            return sharp
        ramp, later = self._ramp(start, stop), self._later_step(start, stop)
        freedom = 0.5 * math.log(self.size)
        if later and later[0] - step > 2 + 2 * freedom and later[0] > ramp[0] - freedom:
            return replace(sharp, start=later[1], low=later[2], high=later[3], score=later[0] - none)
        if ramp[0] - step > 3 + freedom:
            return replace(sharp, start=ramp[1], low=ramp[2], high=ramp[3], score=ramp[0] - none, sharp=False)
        return sharp
