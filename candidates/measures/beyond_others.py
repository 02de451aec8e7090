"""What a column tells of the outcome beyond all others, before and since.

A column so telling that production keeps most of its relation still tells less than it did in the training rows. The
sign: with all columns the outcome is foreseen worse than before; with all but this one, just as well. A change of the
outcome itself would be seen without the column as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import FEWEST, Outcomes, expect
from schemas.evidence import BoolArray, FloatArray, ModelEvidence, Rows

CLEAR = 4.0


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a column no longer tells beyond the others.

    Parameters
    ----------
    lost
        Share of the rise of the unforeseen part of the outcome that is not seen without the column, [0, 1].
    noise
        That part of the rise, as a share of the outcome's variance in the baseline.
    z
        How surely the column tells less beyond the others than it did, in standard errors.
    """

    lost: float
    noise: float
    z: float


def beyond_others(model: ModelEvidence, rows: Rows, keys: Sequence[str]) -> dict[str, Beyond]:
    """Return key -> what it no longer tells beyond all other columns; keys that tell as much as ever are left out."""
    sizes = {key: len(model.columns[key].roles) for key in rows.bins if key in model.columns}
    task, every = model.node.task or "regression", sorted(sizes)
    whole = expect(rows, task, sizes, every, answer=False)
    if whole is None or not keys or min(side.sum() for side in _sides(whole)) < FEWEST:
        return {}
    variance = float(whole.truth[~whole.after].var(axis=0).sum())
    rise, error = _rise(_sizes(whole), *_sides(whole))
    noise = _rise(_sizes(whole) ** 2, *_sides(whole))[0] / max(variance, 1e-12)
    if rise <= CLEAR * error or noise <= 0:
        return {}
    found = {}
    for key in keys:
        rest = expect(rows, task, sizes, [k for k in every if k != key], answer=False)
        beyond = None if rest is None else _beyond(whole, rest, rise, noise)
        if beyond is not None:
            found[key] = beyond
    return found


def _beyond(whole: Outcomes, rest: Outcomes, rise: float, noise: float) -> Beyond | None:
    sides = _sides(whole)
    less, error = _rise(_sizes(whole) - _sizes(rest), *sides)
    without, _ = _rise(_sizes(rest), *sides)
    z = less / max(error, 1e-12)
    lost = float(np.clip(1 - max(without, 0.0) / rise, 0, 1))
    return Beyond(lost, noise * lost, z) if z > CLEAR and lost > 0 else None


def _sizes(found: Outcomes) -> FloatArray:
    """Return (N,) how far each outcome lies from what is expected: squares would leave the verdict to a few rows."""
    return np.asarray(np.sqrt((found.residual**2).sum(axis=1)))


def _sides(found: Outcomes) -> tuple[BoolArray, BoolArray]:
    return found.held_out, np.asarray(found.after & found.known)


def _rise(value: FloatArray, base: BoolArray, window: BoolArray) -> tuple[float, float]:
    """Return how much larger the mean of values (N,) is in the window than in the baseline, and its standard error."""
    old, new = value[base], value[window]
    error = np.hypot(old.std() / np.sqrt(len(old)), new.std() / np.sqrt(len(new)))
    return float(new.mean() - old.mean()), float(error)
