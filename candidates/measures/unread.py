"""Whether a model still reads a column that the log holds in another form, or not at all: its answers tell.

A log may keep a value that the model could not parse (`"true"` for true): the column looks as ever, and the answers are
those of a model without it. Where a column is gone from all rows nobody knows what the model makes of that: no row
lacked it before. What changed in its answers at that moment is then laid to it, unless another version answers.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from candidates.measures.batches import SchemaDifference
from candidates.measures.clock import to_datetime
from candidates.measures.laboratory import Laboratory
from candidates.measures.novelty import new_versions
from candidates.measures.served_function import FunctionChange
from candidates.measures.surrogate import summed
from schemas.evidence import FloatArray, Onset, Symptom

FEWEST = 50
"""Rows of a side that tell how far the answers follow a column."""
SURE = 4.0
"""Standard errors by which they must follow it less than before."""
ALTOGETHER = 0.8
"""Share of the window's rows that must lack a column for it to be gone."""
HARDLY_READ = 0.003
"""Share of the answers' variation that a column carried at which its absence is believed by half to matter."""


def unread(lab: Laboratory, own: list[int]) -> float:
    """Return how much of the metric's change goes away when the window's answers follow a column as before.

    The answers are regressed on what each column used to contribute, the others being regressed on too: related columns
    may have gone unread with it. f(x) follows each by 1, f(x without the column) follows it by 0. NaN where the column
    contributes the same to every row, or too few are known.

    Parameters
    ----------
    own
        Positions of the column's keys among the surrogate's.
    """
    sides = (lab.base, lab.window)
    others = [c for c in range(len(lab.keys)) if c not in own]
    effects = [[summed(lab.effect, side.index[:, asked]) for asked in (own, *([c] for c in others))] for side in sides]
    left = [lab.deviation(side.output, fit) for side, fit in zip(sides, lab.fit, strict=True)]
    (was, error_before), (now, error_after) = (_slope(*side) for side in zip(effects, left, strict=True))
    if not math.isfinite(was) or not math.isfinite(now) or was <= SURE * error_before:
        return float("nan")
    if was - now < SURE * math.hypot(error_before, error_after):
        return 0.0
    ignored, effect = min(1.0 - now / was, 1.0), effects[1][0]
    constant = (left[1] + effect).mean(axis=0)  # what stands in its place, the others being right on average
    return lab.after - lab.value(lab.window, lab.edited(1, ignored * (effect - constant)))


def vacated(
    lab: Laboratory,
    symptom: Symptom,
    gone: SchemaDifference,
    importance: float,
    function: FunctionChange,
    *,
    others: float = 0.0,
) -> float:
    """Return how much of the metric's change came with a column that is gone; NaN where nobody can say.

    Parameters
    ----------
    gone
        What the batches say of the column.
    importance
        Share of the answers' variation that it carried in the baseline, [0, 1].
    function
        How the answers deviate from what the baseline's function makes of the other columns.
    others
        The importance of the other columns that went, which share it.
    """
    step, since = timedelta(seconds=symptom.bucket_seconds), function.onset
    if gone.mechanism != "dropped" or gone.share < ALTOGETHER or since is None:
        return float("nan")

    def at_once(moment: datetime) -> bool:
        return since.low - step <= moment <= since.high + step

    if not at_once(gone.since) or any(map(at_once, _released(lab))):
        return float("nan")
    return function.undone * importance / (importance + others + HARDLY_READ)


def blurred(lab: Laboratory, symptom: Symptom, moved: Onset | None, function: FunctionChange) -> float:
    """Return how much of the metric's change came with the answers when a vector moved; NaN where nobody can say.

    Of a vector a few projections are known: what else the model reads of it looks like another function. It is laid to
    the vector, as nobody can tell, unless another version answers.
    """
    since, step = function.onset or moved, timedelta(seconds=symptom.bucket_seconds)
    if (
        not function.moved
        or moved is None
        or since is None
        or since.high + step < moved.low
        or moved.high + step < since.low
    ):
        return float("nan")
    if any(since.low - step <= moment <= since.high + step for moment in _released(lab)):
        return float("nan")
    return function.undone


def _released(lab: Laboratory) -> list[datetime]:
    """Return since when each version that is new in the window answers."""
    sides = [side for side in (lab.base, lab.between, lab.window) if side is not None]
    ts, version = (np.concatenate([getattr(side, name) for side in sides]) for name in ("ts", "version"))
    new = set(lab.window.version[new_versions(lab.base, lab.window)].tolist())
    return [to_datetime(ts[version == each].min()) for each in sorted(new)]


def _slope(effects: Sequence[FloatArray], left: FloatArray) -> tuple[float, float]:
    """Return by how much answers follow the first of some effects (N, K), given what a fit with all leaves of them.

    The least-squares slope beside the others', and its standard error.
    """
    centred = np.stack([(effect - effect.mean(axis=0)).ravel() for effect in effects], axis=1)
    if len(left) < FEWEST or float((centred[:, 0] ** 2).sum()) <= 1e-9 * len(left):
        return float("nan"), float("nan")
    inverse = np.linalg.pinv(centred.T @ centred, hermitian=True)
    target = (left - left.mean(axis=0)).ravel()
    slopes = inverse @ (centred.T @ target)
    rest = target - centred @ slopes
    variance = float(rest @ rest) / max(len(rest) - centred.shape[1], 1)
    return 1.0 + float(slopes[0]), math.sqrt(max(variance * float(inverse[0, 0]), 0.0))
