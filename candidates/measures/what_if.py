"""What-if questions about one column: were it as usual, and had its fault befallen the baseline.

The four undo and redo tests of `diagnosis`; each returns a change of the metric, in its unit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candidates.measures.laboratory import Laboratory
from candidates.measures.shifts import Shift
from candidates.measures.surrogate import summed
from schemas.evidence import BoolArray, FloatArray

PLACEBOS = 12
OVERLAP = 0.5
"""Share of the window's rows that must lie in bins seen before, for reweighting to mean anything."""
MIN_EFFECTIVE_ROWS = 100
"""Kish's effective sample size below which a reweighted metric is noise."""
MAX_WEIGHT = 50.0
FEWEST_NEW, MOST_NEW = 0.01, 0.9
"""Shares of never-seen rows between which leaving them out is a test."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column's part in the outputs of baseline and window rows.

    Parameters
    ----------
    own
        Positions of its keys among the surrogate's.
    effect
        (N, K) of each side: what it contributes.
    expected
        (N, K) of each side: what the other columns predict it to contribute.
    """

    own: list[int]
    effect: tuple[FloatArray, FloatArray]
    expected: tuple[FloatArray, FloatArray]


def column_of(lab: Laboratory, own: list[int], without: Sequence[int] = ()) -> Column:
    """Return the part of the column with some positions among the surrogate's; columns `without` are not asked."""
    base, window = (summed(lab.effect, side.index[:, own]) for side in (lab.base, lab.window))
    return Column(own, (base, window), _expected(lab, own, without))


def _expected(lab: Laboratory, own: list[int], without: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Return what the other columns predict a column's effect to be, for baseline and window rows.

    Only columns that kept their distribution are asked: one that broke would make the others look wrong.
    """
    s = lab.surrogate
    mute = {*own, *lab.moved, *without}
    some_left = len(mute) < len(s.columns)
    silent = sorted(mute - set(lab.moved)) if some_left else own
    target = np.zeros(s.effect.shape)
    for c in own:
        target[s.start[c] : s.start[c + 1]] = s.effect[s.start[c] : s.start[c + 1]]
    weights = s.from_others(s.features_of(silent), target, lab.witnesses if some_left else None)
    centre = s.mean @ weights
    return summed(weights, lab.base.index) - centre, summed(weights, lab.window.index) - centre


def reacted(lab: Laboratory, column: Column) -> float:
    """Return how far the window's answers follow the column as logged rather than as the others tell it, [0, 1].

    A model that does not read the column (or reads what another column says as well) answers as if nothing had
    happened to it. With d the difference of the two, and r0, r1 the mean squared deviations of the answers from
    the stand-in with the column as told and as logged, (r0 - r1) / mean d^2 is 1 in the one case, -1 in the other.
    """
    effect, expected = column.effect[1], column.expected[1]
    off = lab.deviation(lab.window.output, lab.fit[1])
    other = lab.deviation(lab.window.output, lab.fit[1] - effect + expected)
    apart = float(((effect - expected) ** 2).mean())
    if apart <= 1e-12:
        return 1.0
    return float(np.clip(2 * ((other**2).mean() - (off**2).mean()) / apart, 0.0, 1.0))


def repair(lab: Laboratory, column: Column) -> float:
    """Return how much of the metric's change goes away when the column's effect is put back."""
    base, window = (
        lab.value(side, lab.edited(i, column.expected[i] - column.effect[i]))
        for i, side in enumerate((lab.base, lab.window))
    )
    return (base - lab.before) - (window - lab.after)


def redo(
    lab: Laboratory, column: Column, shift: Shift, *, shuffled: float, kept: bool = False, rng: np.random.Generator
) -> float:
    """Return what the metric's change would be if the column's fault befell the baseline.

    Rows leave bins that shrank for bins that grew, whatever their other columns say (a fault does not ask them);
    where the column's effect is known to have `kept` its relation to the others, the rows keep their order by it.
    Of `shuffled` of the rows the value is another row's.
    """
    before, after = column.effect
    if not len(after) or not len(before):
        return float("nan")
    vector = len(column.own) > 1
    new = after[rng.choice(len(after), size=len(before))] if vector else _moved_effects(lab, column, shift, rng)
    if kept and before.shape[1] == 1:
        new = _in_order_of(before, new)
    if shuffled > 0:
        mixed = rng.random(len(new)) < shuffled
        new = np.where(mixed[:, None], new[rng.permutation(len(new))], new)
    return lab.value(lab.base, lab.edited(0, new - before)) - lab.before


def _moved_effects(lab: Laboratory, column: Column, shift: Shift, rng: np.random.Generator) -> FloatArray:
    c, before = column.own[0], column.effect[0]
    first = int(lab.surrogate.start[c])
    own = lab.base.index[:, c] - first
    lost = np.divide(
        shift.before - shift.after, shift.before, out=np.zeros_like(shift.before), where=shift.before > shift.after
    )
    gained = np.maximum(shift.after - shift.before, 0)
    if gained.sum() <= 0:
        return before.copy()
    leaves = rng.random(len(own)) < lost[own]
    target = rng.choice(len(gained), size=len(own), p=gained / gained.sum())
    return np.where(leaves[:, None], lab.effect[first + target], before)


def _in_order_of(before: FloatArray, new: FloatArray) -> FloatArray:
    """Return effects (N, 1) dealt out anew: the least to the row that had the least (monotone transport)."""
    dealt = np.empty_like(new)
    dealt[np.argsort(before[:, 0], kind="stable"), 0] = np.sort(new[:, 0])
    return dealt


def mix(lab: Laboratory, column: Column, shift: Shift) -> float:
    """Return what the metric's change would be if the baseline had the column's new distribution."""
    if len(column.own) != 1:
        return float("nan")
    c = column.own[0]
    ratio = np.divide(shift.after, shift.before, out=np.zeros_like(shift.after), where=shift.before > 0)
    weight = np.minimum(ratio, MAX_WEIGHT)[lab.base.index[:, c] - int(lab.surrogate.start[c])]
    effective = weight.sum() ** 2 / max(float((weight**2).sum()), 1e-12)
    if shift.after[shift.before > 0].sum() < OVERLAP or effective < MIN_EFFECTIVE_ROWS:
        return float("nan")
    return lab.value(lab.base, weight=weight) - lab.before


def drop(lab: Laboratory, column: Column) -> float:
    """Return how much of the metric's change goes away without the rows never seen before."""
    fresh = np.asarray(lab.unknown[:, column.own].any(axis=1), dtype=bool)
    if fresh.mean() < FEWEST_NEW or fresh.mean() > MOST_NEW:
        return float("nan")
    return beyond_chance(lab, fresh)


def beyond_chance(lab: Laboratory, out: BoolArray) -> float:
    """Return how much of the metric's change goes away without some of the window's rows (N,), beyond chance."""
    rng = np.random.default_rng(0)
    gone = lab.after - lab.value(lab.window, keep=~out)
    # leaving out as many rows at random moves the metric too: only what exceeds that counts
    chance = [lab.after - lab.value(lab.window, keep=~rng.permutation(out)) for _ in range(PLACEBOS)]
    return math.copysign(max(0.0, abs(gone) - 2 * float(np.sqrt(np.mean(np.square(chance))))), gone)
