"""Figures of ranked services against the labelled one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.incidents.figures import BINS, bins_of
from benchmarks.recorded.answer import Answer


@dataclass(frozen=True)
class Figures:
    """AC@1, AC@3, Avg@5 (mean of AC@1 to AC@5), mean reciprocal rank, ECE, median seconds; NaN where not known."""

    n: int
    ac1: float
    ac3: float
    avg5: float
    mrr: float
    ece: float
    ranking_seconds: float
    seconds: float

    def as_json(self) -> dict[str, float | None]:
        """Return plain data; null for NaN."""
        rounded = {name: round(value, 4) for name, value in asdict(self).items()}
        return {name: None if value != value else value for name, value in rounded.items()}  # noqa: PLR0124 - NaN


def place(nodes: Sequence[str], label: str) -> int:
    """Return at which place the label is, from 1; 0 when it is not there."""
    return nodes.index(label) + 1 if label in nodes else 0


def figures(answers: Sequence[Answer], labels: Sequence[str]) -> Figures:
    """Return the figures of one method; an answer without the label is a miss at every k."""
    places = np.array([place(one.nodes, label) for one, label in zip(answers, labels, strict=True)])
    at = [float(np.mean((places > 0) & (places <= k))) if len(places) else float("nan") for k in range(1, 6)]
    reciprocal = np.divide(1.0, places, out=np.zeros(len(places)), where=places > 0)
    return Figures(
        n=len(places),
        ac1=at[0],
        ac3=at[2],
        avg5=float(np.mean(at)),
        mrr=float(reciprocal.mean()) if len(places) else float("nan"),
        ece=calibration_error([one.confidence for one in answers], places == 1),
        ranking_seconds=_median([one.ranking_seconds for one in answers]),
        seconds=_median([one.seconds for one in answers]),
    )


def calibration_error(confidence: Sequence[float], right: np.ndarray) -> float:
    """Return the expected calibration error over ten bins of equal width; NaN without confidences."""
    sure = np.asarray(confidence, dtype=float)
    if not sure.size or np.isnan(sure).any():
        return float("nan")
    gaps = np.bincount(bins_of(sure), weights=sure - right, minlength=BINS)
    return float(np.abs(gaps).sum() / sure.size)


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else float("nan")
