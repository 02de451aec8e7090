"""Whether the outcomes went with a column's new values: then these are true, else they are not.

Among the rows that a column gained, those beyond the shares that its values used to have, true values bring the
outcomes that such values had before. Values that were made up (a default, a lost sign, another unit) leave the
outcomes where the rows belong: at the average of all. How far the outcomes went, from there (0) to what the values
say (1), is the slope of a regression over the gained rows; what a value says is its effect in an additive stand-in
for the outcome, fitted to the baseline, and a number beyond the range seen before says at least what the outermost
ones do.

References
----------
Lipton, Wang and Smola, "Detecting and correcting for label shift with black box predictors", ICML 2018 (the outcomes
as a witness of the inputs' shift).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from candidates.measures.distances import shares
from candidates.measures.outcome import FEWEST, MAX_COLUMNS, THIRDS, labelled, truth_of
from candidates.measures.surrogate import Surrogate, feature_index, fit_surrogate
from schemas.evidence import BoolArray, ColumnProfile, Evidence, FloatArray, IntArray, ModelEvidence, Rows

TRUE, FALSE = 0.6, 0.4
"""How far the outcomes must have gone for values to be true, and at most for them to be none."""
SURE, CLEAR = 3.0, 4.0
"""Standard errors that must lie between how far the outcomes went and the other answer, and that they went at all."""
MOST = 0.5
"""Part of the gained rows of which the baseline must be able to say anything."""
FAR, OVERSHOT = 3.0, 1.5
"""How far outcomes go at most that follow the new values, and nothing else; the same where these are values known
from before, so that nothing hides what they say (a mile is worth more than the kilometre that is written alike)."""
MOST_BEYOND = 0.5
"""Share of the rows beyond the range seen before from which there is too little to hold them against."""
OUTERMOST = 30
"""Rows that the outermost values must have had to say what those beyond them do."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the outcomes went with a column's new values: 0 not at all, 1 all the way; and its standard error.

    `beyond`: whether most of the gained rows lie beyond the range seen before.
    """

    share: float
    error: float
    beyond: bool = False

    @property
    def true(self) -> bool:
        """Return whether the outcomes bear the new values out."""
        overshot = not self.beyond and self.share - SURE * self.error > OVERSHOT
        return max(TRUE, CLEAR * self.error) < self.share < FAR and not overshot

    @property
    def false(self) -> bool:
        """Return whether the outcomes stayed where they would be without the new values."""
        return self.share < FALSE and self.share + SURE * self.error < (TRUE + 1) / 2


@dataclass(frozen=True, slots=True)
class _Side:
    """Labelled rows: `index` (N, C), and `residual` (N, K), what the stand-in leaves of their outcomes."""

    index: IntArray
    residual: FloatArray


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the inputs said of the outcomes in the baseline, learned from these or from the model's answers.

    `moved` (K,) is how far it says that the outcomes' mean went since.
    """

    keys: tuple[str, ...]
    fit: Surrogate
    effect: FloatArray
    base: _Side
    window: _Side
    moved: FloatArray
    error: float
    learned: bool


def followed(evidence: Evidence, node: str, key: str) -> Followed | None:
    """Return how far the outcomes went with the new values of a model's column.

    None where nobody can say: few labels, a column that gained no known values or never told the outcome.

    Parameters
    ----------
    key
        Of the column's profile.
    """
    profile = evidence.models[node].columns[key]
    found = [_followed(profile, one, key) for one in told_outcomes(evidence, node) if key in one.keys]
    return min((f for f in found if f is not None), key=lambda f: f.error, default=None)


def told_outcomes(evidence: Evidence, node: str) -> tuple[StandIn, ...]:
    """Return what the inputs of a model say of its outcome, learned in two ways; computed once."""
    return evidence.once(("told_outcomes", node), lambda: _stand_ins(evidence.models[node]))


def _stand_ins(model: ModelEvidence) -> tuple[StandIn, ...]:
    """Return what the inputs say of the outcome: learned from the outcomes, and from the answers (which scatter less).

    A class is no number, so of several classes only from the outcomes.
    """
    if model.rows is None:
        return ()
    rows = model.rows
    keys = _inputs(model, rows)
    chosen = labelled(rows)
    after = rows.after[chosen]
    if not 0 < len(keys) <= MAX_COLUMNS or min(after.sum(), (~after).sum()) < FEWEST:
        return ()
    task = model.node.task or "regression"
    truth = truth_of(rows.label[chosen], task)
    targets = [truth] if task == "multiclass" else [truth, rows.prediction[chosen][:, None]]
    return tuple(_stand_in(keys, _index(model, keys, chosen), target, truth, after) for target in targets)


def _inputs(model: ModelEvidence, rows: Rows) -> tuple[str, ...]:
    unread = set(model.node.segments) - set(model.node.features or ())
    return tuple(k for k in sorted(rows.bins) if k in model.columns and model.columns[k].column not in unread)


def _index(model: ModelEvidence, keys: tuple[str, ...], chosen: IntArray) -> tuple[IntArray, IntArray]:
    bins: Mapping[str, IntArray] = {key: model.rows.bins[key][chosen] for key in keys} if model.rows else {}
    return feature_index(bins, keys, {key: len(model.columns[key].roles) for key in keys})


def _stand_in(
    keys: tuple[str, ...], block: tuple[IntArray, IntArray], target: FloatArray, truth: FloatArray, after: BoolArray
) -> StandIn:
    index, start = block
    held_out = np.arange(int((~after).sum())) % THIRDS == 0
    fit = fit_surrogate(index[~after], start, keys, target[~after], held_out)
    said, learned, scale = fit.predict(index), target is truth, 1.0
    if not learned:  # answers are put on the outcomes' scale
        scale = float(np.polyfit(said[~after, 0], truth[~after, 0], 1)[0]) if np.ptp(said[~after]) > 0 else 0.0
    residual = truth - scale * said
    residual = residual - residual[~after].mean(axis=0)
    base, window = (_Side(index[side], residual[side]) for side in (~after, after))
    error = float(np.sqrt(base.residual[held_out].var(axis=0).sum()))
    moved = scale * (said[after].mean(axis=0) - said[~after].mean(axis=0))
    return StandIn(keys, fit, scale * fit.effect, base, window, moved, error, learned)


def _followed(profile: ColumnProfile, told: StandIn, key: str) -> Followed | None:
    place = told.keys.index(key)
    start, end = (int(x) for x in told.fit.start[place : place + 2])
    base, own = (side.index[:, place] - start for side in (told.base, told.window))
    effect, residual, seen = told.effect[start:end], told.window.residual, told.fit.seen[start:end]
    right, slack = rightness(told, base, effect)
    if right <= 0 or slack > 1.0 / CLEAR:
        return None
    residual, effect = residual + (1.0 - right) * effect[own], right * effect
    said, gained = _said(profile, effect, seen)
    effect, residual = said, residual - (said - effect)[own]
    found = _slope(own, residual, effect, gained, told.error)
    if found is None:
        return None
    if told.learned:  # effects learned from few rows scatter as well
        part = gained[:, None] * effect
        rows = np.bincount(own, minlength=len(gained)).astype(float)
        scatter = float(((rows * gained) ** 2 * (part**2).sum(axis=1) / np.maximum(seen, 1.0)).sum())
        slack += told.error * math.sqrt(scatter) / float((rows[:, None] * part**2).sum())
    new = gained * shares(profile.after)
    beyond = bool(2 * new[np.isin(profile.roles, ("below", "above"))].sum() > new.sum())
    return Followed(found.share, math.hypot(found.error, slack), beyond)


def rightness(told: StandIn, base: IntArray, effect: FloatArray) -> tuple[float, float]:
    """Return by which factor a column's effect is right in the baseline, and that factor's relative error.

    What the answers make of a column, or the fit of chance, need not be what the outcomes make of it.
    """
    judged = np.arange(len(base)) % THIRDS == 0 if told.learned else np.ones(len(base), dtype=bool)
    square = float((effect[base[judged]] ** 2).sum())
    if square <= 0:
        return 0.0, math.inf
    right = 1.0 + float((told.base.residual[judged] * effect[base[judged]]).sum()) / square
    return right, told.error / max(abs(right) * math.sqrt(square), 1e-12)


def _said(profile: ColumnProfile, effect: FloatArray, seen: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what each bin says of the outcome (B, K), and which part of its rows is new (B,), 0 where unknown."""
    roles = np.array(profile.roles)
    before, after = shares(profile.before), shares(profile.after)
    gained = np.clip(1.0 - np.divide(before, after, out=np.ones_like(after), where=after > 0), 0.0, 1.0)
    effect, known = effect.copy(), seen >= OUTERMOST
    inside = np.flatnonzero((roles == "range") & known)
    for role, end in (("below", 0), ("above", -1)):
        beyond = roles == role
        if len(inside) and beyond.any():
            effect[beyond], known[beyond] = effect[inside[end]], after[beyond].sum() < MOST_BEYOND
    known &= np.isin(roles, ("range", "category", "below", "above", "other"))
    told = np.where(known, gained, 0.0)
    return effect, told if after @ told >= MOST * (after @ gained) else np.zeros_like(told)


def _slope(
    own: IntArray, residual: FloatArray, effect: FloatArray, gained: FloatArray, scatter: float
) -> Followed | None:
    """Return how far the outcomes went in the gained rows; what clearly moved them in all others is taken off."""
    said = (gained[:, None] * effect)[own]
    square = float((said**2).sum())
    if square <= 0:
        return None
    others = residual[gained[own] == 0]
    error, usual = scatter / math.sqrt(square), np.zeros(residual.shape[1])
    if len(others) >= FEWEST and float((others.mean(axis=0) ** 2).sum()) > (SURE * scatter) ** 2 / len(others):
        usual = others.mean(axis=0)
        error = math.hypot(error, scatter * float(np.linalg.norm(said.sum(axis=0))) / math.sqrt(len(others)) / square)
    # of true values nothing is left over; of made-up ones the effect that the stand-in added is missing
    return Followed(1.0 + float(((residual - usual) * said).sum()) / square, error)
