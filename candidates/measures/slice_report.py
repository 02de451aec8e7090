"""The degraded slices of one model: which, what of the symptom goes away without the degradation, and since when."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from candidates.measures.answers import judge_of
from candidates.measures.changepoint import change_point
from candidates.measures.clock import to_datetime
from candidates.measures.departures import departures
from candidates.measures.diagnosis import ModelDiagnosis, diagnose
from candidates.measures.influence import clip, influence
from candidates.measures.row_errors import RowErrors, row_errors
from candidates.measures.scores import PREDICTION_METRICS
from candidates.measures.slice_match import matched
from candidates.measures.slices import FoundSlice, find_slices, thinned
from schemas.evidence import BoolArray, Evidence, FloatArray, ModelEvidence, Onset, Rows, Series
from schemas.incident import MODEL_METRICS

REAL = 0.01
"""Chance, among all slices of its kind, from which a slice is no coincidence."""
LOSS = "loss"
"""Name of the task's usual loss where the symptom is a number downstream: `metric_function` knows no such metric."""
SURENESS = "estimated_accuracy"
"""An output that downstream figures may follow."""
ANSWER = "prediction_mean"
"""What tells where nobody knows the outcomes."""
OF_ERRORS, OF_DEPARTURES = "mean error", "share of answers unlike earlier ones"
"""What the rows are scanned by, in words."""
LEVEL = 0.8
"""How well the level of the answers tells a slice's bounds, against whether each departs."""
LEAST = 0.05
"""Share of the symptom below which a slice is no cause."""
NARROW, WIDEST = 0.4, 0.65
"""Shares of the rows up to which a slice is believed in full, and from which not at all."""
BEYOND = 5.0
"""Powers of ten of the chance from which a slice is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Means:
    """Mean error of some rows on both sides, in the error's own unit, and how many rows these are."""

    before: float
    after: float
    n_before: int
    n_after: int


@dataclass(frozen=True, slots=True)
class SliceReport:
    """One degraded slice.

    Parameters
    ----------
    share
        Of the symptom that goes away when the slice's rows of the window give way to those of the baseline, as far
        as the other rows did not degrade alike, [0, 1].
    inside, rest
        Mean errors of the slice's rows, and of all others.
    series
        Error of the slice's rows beyond the others', over time.
    matched
        Share of the growth that is left against other rows answered alike, [0, 1] (`slice_match`).
    measured
        What `inside`, `rest` and `series` are means of, in words.
    """

    found: FoundSlice
    share: float
    inside: Means
    rest: Means
    series: Series
    onset: Onset | None
    matched: float
    measured: str

    @property
    def sure(self) -> float:
        """Return how unmistakable the slice is, [0, 1].

        Beyond chance among all slices, with sharp ends, the other rows at peace whatever they are answered, and
        narrow: what befalls half of all rows is hardly a matter of one slice.
        """
        beyond = clip(-math.log10(max(self.found.p_value, 1e-12)) / BEYOND)
        rows = self.inside.n_after / max(self.inside.n_after + self.rest.n_after, 1)
        narrow = clip((WIDEST - rows) / (WIDEST - NARROW))
        return beyond * self.found.sharp * (self.found.alone * self.matched) ** 3 * narrow


def slice_share(evidence: Evidence, node: str) -> float:
    """Return the largest share of the symptom that one unmistakable slice of a model holds, [0, 1]."""
    found = sharpest_slice(evidence, node)
    return found.share * found.sure if found else 0.0


def sharpest_slice(evidence: Evidence, node: str) -> SliceReport | None:
    """Return the slice of a model that most surely holds most of the symptom; None without one."""
    return max(slice_reports(evidence, node) or (), key=lambda one: one.share * one.sure, default=None)


def slice_reports(evidence: Evidence, node: str) -> tuple[SliceReport, ...] | None:
    """Return the degraded slices of a model, the best first, computed once; None when its log does not say."""
    return evidence.once(("slices", node), lambda: _reports(evidence, node))


def _reports(evidence: Evidence, node: str) -> tuple[SliceReport, ...] | None:
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    if model is None or model.rows is None or diagnosis is None or not np.isfinite(diagnosis.unit):
        return None
    metrics = _metrics(evidence, node, diagnosis)
    scored = node == evidence.symptom.incident.node
    scanned = [one for metric in metrics for one in _readings(model, diagnosis, metric, scored=scored)]
    if not scanned:
        return None
    reports = [(read.weight, tuple(_reports_of(evidence, read))) for read in scanned]
    # the reading in which the clearest slice stands out most, holding most, tells its bounds best; unsharp ones none
    reports.sort(
        key=lambda of: -of[0] * max((math.sqrt(one.found.clear * one.share) * one.sure for one in of[1]), default=0.0)
    )
    told: dict[str, SliceReport] = {}
    for one in (one for _, found in reports for one in found):
        told.setdefault(str(one.found.where), one)  # both readings may find the same slice
    return tuple(told.values())


def _reports_of(evidence: Evidence, read: "_Read") -> Iterator[SliceReport]:
    """Yield the slices of one reading that are no coincidence and hold something of the symptom."""
    for found in find_slices(read.model, read.rows, read.errors):
        if found.p_value < REAL:
            report = _report(evidence, read, found)
            if report.share >= LEAST:
                yield report


def _readings(model: ModelEvidence, diagnosis: ModelDiagnosis, metric: str, *, scored: bool) -> "list[_Read]":
    """Return what a model's rows are scanned by: their errors, and their answers' departures from the old function.

    `scored`: whether the rows' score is of that metric.
    """
    rows = model.rows
    if rows is None:
        return []
    unit = diagnosis.unit if metric == diagnosis.metric else float("nan")
    # rows are scored by their answers' level where the symptom lies downstream, not by how sure they are
    errors = row_errors(rows, model.node.task or "regression", metric) if metric != SURENESS or scored else None
    if errors is None and metric not in PREDICTION_METRICS:
        return []
    departed = departures(model, rows, metric)
    shown = ((OF_ERRORS, errors), (OF_DEPARTURES, departed))
    return [
        _Read(model, rows, metric, unit, thinned(one, rows.after[one.rows]), measured)
        for measured, one in shown
        if one is not None
    ]


def _metrics(evidence: Evidence, node: str, diagnosis: ModelDiagnosis) -> tuple[str, ...]:
    """Return what to scan by: the symptom's metric, or for a number downstream the loss and the output it follows."""
    symptom = evidence.symptom.incident
    if node == symptom.node and symptom.metric in MODEL_METRICS:
        return (symptom.metric,)
    rows = evidence.models[node].rows
    unlabelled = rows is None or not all(np.isfinite(rows.label[side]).any() for side in (rows.after, ~rows.after))
    followed = diagnosis.metric if diagnosis.metric in PREDICTION_METRICS else ANSWER if unlabelled else None
    return (LOSS, followed) if followed else (LOSS,)


@dataclass(frozen=True, slots=True)
class _Read:
    """The rows of a model that were scanned, by one number a row (`measured`); `unit` is the metric's change."""

    model: ModelEvidence
    rows: Rows
    metric: str
    unit: float
    errors: RowErrors
    measured: str

    @property
    def weight(self) -> float:
        """Return how well this reading tells bounds: of answers that were so before their level shows nothing."""
        return LEVEL if self.metric in PREDICTION_METRICS and self.measured == OF_ERRORS else 1.0

    @property
    def after(self) -> BoolArray:
        return np.asarray(self.rows.after[self.errors.rows])


def _report(evidence: Evidence, read: _Read, found: FoundSlice) -> SliceReport:
    series = _over_time(read, found.inside)
    alike = matched(read.rows, read.model.node.task or "regression", read.errors, found.inside)
    share = clip(_undone(read, found.inside)) * found.alone * alike * influence(evidence, read.model.node.id)
    inside, rest = (_means(read, which) for which in (found.inside, ~found.inside))
    return SliceReport(found, share, inside, rest, series, _onset(series), alike, read.measured)


def _means(read: _Read, which: BoolArray) -> Means:
    before, after = which & ~read.after, which & read.after
    error = read.errors.error
    return Means(float(error[before].mean()), float(error[after].mean()), int(before.sum()), int(after.sum()))


def _undone(read: _Read, inside: BoolArray) -> float:
    """Return the share of the metric's change that goes away with the baseline's rows in the slice, signed.

    The metric is computed anew over the window's other rows and the baseline's rows of the slice, these weighted to
    the number that the window has there; so it holds for metrics that are no means of rows, such as the AUC.
    """
    judge, answers = judge_of(read.model, read.rows, read.metric)
    after, labels = read.after, read.rows.label[read.errors.rows]
    # departures are of rows without a label as well
    judged = np.isfinite(labels) | (read.metric in PREDICTION_METRICS)

    def value(which: BoolArray, weight: FloatArray) -> float:
        which = which & judged
        return judge(answers[read.errors.rows[which]], labels[which], weight[which])

    one = np.ones(len(after))
    now = value(after, one)
    mine = inside & judged
    swapped = np.where(after, 1.0, (mine & after).sum() / max(int((mine & ~after).sum()), 1))
    undone = value(after ^ inside, swapped)
    change = read.unit if np.isfinite(read.unit) else now - value(~after, one)
    return (now - undone) / change if change else 0.0


def _over_time(read: _Read, inside: BoolArray) -> Series:
    """Return the mean error of the slice's rows less that of the others, over the symptom's buckets."""
    ts = next(iter(read.model.columns.values())).ts
    place = np.clip(np.searchsorted(ts, read.rows.ts[read.errors.rows], side="right") - 1, 0, len(ts) - 1)
    means, counts = [], []
    for which in (inside, ~inside):
        n = np.bincount(place[which], minlength=len(ts)).astype(np.float64)
        total = np.bincount(place[which], read.errors.error[which], minlength=len(ts))
        means.append(np.divide(total, n, out=np.full(len(ts), np.nan), where=n > 0))
        counts.append(n)
    return Series(read.model.node.id, "error_in_slice", ts, means[0] - means[1], counts[0])


def _onset(series: Series) -> Onset | None:
    found = change_point(series.value, series.n)
    if found is None or found.p_value > 0.05:
        return None
    at, low, high = (to_datetime(series.ts[i]) for i in (found.index, found.low, found.high))
    return Onset(at=at, low=low, high=high)
