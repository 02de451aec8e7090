"""Learn a ranker: LightGBM's trees on top of the heuristic's log-odds, one softmax per incident.

Trees start from the heuristic's log-odds (`init_score`), so that no labels give the heuristic and few move it little.
Their number is the one that serves best on incidents left out (grouped folds). The loss is that of the
ranker itself: the negative log probability of the answers that the labels leave possible.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rankers.calibration import Calibration, calibrate, loss, sets_of
from rankers.labelled import Labelled, Stack, stack
from rankers.model import Model
from rankers.slate import CONTEXT, EVIDENCE, RAW, told_names
from rankers.supervised import corrections

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
ROUNDS = 200
CHECKED_EVERY = 20
FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 1500
LEAST_INCIDENTS = 10
"""Fewer labelled incidents than this teach nothing that can be checked."""

Progress = Callable[[str, int, int], None]
Objective = Callable[[Numbers, Any], tuple[Numbers, Numbers]]


def softmax_loss(frame: Stack) -> Objective:
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


def _boosted(
    incidents: Sequence[Labelled], before: Sequence[Numbers], names: Sequence[str], rounds: int, seed: int
) -> Any:
    """Return a booster trained on top of what `before` adds to the heuristic."""
    import lightgbm  # noqa: PLC0415 - only who trains needs it

    frame = stack(incidents)
    rows = np.vstack([each.slate.matrix(names) for each in incidents])
    monotone = [1 if name in RISING else -1 if name in FALLING else 0 for name in names]
    data = lightgbm.Dataset(
        rows,
        frame.possible.astype(np.float64),
        init_score=frame.alone + np.concatenate(before),
        feature_name=list(names),
        params={"min_data_in_bin": PARAMETERS["min_data_in_bin"], "verbose": -1, "feature_pre_filter": False},
    )
    options = PARAMETERS | {"objective": softmax_loss(frame), "monotone_constraints": monotone, "seed": seed}
    return lightgbm.train(options, data, rounds)


def _added(booster: Any, incidents: Sequence[Labelled], names: Sequence[str], rounds: int) -> list[Numbers]:
    rows = np.vstack([each.slate.matrix(names) for each in incidents])
    scores = booster.predict(rows, raw_score=True, num_iteration=rounds) if rounds else np.zeros(len(rows))
    return np.split(scores, np.cumsum([len(each.slate.keys) for each in incidents])[:-1])


def _left_out(
    incidents: Sequence[Labelled], before: Sequence[Numbers], names: Sequence[str], seed: int, progress: Progress | None
) -> list[list[Numbers]]:
    """Return for each number of rounds, 0 first, what trees add to each incident when it was left out."""
    folds = FOLDS if len(incidents) < MANY else FOLDS_OF_MANY
    names_of_groups = sorted({each.group or each.incident for each in incidents})
    order = np.random.default_rng(seed).permutation(len(names_of_groups)) % folds
    fold_of = dict(zip(names_of_groups, order.tolist(), strict=True))
    fold = [fold_of[each.group or each.incident] for each in incidents]
    numbers = range(0, ROUNDS + 1, CHECKED_EVERY)
    out: list[list[Numbers]] = [[np.empty(0)] * len(incidents) for _ in numbers]
    for k in range(folds):
        if progress:
            progress("checking on incidents left out", k, folds)
        inside = [i for i, each in enumerate(fold) if each != k]
        outside = [i for i, each in enumerate(fold) if each == k]
        if not inside or not outside:
            continue
        booster = _boosted([incidents[i] for i in inside], [before[i] for i in inside], names, ROUNDS, seed)
        left = [incidents[i] for i in outside]
        for place, rounds in enumerate(numbers):
            for i, added in zip(outside, _added(booster, left, names, rounds), strict=True):
                out[place][i] = before[i] + added
    return out


def _fewest(losses: Sequence[Numbers], weight: Numbers) -> int:
    """Return the place of the fewest rounds whose mean loss is within one standard error of the best one's.

    The rule of one standard error (Breiman et al. 1984, section 3.4.3), of the paired difference: incidents vary more
    than rankers do.
    """
    means = [float(np.average(each, weights=weight)) for each in losses]
    best = int(np.argmin(means))
    for place in range(best):
        gap = losses[place] - losses[best]
        if np.average(gap, weights=weight) <= gap.std() / np.sqrt(len(gap)):
            return place
    return best


def fit(
    incidents: Sequence[Labelled], start: Model, *, version: str, seed: int = 0, progress: Progress | None = None
) -> Model:
    """Learn one more stage on top of a model.

    Parameters
    ----------
    incidents
        What reviewers said. Those without candidates teach nothing.
    start
        What to start from: `Model("heuristic-3")` has no trees, so that it is the heuristic.

    Returns
    -------
    Model
        With a stage more, or the same stages when trees do not help on incidents left out; calibrated either way. The
        same incidents and seed give the same document, byte by byte.
    """
    useful = [each for each in incidents if each.slate.keys and each.weight > 0]
    if len(useful) < LEAST_INCIDENTS:
        return replace(start, version=version)
    scale = len(useful) / sum(each.weight for each in useful)
    useful = [replace(each, weight=each.weight * scale) for each in useful]
    names = columns_of(useful)
    before = [corrections(start, each.slate) for each in useful]
    tried = _left_out(useful, before, names, seed, progress)
    weight = np.array([each.weight for each in useful])
    calibrations = [calibrate(useful, added) for added in tried]
    losses = [loss(sets_of(useful, added), c) for added, c in zip(tried, calibrations, strict=True)]
    place = _fewest(losses, weight)
    rounds = place * CHECKED_EVERY
    stages = start.stages
    if rounds:
        text = _boosted(useful, before, names, rounds, seed).model_to_string()
        stages = (*stages, text.split("\nparameters:")[0] + "\n")
    chosen: Calibration = calibrations[place]
    return replace(start, version=version, stages=stages, sharpness=chosen.sharpness, none_shift=chosen.none_shift)
