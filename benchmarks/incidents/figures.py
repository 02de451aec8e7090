"""The figures of a set of scored cases, with the spread that so few cases leave."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.score import LEVELS, Result

BINS = 10
RESAMPLES = 2000
COVERED = (2.5, 97.5)
"""Percentiles between which a 95 % interval lies."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """What one line of the table says; NaN where no case has it.

    Rates are over the `n` cases with a fault, false alarms over the `calm` ones without, calibration
    and seconds over all. `at` is level -> (AC@1, AC@3).
    """

    n: int
    calm: int
    at: dict[str, tuple[float, float]]
    average: float
    reciprocal_rank: float
    at_1_interval: Interval
    at_3_interval: Interval
    ece: float
    brier: float
    false_alarms: int
    abstained: int
    crashed: int
    seconds: tuple[float, float]
    analysis_seconds: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        """Return plain data; null for NaN."""
        return {name: plain(value) for name, value in asdict(self).items()}


def plain(value: object) -> object:
    """Return a value that JSON can carry."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value


def mean(values: Sequence[float]) -> float:
    """Return the mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


def middle(values: Sequence[float]) -> tuple[float, float]:
    """Return median and 90th percentile."""
    if not len(values):
        return float("nan"), float("nan")
    return float(np.median(values)), float(np.percentile(values, 90))


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Return the bootstrap 95 % interval of a mean (Efron 1979, percentile method)."""
    found = np.asarray(values, dtype=float)
    if not found.size:
        return float("nan"), float("nan")
    picked = np.random.default_rng(seed).integers(0, found.size, (RESAMPLES, found.size))
    low, high = np.percentile(found[picked].mean(axis=1), COVERED)
    return float(low), float(high)


def bins_of(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bin of each confidence, (N,): ten of equal width."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def calibration(results: Sequence[Result]) -> tuple[float, float]:
    """Return expected calibration error and Brier score of the first cause's confidence.

    Without a fault no cause is right, however sure; an answer without causes claims nothing.
    """
    shown = [result for result in results if result.causes]
    if not shown:
        return float("nan"), float("nan")
    confidence = np.array([result.causes[0]["confidence"] for result in shown])
    right = np.array([result.first_right for result in shown], dtype=float)
    gaps = np.bincount(bins_of(confidence), weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(shown)), float(np.square(confidence - right).mean())


def figures(results: Sequence[Result]) -> Figures:
    """Return the figures of some cases."""
    faulty = [result for result in results if not result.calm]
    first, third = [r.at(1) for r in faulty], [r.at(3) for r in faulty]
    ece, brier = calibration(results)
    return Figures(
        n=len(faulty),
        calm=len(results) - len(faulty),
        at={
            level: (mean([r.at(1, level) for r in faulty]), mean([r.at(3, level) for r in faulty])) for level in LEVELS
        },
        average=mean([r.at(k) for r in faulty for k in range(1, 6)]),
        reciprocal_rank=mean([r.reciprocal_rank() for r in faulty]),
        at_1_interval=interval(first),
        at_3_interval=interval(third),
        ece=ece,
        brier=brier,
        false_alarms=sum(r.false_alarm for r in results),
        abstained=sum(r.abstained for r in faulty),
        crashed=sum(bool(r.error) for r in results),
        seconds=middle([r.seconds for r in results]),
        analysis_seconds=middle([r.seconds - r.ingest_seconds for r in results]),
    )


def grouped(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, Figures]:
    """Return the figures of each group, by its name."""
    names = sorted({key(result) for result in results})
    return {name: figures([result for result in results if key(result) == name]) for name in names}
