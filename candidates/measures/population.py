"""Whether the mix of segments or classes changed, shifting many columns together.

A segment that leads: given it, every other column is as before, so reweighting the baseline's rows to its new shares
makes their shifts vanish (`confounding.leadership`). A class that leads (prior shift): the inputs given the class are
as before, so reweighting by the label does; then the model's own answers must move as that predicts, or else only the
labels moved. Columns that moved together without a leader among them (`confounding.common_shift`): a segment that is
not logged; what that explains is told by reweighting the baseline's rows by all of them.

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
from candidates.measures.columns import WRONG, moved_columns
from candidates.measures.confounding import common_shift, leadership
from candidates.measures.diagnosis import MOVED, SEEN, ModelDiagnosis, diagnose
from candidates.measures.distances import jensen_shannon, shares
from candidates.measures.domain_classifier import domain_classifier
from candidates.measures.influence import clip, has_moved, influence
from candidates.measures.outcome import LABEL, MEASURED, answer_bins, label_position, label_shares
from candidates.measures.scores import PREDICTION_METRICS
from candidates.measures.shifts import Shift, measure_shift
from candidates.measures.standing import SURELY, Standing, standing
from candidates.measures.surrogate import feature_index
from schemas.evidence import BoolArray, ColumnProfile, Evidence, FloatArray, IntArray, ModelEvidence, Rows

LEADS = 0.3
"""How far a mix must lead what moved with it, to be told."""
MAX_DRIFTED = 12
MAX_WEIGHT = 20.0
FEWEST = 100
NEW, GROWN, FOLLOWERS = 0.05, 10.0, 2
"""Share of the window's rows from which a segment is told, how many times its old share that is when nobody knew it,
and how many other columns must have moved with it."""
SIMPLER = 0.7
"""How far one column that explains as much takes the place of what many columns have in common."""
NULLS = 0.5
"""Part of a shift that nulls make from which a column's population did not move."""
CLEAR = 3.0
"""Standard errors by which the classes' shares must have moved."""
READ, WITHIN = 0.05, 0.5
"""Share of the answers' variation from which a model reads a column; part of such a column's shift that is surely left
among rows of one class from which it is no mix of the classes."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A segment column, or the label, whose shares changed.

    Parameters
    ----------
    column
        The segment column; None for the label, and for `common`.
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
    common
        Whether it is what many columns have in common, of which none leads the others.
    new
        Whether segments never seen before make it: rows, with inputs of their own, that nothing was like.
    """

    column: str | None
    share: float
    leads: float
    shift: Shift | None
    followers: tuple[str, ...]
    moved: tuple[tuple[str, float, float], ...]
    common: bool = False
    new: bool = False


def mixes(evidence: Evidence, node: str) -> tuple[Mix, ...]:
    """Return the segment columns, and the label, of a model whose shares changed; computed once."""
    return evidence.once(("mixes", node), lambda: _mixes(evidence, node))


def _mixes(evidence: Evidence, node: str) -> tuple[Mix, ...]:
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    if model is None or model.rows is None or diagnosis is None:
        return ()
    drifted, faint = _drifted(diagnosis), _drifted(diagnosis, MOVED / 2)
    names = [
        name
        for name in model.node.segments
        if name in drifted and model.columns[drifted[name]].kind in {"category", "boolean", "numeric"}
    ]
    keys = list(drifted.values())
    sizes = {key: len(model.columns[key].roles) for key in keys}
    answers = answering(evidence, node)
    leads = leadership(model.rows.bins, sizes, model.rows.after, keys, answers) if names else {}
    found = [_segment(evidence, model, name, drifted, leads=leads[drifted[name]]) for name in names]
    others = [_new(evidence, model, name, drifted) for name in model.node.segments]
    known = {mix.column for mix in others if mix is not None and mix.leads >= LEADS}
    found = [mix for mix in found if mix.column not in known]
    label = _label(evidence, model, diagnosis, faint, answers)
    whole = None if label is not None and label.leads >= LEADS else _common(evidence, model, diagnosis, drifted)
    return tuple(mix for mix in (*found, *others, label, whole) if mix is not None)


def _drifted(diagnosis: ModelDiagnosis, strength: float = MOVED) -> dict[str, str]:
    """Return the columns that moved within the values seen before, and their keys, farthest first."""
    moved = [
        c
        for c in diagnosis.columns.values()
        if c.shift.strength >= strength and len(c.keys) == 1 and c.shift.after[c.shift.before > 0].sum() > SEEN
    ]
    moved.sort(key=lambda c: (-c.shift.divergence, c.column))
    return {c.column: c.keys[0] for c in moved[:MAX_DRIFTED]}


def _segment(
    evidence: Evidence,
    model: ModelEvidence,
    name: str,
    drifted: dict[str, str],
    *,
    leads: float,
) -> Mix:
    profile = model.columns[drifted[name]]
    shift = measure_shift(profile, evidence.symptom)
    share = reweighted_share(evidence, model, drifted[name])
    order = np.argsort(-np.abs(shift.after - shift.before), kind="stable")[:3]
    moved = tuple((profile.labels[i], float(shift.before[i]), float(shift.after[i])) for i in order)
    return Mix(name, share, leads, shift, tuple(sorted(set(drifted) - {name})), moved)


def _common(
    evidence: Evidence, model: ModelEvidence, diagnosis: ModelDiagnosis, drifted: Mapping[str, str]
) -> Mix | None:
    """Return what columns of valid values that moved together have in common; None where one of them leads."""
    rows, names = model.rows, _valid(evidence, model, drifted)
    sizes = {key: len(model.columns[key].roles) for key in names.values()}
    if rows is None or not (leads := common_shift(rows.bins, sizes, rows.after, list(sizes))):
        return None
    weight = domain_classifier(*feature_index(rows.bins, list(sizes), sizes), rows.after).weight
    share = _reweighted(evidence, model, diagnosis, weight)
    # a column that leads the others, and explains as much by itself, is the simpler cause
    one = max((clip(diagnosis.columns[name].mix) * diagnosis.columns[name].leads for name in names), default=0.0)
    leads *= 1.0 - SIMPLER * clip(one / share if share > 0 else 0.0)
    most = sorted(names, key=lambda name: -diagnosis.columns[name].shift.divergence)[:3]
    moved = tuple(_most_moved(model.columns[names[name]]) for name in most)
    return Mix(None, share, leads, None, tuple(sorted(names)), moved, common=True)


def _valid(evidence: Evidence, model: ModelEvidence, drifted: Mapping[str, str]) -> dict[str, str]:
    """Return the columns, and their keys, of which the values that moved are right."""
    signs = {moved.column.column: moved.wrong for moved in moved_columns(evidence) if moved.model is model}
    wrong = {name for name, some in signs.items() if max((sign.specificity for sign in some), default=0.0) >= WRONG}
    return {name: key for name, key in drifted.items() if name not in wrong and not _emptied(model.columns[key])}


def _new(evidence: Evidence, model: ModelEvidence, name: str, drifted: Mapping[str, str]) -> Mix | None:
    """Return a segment column with segments never seen before, whose rows alone make what else moved.

    Values that were only spelled otherwise have the inputs that the old ones had: leaving them out changes nothing.
    """
    rows, diagnosis = model.rows, diagnose(evidence, model.node.id)
    column = diagnosis.columns.get(name) if diagnosis else None
    if rows is None or diagnosis is None or column is None or len(column.keys) != 1:
        return None
    profile = model.columns[column.keys[0]]
    p, q = shares(profile.before), shares(profile.after)
    new = np.isin(profile.roles, ("category", "other", "unseen")) & (q >= NEW) & (p <= q / GROWN)
    inside = rows.after & new[rows.bins[column.keys[0]]]
    rest = rows.after & ~inside
    followers = {other: key for other, key in _valid(evidence, model, drifted).items() if other != name}
    if min(int(inside.sum()), int(rest.sum())) < FEWEST or len(followers) < FOLLOWERS:
        return None
    moved, left = (
        sum(_apart(rows.bins[key], ~rows.after, side, len(model.columns[key].roles)) for key in followers.values())
        for side in (rows.after, rest)
    )
    order = np.argsort(-np.abs(q - p), kind="stable")[:3]
    return Mix(
        column=name,
        share=_without(evidence, model, diagnosis, rest),
        leads=clip(1 - left / moved) if moved > 0 else 0.0,
        shift=column.shift,
        followers=tuple(sorted(followers)),
        moved=tuple((profile.labels[i], float(p[i]), float(q[i])) for i in order),
        new=True,
    )


def _apart(place: IntArray, one: BoolArray, other: BoolArray, size: int) -> float:
    """Return how far the shares of some rows lie from those of others, beyond chance: a Jensen-Shannon divergence."""
    noise = (size - 1) / 8 * (1 / max(int(one.sum()), 1) + 1 / max(int(other.sum()), 1))
    return max(float(jensen_shannon(_counted(place[one], size), _counted(place[other], size))) - noise, 0.0)


def _without(evidence: Evidence, model: ModelEvidence, diagnosis: ModelDiagnosis, rest: BoolArray) -> float:
    """Return the share of the symptom that goes away with all rows of the window but some (N,), [0, 1]."""
    rows = model.rows
    if rows is None or not np.isfinite(diagnosis.unit):
        return 0.0
    metric, answer = judge_of(model, rows, diagnosis.metric)
    fine = _judged(rows, diagnosis.metric)
    whole, kept = (fine & side for side in (rows.after, rest))
    if min(int(whole.sum()), int(kept.sum())) < FEWEST:
        return 0.0
    value = [metric(answer[side], rows.label[side], np.ones(int(side.sum()))) for side in (whole, kept)]
    return clip((value[0] - value[1]) / diagnosis.unit) * influence(evidence, model.node.id)


def _most_moved(profile: ColumnProfile) -> tuple[str, float, float]:
    p, q = shares(profile.before), shares(profile.after)
    k = int(np.abs(q - p).argmax())
    return f"{profile.column}: {profile.labels[k]}", float(p[k]), float(q[k])


def _emptied(profile: ColumnProfile) -> bool:
    """Return whether nulls make most of a column's shift: that is no mix of valid values."""
    p, q = shares(profile.before), shares(profile.after)
    null = np.array([role == "null" for role in profile.roles])
    return bool(np.abs(q - p)[null].sum() > NULLS * np.abs(q - p).sum() / 2)


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
        keys = [*drifted.values(), LABEL]
        leads *= leadership(bins, sizes, rows.after[known], keys, answers)[LABEL]
        leads *= 1.0 - _moved_within(diagnosis, drifted, standing(bins, sizes, rows.after[known], keys))
    leads *= 1.0 - _undone_elsewhere(diagnosis, drifted)
    share = _reweighted(evidence, model, diagnosis, _weights(rows, place, size, diagnosis.metric))
    order = np.argsort(-np.abs(q - p), kind="stable")[:3]
    names = _label_names(model, rows, size)
    moved = tuple((names[i], float(p[i]), float(q[i])) for i in order)
    return Mix(None, share, leads, None, tuple(sorted(drifted)), moved)


def _moved_within(diagnosis: ModelDiagnosis, drifted: Mapping[str, str], found: Standing) -> float:
    """Return how far a column brought the outcomes along and not they it, [0, 1]; the label stands last in `found`.

    Another mix of the classes leaves the inputs given the class as before. Where rows were chosen by a column, its
    values differ from before among rows of one class too, and the outcomes given that column are wholly or partly as
    before.
    """
    still = np.clip((found.share - SURELY * found.error)[-1, :-1] / WITHIN, 0.0, 1.0)
    still *= np.clip(1.0 - found.share[:-1, -1], 0.0, 1.0)
    read = [diagnosis.columns[name].importance >= READ for name in drifted]
    return float(np.max(still, where=np.array(read), initial=0.0))


def _label_names(model: ModelEvidence, rows: Rows, size: int) -> list[str]:
    if model.node.task in MEASURED:
        return [f"tenth {k + 1}" for k in range(size)]
    classes = np.unique(rows.label[np.isfinite(rows.label)])
    if rows.classes:
        return [rows.classes[int(k)] if 0 <= int(k) < len(rows.classes) else str(k) for k in classes]
    return [f"{value:g}" for value in classes]


def _answered(rows: Rows, place: IntArray, known: BoolArray, ratio: FloatArray, task: str) -> float:
    """Return how far the model's own answers moved as new shares of the classes predict, [0, 1].

    When only the labels moved, the answers stay, and reweighting the baseline would move them. All rows are asked: of
    those whose labels came the classes may be mixed otherwise for that alone.
    """
    given = np.isfinite(rows.prediction)
    answer, size = answer_bins(rows.prediction[given], rows.after[given], task)
    late, told = rows.after[given], known[given] & ~rows.after[given]
    was, now = (_counted(answer[side], size) for side in (~late, late))
    each = np.bincount(answer[told], minlength=size)
    new = np.bincount(answer[told], ratio[place[given][told]], minlength=size)
    predicted = shares(was * np.divide(new, each, out=np.ones(size), where=each > 0))
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
    weight = _weights(rows, rows.bins[column], len(model.columns[column].roles), diagnosis.metric)
    return _reweighted(evidence, model, diagnosis, weight)


def _counted(place: IntArray, size: int, weight: FloatArray | None = None) -> FloatArray:
    return shares(np.bincount(place, weight, minlength=size).astype(np.float64))


def _ratio(p: FloatArray, q: FloatArray) -> FloatArray:
    return np.minimum(np.divide(q, p, out=np.zeros_like(q), where=p > 0), MAX_WEIGHT)


def _weights(rows: Rows, place: IntArray, size: int, metric: str) -> FloatArray:
    """Return (N,) weights that give the baseline's rows the window's shares of some bins; NaN for a row without one."""
    fine = _judged(rows, metric) & (place >= 0)
    ratio = _ratio(*(_counted(place[fine & side], size) for side in (~rows.after, rows.after)))
    return np.where(place >= 0, ratio[place], np.nan)


def _judged(rows: Rows, metric: str) -> BoolArray:
    fine = np.isfinite(rows.prediction)
    return fine if metric in PREDICTION_METRICS else fine & np.isfinite(rows.label)


def _reweighted(evidence: Evidence, model: ModelEvidence, diagnosis: ModelDiagnosis, weight: FloatArray) -> float:
    """Return the share of the symptom that the baseline shows when its rows have weights (N,), [0, 1]."""
    rows = model.rows
    if rows is None or not np.isfinite(diagnosis.unit):
        return 0.0
    metric, answer = judge_of(model, rows, diagnosis.metric)
    fine = _judged(rows, diagnosis.metric) & np.isfinite(weight)
    base = fine & ~rows.after
    if base.sum() < FEWEST or (fine & rows.after).sum() < FEWEST:
        return 0.0
    said, label = answer[base], rows.label[base]
    change = metric(said, label, weight[base]) - metric(said, label, np.ones(len(label)))
    return clip(change / diagnosis.unit) * influence(evidence, model.node.id)
