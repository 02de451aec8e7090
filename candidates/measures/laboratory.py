"""What-if questions about one model, asked of its logged rows without having the model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from candidates.measures.relations import label_slopes
from candidates.measures.scores import PREDICTION_METRICS, link, metric_function, unlink
from candidates.measures.shifts import Shift
from candidates.measures.surrogate import Surrogate, feature_index, fit_surrogate
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence, Rows

MAX_COLUMNS = 48
MAX_ROWS = 6_000
NEW_BIN_ROWS = 3
SILENT = 8.0
"""Strength of a shift from which a column is not asked what another should be."""
BURST = 5.0
"""Growth of a lumped bin from which its old rows say nothing of the new ones."""
SUSPECT_RATIO = 1.15
"""Deviation ratio from which it is asked whether one function could explain both sides."""
PLACEBOS = 12
OVERLAP = 0.5
"""Share of the window's rows that must lie in bins seen before, for reweighting to mean anything."""
MIN_EFFECTIVE_ROWS = 100
"""Kish's effective sample size below which a reweighted metric is noise."""


@dataclass(frozen=True, slots=True)
class Side:
    """Rows of one side (baseline or window), ready for what-if questions."""

    index: IntArray
    output: FloatArray
    prediction: FloatArray
    label: FloatArray

    def usable(self, *, needs_label: bool) -> BoolArray:
        """Return which rows a metric may read."""
        return np.isfinite(self.label) if needs_label else np.ones(len(self.prediction), dtype=bool)


def _side(rows: Rows, which: BoolArray, index: IntArray, task: str) -> Side:
    return Side(index[which], link(rows.prediction[which], task), rows.prediction[which], rows.label[which])


def _thin(which: BoolArray, most: int) -> BoolArray:
    """Keep about `most` of the chosen rows, evenly spread (rows are in a hashed order already)."""
    chosen = np.flatnonzero(which)
    if len(chosen) <= most:
        return which
    kept = np.zeros_like(which)
    kept[chosen[np.linspace(0, len(chosen) - 1, most).astype(int)]] = True
    return kept


def _association(index: IntArray, target: FloatArray, start: IntArray) -> FloatArray:
    """Return (C,) the share of the target's variance that lies between the bins of each column."""
    centred = target - target.mean()
    out = np.zeros(index.shape[1])
    for c in range(index.shape[1]):
        size = int(start[c + 1] - start[c])
        own = index[:, c] - start[c]
        count = np.bincount(own, minlength=size)
        total = np.bincount(own, centred, minlength=size)
        out[c] = float((total**2 / np.maximum(count, 1)).sum())
    return out / max(float((centred**2).sum()), 1e-12)


class Laboratory:
    """The surrogate of one model with its baseline and window rows, and the what-if questions on them."""

    def __init__(self, model: ModelEvidence, rows: Rows, shifts: Mapping[str, Shift], metric: str) -> None:
        self.model, self.metric_name = model, metric
        self.task = model.node.task or "regression"
        self.metric = metric_function(metric, self.task, model.node.threshold)
        self.needs_label = metric not in PREDICTION_METRICS
        fine = np.isfinite(rows.prediction)
        before = _thin(fine & ~rows.after, MAX_ROWS)
        after = _thin(fine & rows.after, MAX_ROWS)
        self.keys = self._choose(model, rows, shifts, before)
        sizes = {key: len(model.columns[key].roles) for key in self.keys}
        index, start = feature_index(rows.bins, self.keys, sizes)
        self.base, self.window = (
            _side(rows, before, index, self.task),
            _side(rows, after, index, self.task),
        )
        self.version_after = rows.version[after]
        self.version_before = rows.version[before]
        self.held_out = np.arange(len(self.base.output)) % 4 == 3
        self.surrogate: Surrogate = fit_surrogate(self.base.index, start, self.keys, self.base.output, self.held_out)
        self.fresh = self._fresh()
        self.moved = [c for c, key in enumerate(self.keys) if shifts[key].strength >= SILENT]
        self.unknown = self.fresh[self.window.index]
        self.effect = self._complete_effects()

    @staticmethod
    def _choose(model: ModelEvidence, rows: Rows, shifts: Mapping[str, Shift], before: BoolArray) -> list[str]:
        """Return the keys the surrogate reads: all, or the most telling and the moved ones of many."""
        segments = set(model.node.segments) - set(model.node.features or ())
        keys = sorted(k for k in rows.bins if k in model.columns and model.columns[k].column not in segments)
        if len(keys) <= MAX_COLUMNS:
            return keys
        sizes = {key: len(model.columns[key].roles) for key in keys}
        index, start = feature_index({k: rows.bins[k][before] for k in keys}, keys, sizes)
        telling = _association(index, link(rows.prediction[before], model.node.task or "regression"), start)
        moved = np.array([min(shifts[k].strength, 50.0) / 50.0 for k in keys])
        best = np.argsort(-(telling + 0.1 * moved), kind="stable")[:MAX_COLUMNS]
        return [keys[i] for i in sorted(best)]

    def _importance(self, c: int) -> float:
        return float(self.surrogate.importance[c])

    def _fresh(self) -> BoolArray:
        """Return (F,) which bins hold values that the baseline says nothing about.

        Those it (almost) never saw; and bins that lump values together (unseen, out of range, null) when they
        hold many times the rows they used to: what is in them now is something else.
        """
        s = self.surrogate
        before = np.bincount(self.base.index.ravel(), minlength=len(s.seen)) / max(len(self.base.index), 1)
        after = np.bincount(self.window.index.ravel(), minlength=len(s.seen)) / max(len(self.window.index), 1)
        lumped = np.array(
            [role not in {"range", "category"} for c in s.columns for role in self.model.columns[c].roles]
        )
        return np.asarray((s.seen < NEW_BIN_ROWS) | (lumped & (after > BURST * before) & (after > 0.01)))

    def _complete_effects(self) -> FloatArray:
        """Return (F,) effects with those of unseen bins estimated from the window's residuals.

        The prior of an unseen bin's effect is as wide as its column matters in the baseline, so of two
        columns broken at once the one that matters takes the blame; values beyond the range start
        from the outermost bin's effect, as in a tree.
        """
        s, effect = self.surrogate, self.surrogate.effect.copy()
        for c, key in enumerate(s.columns):
            roles = self.model.columns[key].roles
            ranges = [i for i, role in enumerate(roles) if role == "range"]
            first = int(s.start[c])
            for i, role in enumerate(roles):
                if role in {"above", "plus_inf", "below", "minus_inf"} and ranges and self.fresh[first + i]:
                    effect[first + i] = effect[first + (ranges[-1] if role in {"above", "plus_inf"} else ranges[0])]
        new = np.unique(self.window.index[self.unknown])
        if not len(new) or len(new) > 2_000:
            return effect
        slot = np.full(len(effect), -1)
        slot[new] = np.arange(len(new))
        owner = np.searchsorted(s.start, new, side="right") - 1
        spread = float(np.sqrt((s.importance**2).sum())) + 1e-9
        prior = 4 * s.importance[owner] ** 2 + (0.01 * spread) ** 2
        design = np.zeros((len(self.window.output), len(new) + 1))
        position = slot[self.window.index]
        row, column = np.nonzero(position >= 0)
        design[row, position[row, column]] = 1.0
        design[:, -1] = 1.0
        switched = len(set(self.version_after) - set(self.version_before)) > 0
        prior = np.append(prior, ((0.5 if switched else 0.1) * spread) ** 2)
        residual = self.window.output - s.intercept - effect[self.window.index].sum(axis=1)
        noise = max(s.residual_sd, 1e-6) ** 2
        found = np.linalg.solve(design.T @ design / noise + np.diag(1 / prior), design.T @ residual / noise)
        effect[new] += found[:-1]
        return effect

    def block(self, keys: tuple[str, ...]) -> list[int]:
        """Return the positions of a column's keys among the surrogate's."""
        return [self.keys.index(key) for key in keys if key in self.keys]

    def value(
        self,
        side: Side,
        output: FloatArray | None = None,
        keep: BoolArray | None = None,
        weight: FloatArray | None = None,
    ) -> float:
        """Return the metric of one side, with its outputs replaced, rows left out or reweighted."""
        prediction = side.prediction if output is None else self._predict(output)
        usable = side.usable(needs_label=self.needs_label) & (True if keep is None else keep)
        if usable.sum() < 20:
            return float("nan")
        w = np.ones(len(prediction)) if weight is None else weight
        return self.metric(prediction[usable], side.label[usable], w[usable])

    def change(self) -> float:
        """Return the change of the metric that shares are taken of; NaN when it cannot be computed.

        A share of a change that may be none means little: a change within twice its sampling error
        counts as that large. The error is that of the metric's values over disjoint folds of each side.
        """
        sides = (self.base, self.window)
        before, after = (self.value(side) for side in sides)
        error = math.hypot(*(self._fold_error(side) for side in sides))
        return math.copysign(max(abs(after - before), 2 * error, 1e-12), after - before)

    def _fold_error(self, side: Side) -> float:
        rows = int(side.usable(needs_label=self.needs_label).sum())
        folds = int(np.clip(rows // 60, 4, 12))
        fold = np.arange(len(side.output)) % folds
        values = np.array([self.value(side, keep=fold == k) for k in range(folds)])
        values = values[np.isfinite(values)]
        return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0

    def _predict(self, output: FloatArray) -> FloatArray:
        return unlink(output, self.task)

    # What-if questions. `own` are the positions of one column's keys.

    def expected(self, own: list[int]) -> tuple[FloatArray, FloatArray]:
        """Return what the other columns predict a column's effect to be, for baseline and window rows.

        Only columns that kept their distribution are asked: one that broke would make the others look wrong.
        """
        s = self.surrogate
        silent = sorted({*own, *self.moved}) if len({*own, *self.moved}) < len(s.columns) else own
        target = np.zeros(len(s.effect))
        for c in own:
            target[s.start[c] : s.start[c + 1]] = s.effect[s.start[c] : s.start[c + 1]]
        weights = s.from_others(np.concatenate([np.arange(s.start[c], s.start[c + 1]) for c in silent]), target)
        centre = float(s.mean @ weights)
        return (weights[self.base.index].sum(axis=1) - centre, weights[self.window.index].sum(axis=1) - centre)

    def effects(self, own: list[int]) -> tuple[FloatArray, FloatArray]:
        """Return a column's effect on each row's output, for baseline and window rows."""
        return (
            self.effect[self.base.index[:, own]].sum(axis=1),
            self.effect[self.window.index[:, own]].sum(axis=1),
        )

    def repair(self, own: list[int]) -> float:
        """Return how much of the metric's change goes away when the column's effect is put back."""
        expected, effects = self.expected(own), self.effects(own)
        moved = [
            self.value(side, side.output + expected[i] - effects[i]) - self.value(side)
            for i, side in enumerate((self.base, self.window))
        ]
        return moved[0] - moved[1]

    def redo(self, own: list[int], shift: Shift, *, shuffled: float, rng: np.random.Generator) -> float:
        """Return what the metric's change would be if the column's fault befell the baseline.

        Rows leave bins that shrank for bins that grew, whatever their other columns say (a fault
        does not ask them); of `shuffled` of the rows the value is another row's.
        """
        before, after = self.effects(own)
        if not len(after) or not len(before):
            return float("nan")
        vector = len(own) > 1
        new = rng.choice(after, size=len(before)) if vector else self._moved_effects(own[0], before, shift, rng)
        if shuffled > 0:
            mixed = rng.random(len(new)) < shuffled
            new = np.where(mixed, rng.permutation(new), new)
        return self.value(self.base, self.base.output + new - before) - self.value(self.base)

    def _moved_effects(self, c: int, before: FloatArray, shift: Shift, rng: np.random.Generator) -> FloatArray:
        first = int(self.surrogate.start[c])
        own = self.base.index[:, c] - first
        lost = np.divide(
            shift.before - shift.after, shift.before, out=np.zeros_like(shift.before), where=shift.before > shift.after
        )
        gained = np.maximum(shift.after - shift.before, 0)
        if gained.sum() <= 0:
            return before.copy()
        leaves = rng.random(len(own)) < lost[own]
        target = rng.choice(len(gained), size=len(own), p=gained / gained.sum())
        return np.where(leaves, self.effect[first + target], before)

    def mix(self, own: list[int], shift: Shift) -> float:
        """Return what the metric's change would be if the baseline had the column's new distribution."""
        if len(own) != 1:
            return float("nan")
        c = own[0]
        ratio = np.divide(shift.after, shift.before, out=np.zeros_like(shift.after), where=shift.before > 0)
        weight = np.minimum(ratio, 20.0)[self.base.index[:, c] - int(self.surrogate.start[c])]
        effective = weight.sum() ** 2 / max(float((weight**2).sum()), 1e-12)
        if shift.after[shift.before > 0].sum() < OVERLAP or effective < MIN_EFFECTIVE_ROWS:
            return float("nan")
        return self.value(self.base, weight=weight) - self.value(self.base)

    def drop(self, own: list[int]) -> float:
        """Return how much of the metric's change goes away without the rows never seen before."""
        fresh = np.asarray(self.unknown[:, own].any(axis=1), dtype=bool)
        if fresh.mean() < 0.01 or fresh.mean() > 0.9:
            return float("nan")
        whole, rng = self.value(self.window), np.random.default_rng(0)
        gone = whole - self.value(self.window, keep=~fresh)
        # leaving out as many rows at random moves the metric too: only what exceeds that counts
        chance = [whole - self.value(self.window, keep=~rng.permutation(fresh)) for _ in range(PLACEBOS)]
        return math.copysign(max(0.0, abs(gone) - 2 * float(np.sqrt(np.mean(np.square(chance))))), gone)

    @property
    def familiar(self) -> BoolArray:
        """Return which window rows hold only values seen in the baseline."""
        return np.asarray(~self.unknown.any(axis=1))

    def function(self) -> tuple[float, float, float, float]:
        """Return what of the metric's change goes away with the old function, and how far it moved.

        Returns
        -------
        change, ratio, energy, shift
            `change` in the metric's unit; `ratio` of the mean squared deviations from the baseline's
            function, window over held-out baseline; `energy` their difference, link scale; `shift` of the
            mean deviation, in its standard deviations, in the tenth of the predictions where it is largest.
        """
        s, window, base = self.surrogate, self.window, self.base
        usual = s.residual_sd**2
        fit_window = s.intercept + self.effect[window.index].sum(axis=1)
        enough = float(self.familiar.mean()) >= 0.05
        keep = self.familiar | (not enough)
        energy = float(np.mean((window.output[keep] - fit_window[keep]) ** 2)) if keep.any() else usual
        undone = self.value(window, keep=keep) - self.value(window, fit_window, keep=keep)
        fit_base = s.predict(base.index)
        usual_loss = self.value(base, keep=self.held_out) - self.value(base, fit_base, keep=self.held_out)
        bent = self._bend(fit_base, fit_window, keep)
        ratio = energy / max(usual, 1e-9)
        if ratio > SUSPECT_RATIO or bent > 0:
            one, bent_one = self._one_function(keep)
            ratio, bent = min(ratio, one), min(bent, bent_one)
        return undone - usual_loss, ratio, max(0.0, ratio - 1) * usual, bent

    def _one_function(self, keep: BoolArray) -> tuple[float, float]:
        """Return the deviation ratio and the bend if one function were to explain both sides.

        The baseline alone cannot tell apart columns that always moved together; rows that break them
        apart look like a new function then. If one function fits both sides, it did not change. A
        real change of size d leaves d/2 on each side, hence the factors 2 of it and 4 of its square.
        """
        s, n = self.surrogate, len(self.base.output)
        index = np.concatenate([self.base.index, self.window.index])
        output = np.concatenate([self.base.output, self.window.output])
        held = np.concatenate([self.held_out, np.arange(len(self.window.output)) % 4 == 3])
        if held[n:].sum() < 20:
            return float("inf"), float("inf")
        both = fit_surrogate(index, s.start, s.columns, output, held)
        fit = both.predict(index)
        left = output - fit
        mse = float(np.mean(left[n:][held[n:]] ** 2))
        bent = 2 * self._bend(fit[:n], fit[n:], keep)
        return 1 + 4 * max(0.0, mse / max(s.residual_sd**2, 1e-9) - 1), bent

    def _bend(self, fit_base: FloatArray, fit_window: FloatArray, keep: BoolArray) -> float:
        held = self.held_out
        edges = np.quantile(fit_base[held], np.linspace(0.1, 0.9, 9)) if held.any() else np.zeros(0)
        sums = []
        for side, fit, rows in ((self.base, fit_base, held), (self.window, fit_window, keep)):
            tenth = np.searchsorted(edges, fit[rows])
            count = np.bincount(tenth, minlength=10)
            total = np.bincount(tenth, side.output[rows] - fit[rows], minlength=10)
            sums.append((count, total / np.maximum(count, 1)))
        (n_base, mean_base), (n_window, mean_window) = sums
        enough = (n_base >= 20) & (n_window >= 20)
        sd = max(self.surrogate.residual_sd, 1e-9)
        shift = np.abs(mean_window - mean_base)[enough] / sd
        error = np.sqrt(1 / np.maximum(n_base, 1) + 1 / np.maximum(n_window, 1))[enough]
        sure = shift > 5 * error
        return float(shift[sure].max()) if sure.any() else 0.0

    def label_slopes(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the label's slopes on each column's effect, baseline and window, with standard errors."""
        out: list[FloatArray] = []
        for side in (self.base, self.window):
            known = np.isfinite(side.label)
            out.extend(label_slopes(self.effect[side.index[known]], side.label[known]))
        return out[0], out[1], out[2], out[3]
