"""One model, diagnosed: which columns moved, what that does to a metric, and whether the function changed.

Four estimates of the share of a metric's change that a column explains, each an undo (or redo) test:

* *repair*: put the column's effect back to what the other columns predict, in the window;
* *redo*: put the column's observed fault into the baseline, where everything else is healthy;
* *mix*: reweight the baseline's rows to the column's new distribution (a real shift of population);
* *drop*: leave out the window's rows whose value was never seen before.

Each is a difference in differences: what the same operation does to the baseline is subtracted.

References
----------
Budhathoki et al., "Why did the distribution change?", AISTATS 2021 (attribution by replacing one
mechanism at a time); Cai, Namkoong and Yadlowsky, "Diagnosing model performance under distribution
shift", 2023 (the split into P(x) and P(y | x)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.answered import answering
from candidates.measures.batches import schema_differences
from candidates.measures.calendar import calendar_columns
from candidates.measures.changepoint import step_of
from candidates.measures.confounding import leadership
from candidates.measures.distances import quantile_energy
from candidates.measures.following import followed_output
from candidates.measures.freed import freed
from candidates.measures.gone import gone_shares
from candidates.measures.histograms import has_losses, loss_shares
from candidates.measures.label_relation import label_loss
from candidates.measures.laboratory import Laboratory
from candidates.measures.outcome import LABEL, label_position, label_shares
from candidates.measures.partners import broken_among
from candidates.measures.relations import correlation, relation_loss
from candidates.measures.served_function import Deviations, FunctionChange, function_change, has_changed
from candidates.measures.shifts import Shift, measure_shift
from candidates.measures.sides import input_keys, may_matter
from candidates.measures.unread import blurred, unread, vacated
from candidates.measures.ventured import ventured
from candidates.measures.what_if import Column, column_of, drop, mix, reacted, redo, repair
from schemas.evidence import Evidence, FloatArray, ModelEvidence, Onset, Rows, Symptom

MOVED = 4.0
"""Strength from which a column counts as moved."""
LOST, RELATED = 0.3, 0.25
"""Share of a relation to the other columns that must be gone, and the correlation from which that is a test."""
CLEAR = 6.0
"""Standard errors by which the outcomes' shares must have moved to compete for who leads."""
MAX_DRIFTED, SEEN = 12, 0.9
"""Columns compared for who leads, and the share of the window's values that must have been seen before."""


@dataclass(frozen=True, slots=True)
class ColumnDiagnosis:
    """What one input column did, and what that did to the model.

    Parameters
    ----------
    keys
        The profile keys of the column (several for the parts of a vector).
    shift
        Of the key that moved most.
    importance
        Share of the prediction's variation that this column carries in the baseline, [0, 1]; of histograms `vacated`.
    repair, redo, mix, drop
        Shares of the metric's change (module docstring); NaN where not computable.
    energy
        How far the column's effect on the output moved: squared distance on the link scale, added up over classes.
    relation_loss
        Share of the column's relation to the other columns that is gone, [0, 1].
    label_loss
        Share of the column's relation to the label that is gone while the others' stayed, [0, 1].
    leads
        Among the columns that drifted together, how far this one drives the others, relative to the
        one that does most, [0, 1] (`candidates.measures.confounding`).
    parted
        Since when the column's relation to the others is gone; None where it is not, or no step is seen.
    unread
        Share of the metric's change that goes away when the answers follow the column as before; asked of columns whose
        schema changed, else NaN (`candidates.measures.unread`).
    vacated
        Share of the metric's change that came with a change of the answers when the column went from all rows, or a
        vector moved, unless another version answers since; else NaN (`candidates.measures.unread`).
    freed
        Share of the metric's change that goes away when the column, which stopped changing, may move again; of a column
        that has one value for all rows at a time, else NaN (`candidates.measures.freed`).
    ventured
        Share of the metric's change that comes with rows of values never seen before whose outcomes bear them out; NaN
        where they do not (`candidates.measures.ventured`).
    calendar
        Whether the column only tells the time (`candidates.measures.calendar`): then it cannot have lost a relation.
    """

    column: str
    keys: tuple[str, ...]
    shift: Shift
    importance: float
    repair: float
    redo: float
    mix: float
    drop: float
    energy: float
    relation_loss: float
    label_loss: float
    leads: float = 1.0
    parted: Onset | None = None
    unread: float = float("nan")
    vacated: float = float("nan")
    freed: float = float("nan")
    ventured: float = float("nan")
    calendar: bool = False


@dataclass(frozen=True, slots=True)
class ModelDiagnosis:
    """One model, diagnosed.

    Parameters
    ----------
    before, after
        The metric over the sampled rows of baseline and window.
    function
        Share of the metric's change that goes away when the baseline's function is put back.
    function_ratio
        Mean squared deviation of the logged predictions from the baseline's function, window over
        baseline; about 1 when the served function did not change.
    function_energy
        That deviation in the units of `ColumnDiagnosis.energy`.
    function_shift
        Largest shift of the mean deviation within a tenth of the fitted outputs, in deviations'
        standard deviations: a function that is cut or bent at one end shows here first.
    familiar
        Share of the window's rows whose every value was seen in the baseline.
    variance
        Of the stand-in's output, on the link scale.
    unit
        The change of the metric that shares are taken of, in its unit, signed (`Laboratory.change`).
    function_onset
        Since when the logged predictions deviate from the baseline's function; None where no step is seen.
    deviation
        Of the logged predictions from it, row by row.
    """

    columns: Mapping[str, ColumnDiagnosis]
    metric: str
    before: float
    after: float
    function: float
    function_ratio: float
    function_energy: float
    function_shift: float
    familiar: float
    variance: float
    unit: float = float("nan")
    function_onset: Onset | None = None
    deviation: Deviations | None = None

    @property
    def function_moved(self) -> bool:
        """Return whether the served function changed beyond the stand-in's own error."""
        return has_changed(self.function_ratio, self.function_shift)


def _diagnose_column(
    lab: Laboratory,
    column: str,
    keys: tuple[str, ...],
    shifts: Mapping[str, Shift],
    symptom: Symptom,
    *,
    from_label: float,
    unit: float,
    without: Sequence[int] = (),
    calendar: bool = False,
) -> ColumnDiagnosis:
    shift = max((shifts[key] for key in keys), key=lambda s: s.strength)
    own = lab.block(keys)
    nothing = float("nan")
    if not own:
        return ColumnDiagnosis(column, keys, shift, 0.0, nothing, nothing, nothing, nothing, 0.0, 0.0, 0.0)
    total = float((lab.surrogate.importance**2).sum()) + 1e-12
    importance = float((lab.surrogate.importance[own] ** 2).sum()) / total
    if shift.strength < MOVED and importance < 0.02:
        return ColumnDiagnosis(column, keys, shift, importance, nothing, nothing, nothing, nothing, 0.0, 0.0, 0.0)
    asked = column_of(lab, own, without)
    (before, after), (told_before, told_after) = asked.effect, asked.expected
    # held-out rows only: what the fit has seen relates better than anything new can
    held = lab.held_out
    lost = 0.0
    if not calendar:  # a clock that still tells the time has lost nothing
        lost = relation_loss(before[held], told_before[held], after, told_after, lab.like_window)
    kept = lost < LOST and correlation(before[held], told_before[held]) > RELATED
    if kept:
        from_label = 0.0  # it still stands beside the values that it belongs to: the outcome moved, not the column
    heard = reacted(lab, asked)
    rng = np.random.default_rng(0)
    return ColumnDiagnosis(
        column=column,
        keys=keys,
        shift=shift,
        importance=importance,
        repair=heard * repair(lab, asked) / unit,
        redo=heard * redo(lab, asked, shift, shuffled=max(lost, from_label), kept=kept, rng=rng) / unit,
        mix=mix(lab, asked, shift) / unit,
        drop=drop(lab, asked) / unit,
        energy=sum(map(quantile_energy, before.T, after.T)) + lost * float(before.var(axis=0).sum()),
        relation_loss=lost,
        label_loss=from_label,
        parted=_parted(lab, asked, symptom) if lost >= LOST else None,
        ventured=ventured(lab, own, importance, lab.rows.values.get(column)) / unit,
        calendar=calendar,
    )


def _parted(lab: Laboratory, asked: Column, symptom: Symptom) -> Onset | None:
    """Return since when a column stands beside other values than those it belongs to."""
    ts = np.concatenate([side.ts[rows] for side, rows in ((lab.base, lab.held_out), (lab.window, slice(None)))])
    apart = [((effect - told) ** 2).sum(axis=1) for effect, told in zip(asked.effect, asked.expected, strict=True)]
    return step_of(ts, np.concatenate([apart[0][lab.held_out], apart[1]]), symptom.bucket_seconds)


def _with_leaders(
    model: ModelEvidence,
    rows: Rows,
    columns: Mapping[str, ColumnDiagnosis],
    answers: Mapping[str, frozenset[str]],
) -> dict[str, ColumnDiagnosis]:
    """Return the columns with `leads` filled in for those that drifted within the values seen before.

    The label competes as well: where the mix of the outcomes changed, the columns follow it.
    """
    drifted = [
        c
        for c in columns.values()
        if c.shift.strength >= MOVED / 2 and len(c.keys) == 1 and c.shift.after[c.shift.before > 0].sum() > SEEN
    ]
    drifted.sort(key=lambda c: (-c.shift.divergence, c.column))
    keys = [c.keys[0] for c in drifted[:MAX_DRIFTED]]
    bins = {key: rows.bins[key] for key in keys}
    sizes = {key: len(model.columns[key].roles) for key in keys}
    after = rows.after
    place, size = label_position(rows, model.node.task or "regression")
    if len(keys) > 1 and label_shares(place, size, after)[2] > CLEAR:
        known = place >= 0
        bins = {key: values[known] for key, values in bins.items()} | {LABEL: place[known]}
        sizes, keys, after = sizes | {LABEL: size}, [*keys, LABEL], after[known]
    found = leadership(bins, sizes, after, keys, answers)
    return {name: replace(c, leads=found[c.keys[0]]) if c.keys[0] in found else c for name, c in columns.items()}


def _diagnose(
    model: ModelEvidence, symptom: Symptom, metric: str, answers: Mapping[str, frozenset[str]]
) -> ModelDiagnosis | None:
    if (rows := model.rows) is None:
        return _diagnose_histograms(model, symptom, metric)
    if rows.after.sum() < 20 or (~rows.after).sum() < 50 or not input_keys(model):
        return None
    dates = calendar_columns(rows)
    shifts = {
        key: measure_shift(profile, symptom, None if key in dates else rows) for key, profile in model.columns.items()
    }
    usable = np.isfinite(rows.prediction)
    if usable[rows.after].sum() < 20 or usable[~rows.after].sum() < 50:
        return None
    lab = Laboratory(model, rows, shifts, metric)
    gone, unit = label_loss(lab), lab.change()
    columns = _columns(lab, shifts, symptom, gone, unit=unit, answers=answers, dates=dates)
    columns = _with_freed(lab, _with_leaders(model, rows, columns, answers), rows, unit)
    function = function_change(lab, symptom.bucket_seconds)
    columns = _with_unread(lab, columns, symptom, function, unit=unit)
    return ModelDiagnosis(
        columns=columns,
        metric=metric,
        before=lab.before,
        after=lab.after,
        function=function.undone / unit,
        function_ratio=function.ratio,
        function_energy=function.energy,
        function_shift=function.bend,
        function_onset=function.onset,
        deviation=function.deviation,
        familiar=float(lab.familiar.mean()),
        variance=float((lab.surrogate.importance**2).sum()),
        unit=unit,
    )


def _columns(
    lab: Laboratory,
    shifts: Mapping[str, Shift],
    symptom: Symptom,
    gone: FloatArray,
    *,
    unit: float,
    answers: Mapping[str, frozenset[str]],
    dates: frozenset[str],
) -> dict[str, ColumnDiagnosis]:
    """Return the diagnosis of each column; those that lost only what broken ones took are held against the others."""
    groups: dict[str, tuple[str, ...]] = {}
    for key in sorted(shifts):
        name = lab.model.columns[key].column
        groups[name] = (*groups.get(name, ()), key)
    own = {name: lab.block(keys) for name, keys in groups.items()}

    # what left its season is not related to the date as before, and no stranger to it
    clocks = [p for name, keys in groups.items() if dates.issuperset(keys) or _dated(lab, keys) for p in own[name]]

    def diagnosed(name: str, without: Sequence[int] = ()) -> ColumnDiagnosis:
        keys = groups[name]
        calendar = dates.issuperset(keys)
        loss = float(gone[own[name]].max()) if own[name] and not calendar else 0.0
        unasked = [*without, *(clocks if max(shifts[key].strength for key in keys) >= MOVED else ())]
        return _diagnose_column(
            lab, name, keys, shifts, symptom, from_label=loss, unit=unit, without=unasked, calendar=calendar
        )

    columns = {name: diagnosed(name) for name in groups}
    lost = {name: own[name] for name, c in columns.items() if c.relation_loss > 0}
    # another model's answer follows its inputs even where these are wrong: it is no witness
    biased = [name for name in own if answers.get(name, frozenset()) & set(lost)]
    broken = broken_among(lab, lost, [position for name in biased for position in own[name]])
    silent = [position for name in broken for position in own[name]]
    return columns | {name: diagnosed(name, silent) for name in lost if broken and name not in broken}


def _dated(lab: Laboratory, keys: Sequence[str]) -> bool:
    return all(lab.model.columns[key].kind == "timestamp" for key in keys)


def _with_unread(
    lab: Laboratory, columns: Mapping[str, ColumnDiagnosis], symptom: Symptom, function: FunctionChange, *, unit: float
) -> dict[str, ColumnDiagnosis]:
    """Return the columns; of those whose schema changed it is asked whether the model still reads them, or could."""
    out, changes = dict(columns), [each for each in schema_differences(lab.model, symptom) if each.column in columns]
    went = {each.column: columns[each.column].importance for each in changes if each.mechanism == "dropped"}
    for changed in changes:
        if own := lab.block((column := out[changed.column]).keys):
            others = sum(went.values()) - went.get(changed.column, 0.0)
            gone = vacated(lab, symptom, changed, column.importance, function, others=others) / unit
            out[changed.column] = replace(column, unread=unread(lab, own) / unit, vacated=gone)
    vectors = [c for c in out.values() if c.shift.strength >= MOVED and lab.model.columns[c.keys[0]].kind == "vector"]
    return out | {c.column: replace(c, vacated=blurred(lab, symptom, c.shift.onset, function) / unit) for c in vectors}


def _with_freed(
    lab: Laboratory, columns: Mapping[str, ColumnDiagnosis], rows: Rows, unit: float
) -> dict[str, ColumnDiagnosis]:
    """Return the columns; of those that stopped changing it is asked what they would explain if they had not."""
    asked = {
        name: freed(lab, own, rows.values[name], column.shift.held) / unit
        for name, column in columns.items()
        if column.shift.held and name in rows.values and (own := lab.block(column.keys))
    }
    return dict(columns) | {name: replace(columns[name], freed=share) for name, share in asked.items()}


def _diagnose_histograms(model: ModelEvidence, symptom: Symptom, metric: str) -> ModelDiagnosis | None:
    """Return what histograms alone can say: shifts, and shares of the loss where they carry losses."""
    if not any(has_losses(profile) for profile in model.columns.values()):
        return None
    nothing, columns, gone = float("nan"), {}, gone_shares(model.columns)
    for key, profile in sorted(model.columns.items()):
        if profile.part or key in columns:
            continue
        mix, drop = loss_shares(profile) if may_matter(model, key) else (0.0, 0.0)
        shift, told = measure_shift(profile, symptom), (nothing, nothing, mix, drop, 0.0, 0.0, 0.0)
        columns[key] = ColumnDiagnosis(key, (key,), shift, gone.get(key, 0.0), *told, vacated=gone.get(key, nothing))
    return ModelDiagnosis(
        columns=columns,
        metric=metric,
        before=nothing,
        after=nothing,
        function=nothing,
        function_ratio=1.0,
        function_energy=0.0,
        function_shift=0.0,
        familiar=nothing,
        variance=0.0,
    )


def diagnose(evidence: Evidence, node: str) -> ModelDiagnosis | None:
    """Return the diagnosis of one model, computed once; None when its log has too few rows.

    The metric is the symptom's when the model is the symptomatic node, else the mean prediction:
    what a model downstream sees of it; or the output that a KPI downstream followed best.
    """
    model = evidence.models.get(node)
    if model is None:
        return None
    own = evidence.symptom.incident.node == node
    metric = evidence.symptom.incident.metric if own else followed_output(evidence.symptom, model)
    answers = answering(evidence, node)
    return evidence.once(("diagnosis", node), lambda: _diagnose(model, evidence.symptom, metric, answers))
