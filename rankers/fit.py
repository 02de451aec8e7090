"""Learn a ranker: LightGBM's trees on top of the heuristic's log-odds, one softmax per incident.

Trees start from the heuristic's log-odds (`init_score`), so that no labels give the heuristic and few move it little.
Their number is the one that serves best on incidents left out (grouped folds). The loss is that of the
ranker itself: the negative log probability of the answers that the labels leave possible.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rankers.calibration import Calibration, calibrate
from rankers.labelled import Labelled, Stack, stack
from rankers.slate import CONTEXT, EVIDENCE, RAW, told_names

Numbers = NDArray[np.float64]

RISING = ("share", "specificity", "raw_specificity", "blame", "lead", "lead_of_place")
"""Columns of which more never speaks against a cause."""

FALLING = ("share_behind",)

TOLD_AT_LEAST = 20
"""Candidates that must fill a family's own column for it to be learned from."""

PARAMETERS: dict[str, Any] = {
    "num_leaves": 6,
    "max_depth": 3,
    "learning_rate": 0.05,
    "min_data_in_leaf": 10,
    "min_data_in_bin": 3,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
ROUNDS = 160
CHECKED_EVERY = 10
FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 1500
LEAST_INCIDENTS = 10
"""Fewer labelled incidents than this teach nothing that can be checked."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Trees (empty text: none), their calibration, and (I,) log-odds added to each incident when it was left out."""

    text: str
    rounds: int
    calibration: Calibration
    left_out: tuple[Numbers, ...]


def softmax_loss(frame: Stack) -> Callable[[Numbers, Any], tuple[Numbers, Numbers]]:
    """Return LightGBM's objective: gradient and curvature of the loss by each candidate's log-odds, (N,) each."""
    starts, group, weight = frame.start[:-1], frame.group, frame.weight[frame.group]

    def objective(scores: Numbers, _: Any) -> tuple[Numbers, Numbers]:
        top = np.maximum(np.maximum.reduceat(scores, starts), frame.none)
        mass, none = np.exp(scores - top[group]), np.exp(frame.none - top)
        everything = np.add.reduceat(mass, starts) + none
        allowed = np.add.reduceat(mass * frame.possible, starts) + none * frame.none_possible
        p = mass / everything[group]
        target = np.where(frame.possible, mass / np.maximum(allowed, 1e-300)[group], 0.0)
        return weight * (p - target), weight * np.maximum(p * (1.0 - p), 1e-3)

    return objective


def columns_of(incidents: Sequence[Labelled]) -> tuple[str, ...]:
    """Return the columns to learn from."""
    return (*EVIDENCE, *RAW, *CONTEXT, *told_names([each.slate for each in incidents], TOLD_AT_LEAST))
