"""Learn a ranker: LightGBM's trees on top of the heuristic's log-odds, one softmax per incident.

Trees start from the heuristic's log-odds (`init_score`), so that no labels give the heuristic and few move it little.
Their number is the one that serves best on incidents left out (grouped folds). The loss is that of the
ranker itself: the negative log probability of the answers that the labels leave possible.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
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
    "num_leaves": 10,
    "max_depth": 4,
    "learning_rate": 0.03,
    "min_data_in_leaf": 10,
    "min_data_in_bin": 3,
    "lambda_l2": 1.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
ROUNDS = 300
CHECKED_EVERY = 30
FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 1500
LEAST_INCIDENTS = 10
"""Fewer labelled incidents than this teach nothing that can be checked."""

SITE = 2.0
"""How much a site's own incident weighs beside one that it learns together with."""

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


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Incidents to learn from: their columns' names, (I,) of (K, F) rows, and (I,) of (K,) log-odds added before."""

    incidents: Sequence[Labelled]
    names: tuple[str, ...]
    rows: Sequence[Numbers]
    before: Sequence[Numbers]

    def part(self, places: Sequence[int]) -> "_Lesson":
        """Return some of the incidents."""
        rows, before = ([every[i] for i in places] for every in (self.rows, self.before))
        return _Lesson([self.incidents[i] for i in places], self.names, rows, before)


def _lesson(incidents: Sequence[Labelled], before: Sequence[Numbers]) -> _Lesson:
    names = columns_of(incidents)
    return _Lesson(incidents, names, [each.slate.matrix(names) for each in incidents], before)


def _boosted(lesson: _Lesson, rounds: int, seed: int) -> Any:
    """Return a booster trained on top of what was added before to the heuristic."""
    import lightgbm  # noqa: PLC0415 - only who trains needs it

    frame = stack(lesson.incidents)
    data = lightgbm.Dataset(
        np.concatenate(lesson.rows),
        frame.possible.astype(np.float64),
        init_score=frame.alone + np.concatenate(lesson.before),
        feature_name=list(lesson.names),
        params={"min_data_in_bin": PARAMETERS["min_data_in_bin"], "verbose": -1, "feature_pre_filter": False},
    )
    monotone = [1 if name in RISING else -1 if name in FALLING else 0 for name in lesson.names]
    options = PARAMETERS | {"objective": softmax_loss(frame), "monotone_constraints": monotone, "seed": seed}
    return lightgbm.train(options, data, rounds)


def _left_out(lesson: _Lesson, seed: int, progress: Progress | None) -> list[list[Numbers]]:
    """Return for each number of rounds, 0 first, what trees add to each incident when it was left out."""
    groups = [each.group or each.incident for each in lesson.incidents]
    folds = FOLDS if len(groups) < MANY else FOLDS_OF_MANY
    known = sorted(set(groups))
    fold_of = dict(zip(known, (np.random.default_rng(seed).permutation(len(known)) % folds).tolist(), strict=True))
    fold = [fold_of[each] for each in groups]
    out: list[list[Numbers]] = [list(lesson.before) for _ in range(0, ROUNDS + 1, CHECKED_EVERY)]
    for k in sorted(set(fold)) if len(known) > 1 else ():
        if progress:
            progress("checking on incidents left out", k, folds)
        outside = [i for i, each in enumerate(fold) if each == k]
        booster = _boosted(lesson.part([i for i, each in enumerate(fold) if each != k]), ROUNDS, seed)
        rows = np.concatenate([lesson.rows[i] for i in outside])
        ends = np.cumsum([len(lesson.rows[i]) for i in outside])[:-1]
        scores = np.zeros(len(rows))
        for place in range(1, len(out)):
            first = (place - 1) * CHECKED_EVERY
            scores = scores + booster.predict(rows, raw_score=True, start_iteration=first, num_iteration=CHECKED_EVERY)
            for i, added in zip(outside, np.split(scores, ends), strict=True):
                out[place][i] = lesson.before[i] + added
    return out


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, the incidents that taught it, and (I,) of (K,) log-odds added to each when it was left out."""

    model: Model
    incidents: tuple[Labelled, ...]
    left_out: tuple[Numbers, ...]


def learn(
    incidents: Sequence[Labelled],
    start: Model,
    *,
    version: str,
    seed: int = 0,
    lessons: Sequence[Labelled] = (),
    progress: Progress | None = None,
) -> Learned:
    """Learn one more stage on top of a model, and say how it did on incidents left out; see `fit`."""
    useful = [*_useful(incidents, SITE if lessons else 1.0), *_useful(lessons, 1.0)]
    before = [corrections(start, each.slate) for each in useful]
    if len(useful) < LEAST_INCIDENTS:
        return Learned(replace(start, version=version), tuple(useful), tuple(before))
    lesson = _lesson(useful, before)
    tried = _left_out(lesson, seed, progress)
    sets = [sets_of(useful, added) for added in tried]
    calibrations = [calibrate(each) for each in sets]
    losses = [loss(each, calibration) for each, calibration in zip(sets, calibrations, strict=True)]
    weight = np.array([each.weight for each in useful])
    place = int(np.argmin([np.average(each, weights=weight) for each in losses]))
    rounds = place * CHECKED_EVERY
    stages = start.stages
    if rounds:
        text = _boosted(lesson, rounds, seed).model_to_string()
        stages = (*stages, text.split("\nparameters:")[0] + "\n")
    chosen = calibrations[place]
    model = replace(start, version=version, stages=stages, sharpness=chosen.sharpness, none_shift=chosen.none_shift)
    return Learned(model, tuple(useful), tuple(tried[place]))


def left_out_loss(learned: Learned, incidents: Container[str]) -> float:
    """Return the mean loss on some of the incidents learned from, each when it was left out; infinite without any."""
    both = [pair for pair in zip(learned.incidents, learned.left_out, strict=True) if pair[0].incident in incidents]
    if not both:
        return float("inf")
    mine, added = zip(*both, strict=True)
    losses = loss(sets_of(mine, added), Calibration(learned.model.sharpness, learned.model.none_shift))
    weight = np.array([each.weight for each in mine])
    return float(np.average(losses, weights=weight))


def recalibrated(model: Model, incidents: Sequence[Labelled]) -> Model:
    """Return a model as sure as incidents say that it may be; as it is where none teaches anything."""
    useful = _useful(incidents, 1.0)
    if not useful:
        return model
    found = calibrate(sets_of(useful, [corrections(model, each.slate) for each in useful]))
    return replace(model, sharpness=found.sharpness, none_shift=found.none_shift)


def _useful(incidents: Sequence[Labelled], mean: float) -> list[Labelled]:
    """Return the incidents that teach anything, their weights scaled to a mean."""
    found = [each for each in incidents if each.slate.keys and each.weight > 0]
    scale = mean * len(found) / sum(each.weight for each in found) if found else 1.0
    return [replace(each, weight=each.weight * scale) for each in found]


def fit(
    incidents: Sequence[Labelled],
    start: Model,
    *,
    version: str,
    seed: int = 0,
    lessons: Sequence[Labelled] = (),
    progress: Progress | None = None,
) -> Model:
    """Learn one more stage on top of a model.

    Parameters
    ----------
    incidents
        What reviewers said. Those without candidates teach nothing.
    start
        What to start from: `Model("heuristic-3")` has no trees, so that it is the heuristic.
    lessons
        Incidents of elsewhere to learn together with, such as those of the shipped ranker; a reviewed one weighs `SITE`
        times as much.

    Returns
    -------
    Model
        With a stage more, or the same stages when trees do not help on incidents left out; calibrated either way. The
        same incidents and seed give the same document, byte by byte.
    """
    return learn(incidents, start, version=version, seed=seed, lessons=lessons, progress=progress).model
