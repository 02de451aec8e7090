"""What a column tells of the outcome beyond all others, before and since.

A column so telling that production keeps most of its relation still tells less than it did in the training rows. The
sign: with all columns the outcome is foreseen worse than before; with all but this one, just as well. A change of the
outcome itself would be seen without the column as well.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import FEWEST, THIRDS, Outcomes, expect
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


def beyond_others(
    model: ModelEvidence, rows: Rows, keys: Sequence[str], broken: Collection[str] = ()
) -> dict[str, Beyond]:
    """Return key -> what it no longer tells beyond all other columns; keys that tell as much as ever are left out.

    Parameters
    ----------
    broken
        Keys of columns whose values are plainly wrong: the outcome is foreseen worse for them, whatever others tell.
    """
    sizes = {key: len(model.columns[key].roles) for key in rows.bins if key in model.columns and key not in broken}
    keys = [key for key in keys if key in sizes]
    task, every = model.node.task or "regression", sorted(sizes)
    whole = _asked(rows, task, sizes, every) if keys else ()
    if not whole:
        return {}
    sides = [(each.held_out, np.logical_and.reduce([o.after & o.known for o in whole])) for each in whole]
    old, new = _unforeseen(whole, sides)
    if min(len(old), len(new)) < FEWEST:
        return {}
    variance = float(whole[0].truth[~whole[0].after].var(axis=0).sum())
    rise, error = _rise(old, new)
    noise = _rise(old**2, new**2)[0] / max(variance, 1e-12)
    if rise <= CLEAR * error or noise <= 0:
        return {}
    found = {}
    for key in keys:
        rest = _asked(rows, task, sizes, [k for k in every if k != key])
        if not rest:
            continue
        old_rest, new_rest = _unforeseen(rest, sides)
        less, error = _rise(old - old_rest, new - new_rest)
        lost = float(np.clip(1 - max(_rise(old_rest, new_rest)[0], 0.0) / rise, 0, 1))
        if less > CLEAR * error and lost > 0:
            found[key] = Beyond(lost, noise * lost, less / max(error, 1e-12))
    return found


def _asked(rows: Rows, task: str, sizes: Mapping[str, int], keys: Sequence[str]) -> tuple[Outcomes, ...]:
    """Return the outcomes and what is expected, once for each part of the baseline that is left out; () if unknown."""
    found = [expect(rows, task, sizes, keys, answer=False, turn=turn) for turn in range(THIRDS)]
    return tuple(each for each in found if each is not None)


def _unforeseen(
    found: Sequence[Outcomes], sides: Sequence[tuple[BoolArray, BoolArray]]
) -> tuple[FloatArray, FloatArray]:
    """Return how far outcomes lie from what is expected, (M,) before and (N,) since.

    Squares would leave the verdict to a few rows.
    """
    apart = [np.sqrt((each.residual**2).sum(axis=1)) for each in found]
    old = np.concatenate([each[base] for each, (base, _) in zip(apart, sides, strict=True)])
    return old, np.mean([each[window] for each, (_, window) in zip(apart, sides, strict=True)], axis=0)


def _rise(old: FloatArray, new: FloatArray) -> tuple[float, float]:
    """Return how much larger the mean of values is since (N,) than before (M,), and its standard error."""
    error = np.hypot(old.std() / np.sqrt(len(old)), new.std() / np.sqrt(len(new)))
    return float(new.mean() - old.mean()), float(error)
