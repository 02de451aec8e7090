"""Whether the mix of segments or classes changed, shifting many columns together.

A segment that leads: given it, every other column is as before, so reweighting the baseline's rows to its new shares
makes their shifts vanish (`confounding.leadership`). A class that leads (prior shift): the inputs given the class are
as before, so reweighting by the label does; then the model's own answers must move as that predicts, or else only the
labels moved.

References
----------
Storkey, "When training and test sets are different", in Dataset Shift in Machine Learning, 2009 (prior probability
shift); Lipton, Wang and Smola, "Detecting and correcting for label shift with black box predictors", ICML 2018.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from candidates.measures.answered import answering
from candidates.measures.answers import judge_of
from candidates.measures.confounding import leadership
from candidates.measures.diagnosis import MOVED, SEEN, ModelDiagnosis, diagnose
from candidates.measures.distances import jensen_shannon, shares
from candidates.measures.influence import clip, has_moved, influence
from candidates.measures.outcome import LABEL, MEASURED, answer_bins, label_position, label_shares
from candidates.measures.scores import PREDICTION_METRICS
from candidates.measures.shifts import Shift, measure_shift
from schemas.evidence import BoolArray, Evidence, FloatArray, IntArray, ModelEvidence, Rows

MAX_DRIFTED = 12
MAX_WEIGHT = 20.0
FEWEST = 100
CLEAR = 3.0
"""Standard errors by which the classes' shares must have moved."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A segment column, or the label, whose shares changed.

    Parameters
    ----------
    column
        The segment column; None for the label.
    share
        Of the symptom that the new shares explain, by reweighting the baseline's rows to them, [0, 1].
    leads
        How far it drives the other columns that moved, [0, 1].
    shift
        Of the segment column; None for the label.
    followers
        Columns that moved along.
    moved
        Most moved values: (label, share before, share since).
    """

    column: str | None
    share: float
    leads: float
    shift: Shift | None
    followers: tuple[str, ...]
    moved: tuple[tuple[str, float, float], ...]


def mixes(evidence: Evidence, node: str) -> tuple[Mix, ...]:
    """Return the segment columns, and the label, of a model whose shares changed; computed once."""
    return evidence.once(("mixes", node), lambda: _mixes(evidence, node))


def _mixes(evidence: Evidence, node: str) -> tuple[Mix, ...]:
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    if model is None or model.rows is None or diagnosis is None:
        return ()
    drifted = _drifted(diagnosis)
    names = [
        name
        for name in model.node.segments
        if name in drifted and model.columns[drifted[name]].kind in {"category", "boolean", "numeric"}
    ]
    keys = list(drifted.values())
    sizes = {key: len(model.columns[key].roles) for key in keys}
    answers = answering(evidence, node)
    leads = leadership(model.rows.bins, sizes, model.rows.after, keys, answers) if names else {}
    found = [_segment(evidence, model, diagnosis, name, drifted, leads=leads[drifted[name]]) for name in names]
    label = _label(evidence, model, diagnosis, drifted, answers)
    return tuple(mix for mix in (*found, label) if mix is not None)


def _drifted(diagnosis: ModelDiagnosis) -> dict[str, str]:
    """Return the columns that moved within the values seen before, and their keys, farthest first."""
    moved = [
        c
        for c in diagnosis.columns.values()
        if c.shift.strength >= MOVED and len(c.keys) == 1 and c.shift.after[c.shift.before > 0].sum() > SEEN
    ]
    moved.sort(key=lambda c: (-c.shift.divergence, c.column))
    return {c.column: c.keys[0] for c in moved[:MAX_DRIFTED]}


def _segment(
    evidence: Evidence,
    model: ModelEvidence,
    diagnosis: ModelDiagnosis,
    name: str,
    drifted: dict[str, str],
    *,
    leads: float,
) -> Mix | None:
    rows, profile = model.rows, model.columns[drifted[name]]
    if rows is None:
        return None
    shift = measure_shift(profile, evidence.symptom)
    share = _reweighted(evidence, model, diagnosis, rows.bins[drifted[name]], len(profile.roles))
    order = np.argsort(-np.abs(shift.after - shift.before), kind="stable")[:3]
    moved = tuple((profile.labels[i], float(shift.before[i]), float(shift.after[i])) for i in order)
    return Mix(name, share, leads, shift, tuple(sorted(set(drifted) - {name})), moved)


def _undone_elsewhere(diagnosis: ModelDiagnosis, drifted: Mapping[str, str]) -> float:
    """Return the most of the symptom that goes away with one moved column whose values nobody saw before, [0, 1].

    The inputs given the class are then not as before; the classes cannot be weighed against it as against the others.
    """
    new = [c for c in diagnosis.columns.values() if c.column not in drifted and has_moved(c)]
    return max((max(clip(c.repair), clip(c.drop), clip(c.freed), clip(c.ventured)) for c in new), default=0.0)


def _label(
    evidence: Evidence,
    model: ModelEvidence,
    diagnosis: ModelDiagnosis,
    drifted: dict[str, str],
    answers: Mapping[str, frozenset[str]],
) -> Mix | None:
    rows, task = model.rows, model.node.task or "regression"
    if rows is None:
        return None
    place, size = label_position(rows, task)
    known = (place >= 0) & np.isfinite(rows.prediction)
    p, q, clear = label_shares(place, size, rows.after)
    if clear < CLEAR or size < 2:
        return None
    leads = _answered(rows, place, known, _ratio(p, q), task)
    if drifted:
        bins = {key: rows.bins[key][known] for key in drifted.values()} | {LABEL: place[known]}
        sizes = {key: len(model.columns[key].roles) for key in drifted.values()} | {LABEL: size}
        leads *= leadership(bins, sizes, rows.after[known], [*drifted.values(), LABEL], answers)[LABEL]
    leads *= 1.0 - _undone_elsewhere(diagnosis, drifted)
    share = _reweighted(evidence, model, diagnosis, place, size)
    order = np.argsort(-np.abs(q - p), kind="stable")[:3]
    names = _label_names(model, rows, size)
    moved = tuple((names[i], float(p[i]), float(q[i])) for i in order)
    return Mix(None, share, leads, None, tuple(sorted(drifted)), moved)


def _label_names(model: ModelEvidence, rows: Rows, size: int) -> list[str]:
    if model.node.task in MEASURED:
        return [f"tenth {k + 1}" for k in range(size)]
    classes = np.unique(rows.label[np.isfinite(rows.label)])
    if rows.classes:
        return [rows.classes[int(k)] if 0 <= int(k) < len(rows.classes) else str(k) for k in classes]
    return [f"{value:g}" for value in classes]


def _answered(rows: Rows, place: IntArray, known: BoolArray, ratio: FloatArray, task: str) -> float:
    """Return how far the model's own answers moved as new shares of the classes predict, [0, 1].

    When only the labels moved, the answers stay, and reweighting the baseline would move them.
    """
    answer, size = answer_bins(rows.prediction[known], rows.after[known], task)
    late = rows.after[known]
    weight = ratio[place[known][~late]]
    was, now = (_counted(answer[side], size) for side in (~late, late))
    predicted = _counted(answer[~late], size, weight)
    noise = (size - 1) / 8 * (1 / max(int(late.sum()), 1) + 1 / max(int((~late).sum()), 1))
    whole = max(float(jensen_shannon(was, now)) - noise, 0.0)
    left = max(float(jensen_shannon(predicted, now)) - noise, 0.0)
    wanted = max(float(jensen_shannon(was, predicted)) - noise, 1e-9)
    return clip(1 - left / whole) * clip(whole / wanted) if whole > 0 else 0.0


def reweighted_share(evidence: Evidence, model: ModelEvidence, column: str) -> float:
    """Return the share of the symptom that the baseline shows with the new shares of a column's bins, [0, 1]."""
    diagnosis, rows = diagnose(evidence, model.node.id), model.rows
    if diagnosis is None or rows is None or column not in rows.bins:
        return 0.0
    return _reweighted(evidence, model, diagnosis, rows.bins[column], len(model.columns[column].roles))


def _counted(place: IntArray, size: int, weight: FloatArray | None = None) -> FloatArray:
    return shares(np.bincount(place, weight, minlength=size).astype(np.float64))


def _ratio(p: FloatArray, q: FloatArray) -> FloatArray:
    return np.minimum(np.divide(q, p, out=np.zeros_like(q), where=p > 0), MAX_WEIGHT)


def _reweighted(
    evidence: Evidence, model: ModelEvidence, diagnosis: ModelDiagnosis, place: IntArray, size: int
) -> float:
    """Return the share of the symptom that the baseline shows when its rows get the new shares of some bins."""
    rows = model.rows
    if rows is None or not np.isfinite(diagnosis.unit):
        return 0.0
    metric, answer = judge_of(model, rows, diagnosis.metric)
    fine = (place >= 0) & np.isfinite(rows.prediction)
    if diagnosis.metric not in PREDICTION_METRICS:
        fine &= np.isfinite(rows.label)
    base = fine & ~rows.after
    if base.sum() < FEWEST or (fine & rows.after).sum() < FEWEST:
        return 0.0
    weight = _ratio(_counted(place[base], size), _counted(place[fine & rows.after], size))[place[base]]
    said, label = answer[base], rows.label[base]
    change = metric(said, label, weight) - metric(said, label, np.ones(len(label)))
    return clip(change / diagnosis.unit) * influence(evidence, model.node.id)
