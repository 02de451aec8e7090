"""One model without the model: its stand-in, its rows of both sides, and its metric over changed outputs.

The questions are asked elsewhere: about columns in `what_if`, about the served function in `served_function`,
about the labels in `label_relation`.
"""

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from candidates.measures.answers import answers_of
from candidates.measures.calendar import calendar_weights
from candidates.measures.links import deviation, edited, link, unlink
from candidates.measures.novelty import complete_effects, fresh_bins, new_versions
from candidates.measures.scores import PREDICTION_METRICS
from candidates.measures.shifts import Shift
from candidates.measures.sides import MAX_COLUMNS, MAX_ROWS, Side, choose_columns, most_rows, thin
from candidates.measures.surrogate import Surrogate, feature_index, fit_surrogate, summed
from candidates.measures.vote_surrogate import fit_votes
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence, Rows

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "Laboratory"]

SILENT = 8.0
"""Strength of a shift from which a column is not asked what another should be."""
HARDLY = 0.3
"""Share of the stand-in's squared error from which a column's squared part in the answers matters."""
FEWEST = 20
"""Rows below which a metric is not computed."""


class Laboratory:
    """The surrogate of one model with its baseline and window rows.

    Attributes
    ----------
    base, window, between
        The rows of both sides, and those in between where they are known.
    surrogate, effect
        The stand-in, and (F, K) its effects with those of fresh bins completed.
    fit
        (N, K) what the stand-in says, of each side.
    fresh, unknown
        (F,) bins that the baseline says nothing about; (N, C) where the window's rows are in them.
    held_out
        Rows of `base` that the stand-in was not fitted to.
    moved
        Positions of columns that moved too far to say what others should be.
    before, after
        The metric of both sides.
    """

    def __init__(self, model: ModelEvidence, rows: Rows, shifts: Mapping[str, Shift], metric: str) -> None:
        self.model, self.rows = model, rows
        self.task = model.node.task or "regression"
        answers = answers_of(rows, self.task, metric)
        self.scale = answers.scale
        self.metric = answers.metric(metric, model.node.threshold)
        self.needs_label = metric not in PREDICTION_METRICS
        fine = np.isfinite(rows.prediction)
        classes = answers.value.shape[1] if answers.value.ndim > 1 else 1
        before, after = (thin(fine & side, most_rows(classes)) for side in (~rows.after, rows.after))
        self.keys = choose_columns(model, rows, shifts, before, self._linked(answers.value[before]))
        self.sizes = {key: len(model.columns[key].roles) for key in self.keys}
        start = np.concatenate([[0], np.cumsum([self.sizes[key] for key in self.keys])]).astype(np.int64)
        self.base, self.window = (self._side(rows, answers.value, which) for which in (before, after))
        self.held_out = np.arange(len(self.base.output)) % 4 == 3
        self.surrogate = self.stand_in(self.base.index, start, self.base.output, self.held_out)
        self.fresh = fresh_bins(model, self.surrogate, self.base, self.window)
        self.unknown = self.fresh[self.window.index]
        new = new_versions(self.base, self.window)
        self.effect = complete_effects(
            model, self.surrogate, self.window, self.fresh, scale=self.scale, new_version=new
        )
        s = self.surrogate
        self.fit = (s.predict(self.base.index), self.said(self.window))
        self.moved = [c for c, key in enumerate(self.keys) if shifts[key].strength >= SILENT]
        self.before, self.after = self.value(self.base), self.value(self.window)
        self.between = self._between(metric)

    def _side(self, rows: Rows, answer: FloatArray, which: BoolArray) -> Side:
        index = feature_index({key: rows.bins[key][which] for key in self.keys}, self.keys, self.sizes)[0]
        output, label = self._linked(answer[which]), rows.label[which]
        return Side(np.flatnonzero(which), index, output, answer[which], label, rows.ts[which], rows.version[which])

    def _between(self, metric: str) -> Side | None:
        rows = self.model.between
        if rows is None or not all(key in rows.bins for key in self.keys):
            return None
        answers = answers_of(rows, self.task, metric)
        if answers.scale != self.scale or answers.value.shape[1:] != self.base.answer.shape[1:]:
            return None
        return self._side(rows, answers.value, np.isfinite(rows.prediction))

    def _linked(self, answer: FloatArray) -> FloatArray:
        return link(answer, self.scale).reshape(len(answer), -1)

    def stand_in(
        self,
        index: IntArray,
        start: IntArray,
        output: FloatArray,
        held_out: BoolArray,
        nearby: Surrogate | None = None,
    ) -> Surrogate:
        """Return the stand-in of a model that answered some rows so (see `fit_votes`)."""
        if self.scale == "votes":
            return fit_votes(index, start, self.keys, output, held_out, nearby)
        return fit_surrogate(index, start, self.keys, output, held_out)

    def said(self, side: Side) -> FloatArray:
        """Return (N, K) what the stand-in says of some rows, with the effects of fresh bins completed."""
        return np.asarray(self.surrogate.intercept + summed(self.effect, side.index))

    def deviation(self, output: FloatArray, fit: FloatArray) -> FloatArray:
        """Return how far outputs (N, K) lie from a fit, on the scale of the effects."""
        return deviation(output, fit, self.scale, self.surrogate.stretch)

    def fitted(self, fit: FloatArray) -> FloatArray:
        """Return the answers that a fit (N, K) says, as metrics read them."""
        return self._readable(unlink(fit, self.scale))

    def edited(self, which: int, added: FloatArray) -> FloatArray:
        """Return the answers of the baseline (0) or window (1) with something (N, K) added to their outputs."""
        side = (self.base, self.window)[which]
        return self._readable(edited(side.output, self.fit[which], added, self.scale))

    def _readable(self, answer: FloatArray) -> FloatArray:
        return answer if self.base.answer.ndim > 1 else answer[:, 0]

    @cached_property
    def witnesses(self) -> FloatArray:
        """Return (F, F) the inverse of the stand-in's system without the columns that moved too far."""
        s = self.surrogate
        return s.moments.without(s.features_of(self.moved))

    @cached_property
    def like_window(self) -> FloatArray:
        """Return (N,) weights that give the held-out rows of the baseline the window's mix of times and weekdays."""
        return calendar_weights(self.base.ts[self.held_out], self.window.ts)

    def block(self, keys: tuple[str, ...]) -> list[int]:
        """Return the positions of a column's keys among the surrogate's."""
        return [self.keys.index(key) for key in keys if key in self.keys]

    def value(
        self,
        side: Side,
        answer: FloatArray | None = None,
        keep: BoolArray | None = None,
        weight: FloatArray | None = None,
    ) -> float:
        """Return the metric of one side, with its answers replaced, rows left out or reweighted."""
        said = side.answer if answer is None else answer
        usable = side.usable(needs_label=self.needs_label) & (True if keep is None else keep)
        if usable.sum() < FEWEST:
            return float("nan")
        w = np.ones(len(said)) if weight is None else weight
        return self.metric(said[usable], side.label[usable], w[usable])

    def change(self) -> float:
        """Return the change of the metric that shares are taken of; NaN when it cannot be computed.

        A share of a change that may be none means little: a change within twice its sampling error
        counts as that large. The error is that of the metric's values over disjoint folds of each side.
        """
        error = math.hypot(*(self._fold_error(side) for side in (self.base, self.window)))
        change = self.after - self.before
        return math.copysign(max(abs(change), 2 * error, 1e-12), change)

    def _fold_error(self, side: Side) -> float:
        rows = int(side.usable(needs_label=self.needs_label).sum())
        folds = int(np.clip(rows // 60, 4, 12))
        fold = np.arange(len(side.output)) % folds
        values = np.array([self.value(side, keep=fold == k) for k in range(folds)])
        values = values[np.isfinite(values)]
        return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0

    @property
    def familiar(self) -> BoolArray:
        """Return which window rows hold only values seen in the baseline, but for columns that hardly matter.

        What such a column contributes is less than the stand-in is off by itself: a broken one hides no answer.
        """
        return ~self.strange(self.window)

    def strange(self, side: Side) -> BoolArray:
        """Return which rows hold a value that the baseline says nothing about, in a column that matters."""
        s = self.surrogate
        matter = s.importance**2 > HARDLY * s.residual_sd**2
        return np.asarray(self.fresh[side.index[:, matter]].any(axis=1))
