"""What a change of the outcome given the inputs did to a model's metric, since when, and what kind of change it is."""

from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.answers import judge_of
from candidates.measures.changepoint import step_of
from candidates.measures.diagnosis import MOVED, ModelDiagnosis, diagnose
from candidates.measures.health import explained_by_data
from candidates.measures.influence import clip, has_moved, influence, symptomatic_models
from candidates.measures.outcome import MEASURED, Outcomes, expect
from candidates.measures.outcome_moved import Moved, how_moved
from candidates.measures.scores import PREDICTION_METRICS, Metric
from schemas.evidence import BoolArray, Evidence, FloatArray, ModelEvidence, Onset, Rows, Symptom

SURE = 3.0
"""Standard errors from which the outcome given the inputs is believed to have moved; in full from twice that on."""
FEW = 20
SEEN = 0.1
"""Share of the window's rows that must be known for every input to say something of the outcome."""
BLIND = 0.5
"""How far inputs that stayed are believed alone: what is new in the others may bring outcomes of its own."""


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """What the outcome given the inputs did to one model.

    Parameters
    ----------
    share
        Of the symptom that goes away when the window's outcomes follow the baseline again, [0, 1].
    moved, intact
        How the outcome moved given every input, and given only those that kept their distribution.
    onset
        Since when; None when no step is seen.
    before, after
        Labelled rows of the two sides.
    """

    share: float
    moved: Moved
    intact: Moved
    onset: Onset | None
    before: int
    after: int

    @property
    def sure(self) -> float:
        """Return how far the change is believed, [0, 1]: both looks must see it."""
        return clip(min(self.moved.z, self.intact.z) / SURE - 1.0)

    @property
    def strength(self) -> float:
        """Return how clear the change is, in standard errors."""
        return min(self.moved.z, self.intact.z)


def outcome_change(evidence: Evidence, node: str) -> OutcomeChange | None:
    """Return what the outcome did to a model, computed once; None when the labels do not say."""
    return evidence.once(("outcome", node), lambda: _outcome_change(evidence, node))


def too_few_labels(evidence: Evidence) -> str:
    """Return, in words, that labels do not say what became of the outcomes: none, or how many there are."""
    counts = [
        [int(np.isfinite(rows.label[side]).sum()) for side in (~rows.after, rows.after)]
        for node in sorted(symptomatic_models(evidence))
        if node in evidence.models and (rows := evidence.models[node].rows) is not None
    ]
    before, since = max(counts, key=min, default=[0, 0])
    if not before or not since:
        return "no labels on both sides of the onset"
    return f"too few labelled rows that compare, {before:,} before the onset and {since:,} since"


def unexplained(evidence: Evidence, change: OutcomeChange) -> float:
    """Return the share of the symptom that a changed outcome may explain beside moved columns and new versions, [0, 1].

    Neither changes the outcome given the inputs that kept their distribution: the surer that one moved, the less it
    stands back. Both may be causes at once, and a decoy must not take what it cannot explain.
    """
    doubt = 1.0 - clip(change.strength / SURE - 2.0)
    return 1.0 - 0.9 * doubt * explained_by_data(evidence)


def outcome_looks(evidence: Evidence, node: str) -> list[Outcomes]:
    """Return what every input of a model says of the outcome, and what those alone that kept their distribution say.

    One look where all kept it; none where the labels do not say. Computed once.
    """
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    if model is None or model.rows is None or diagnosis is None:
        return []
    rows, task = model.rows, model.node.task or "regression"
    return evidence.once(("outcome looks", node), lambda: _looks(model, rows, diagnosis, task))


def _outcome_change(evidence: Evidence, node: str) -> OutcomeChange | None:
    model, diagnosis, looks = evidence.models.get(node), diagnose(evidence, node), outcome_looks(evidence, node)
    if not looks or model is None or model.rows is None or diagnosis is None:
        return None
    task = model.node.task or "regression"
    moved = [how_moved(found) for found in looks]
    if not _sees(looks[0]):
        looks, moved = looks[1:], [replace(one, z=BLIND * one.z) for one in moved[1:]]
    if not looks:
        return None
    share = 0.0
    if diagnosis.metric not in PREDICTION_METRICS:
        metric, answer = judge_of(model, model.rows, diagnosis.metric)
        # wrong values make the outcome look changed: what those that stayed do not see is no change of it
        change = float(np.fmin.reduce([_undone(found, model.rows, answer, metric, task) for found in looks]))
        share = clip(change / diagnosis.unit) * influence(evidence, node)
    return OutcomeChange(
        share=share,
        moved=moved[0],
        intact=moved[-1],
        onset=_onset(looks[0], model.rows, evidence.symptom),
        before=int((~looks[0].after).sum()),
        after=int(looks[0].after.sum()),
    )


def _looks(model: ModelEvidence, rows: Rows, diagnosis: ModelDiagnosis, task: str) -> list[Outcomes]:
    sizes = {key: len(profile.roles) for key, profile in model.columns.items()}
    keys = _inputs(model, rows)
    intact = [key for key in keys if _kept(diagnosis, model.columns[key].column)]
    looks = [expect(rows, task, sizes, keys, answer=not diagnosis.function_moved)]
    if intact and (len(intact) < len(keys) or diagnosis.function_moved):  # nothing left to look with sees anything
        looks.append(expect(rows, task, sizes, intact, answer=False))
    return [found for found in looks if found is not None]


def _sees(found: Outcomes) -> bool:
    """Return whether enough of the window's rows have values that the baseline knew."""
    return bool((found.after & found.known).sum() >= SEEN * found.after.sum())


def _inputs(model: ModelEvidence, rows: Rows) -> list[str]:
    segments = set(model.node.segments) - set(model.node.features or ())
    return sorted(k for k in rows.bins if k in model.columns and model.columns[k].column not in segments)


def _kept(diagnosis: ModelDiagnosis, column: str) -> bool:
    found = diagnosis.columns.get(column)
    return found is None or not (has_moved(found) or found.shift.strength >= MOVED)


def _undone(found: Outcomes, rows: Rows, answer: FloatArray, metric: Metric, task: str) -> float:
    """Return how much of the metric's change goes away when the outcomes follow the baseline (in its unit)."""
    out: list[float] = []
    for which in (found.after & found.known, found.held_out):
        if which.sum() < FEW:
            return float("nan")
        said, label = answer[found.rows[which]], rows.label[found.rows[which]]
        one = np.ones(len(label))
        actual = metric(said, label, one)
        out.append(actual - metric(*_redrawn(found, which, said, np.unique(rows.label[found.rows]), task)))
    return out[0] - out[1]


def _redrawn(
    found: Outcomes, which: BoolArray, said: FloatArray, classes: FloatArray, task: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return answers, labels and weights of the rows with the outcomes that the baseline expects of them.

    A class is weighted by its probability; a number is its expectation plus a baseline residual of a row of
    about the same expectation.

    Parameters
    ----------
    classes
        (K,) the labels that the columns of `Outcomes.expected` stand for, of several classes.
    """
    if task in MEASURED:
        return said, found.expected[which, 0] + _noise(found, which), np.ones(len(said))
    if task == "binary":
        q = found.expected[which, 0]
        labels = np.concatenate([np.ones(len(q)), np.zeros(len(q))])
        return np.concatenate([said, said]), labels, np.concatenate([q, 1 - q])
    weight = found.expected[which].T.ravel()
    return np.concatenate([said] * len(classes)), np.repeat(classes, which.sum()), weight


def _noise(found: Outcomes, which: BoolArray) -> FloatArray:
    held = np.flatnonzero(found.held_out)
    order = held[np.argsort(found.expected[held, 0], kind="stable")]
    place = np.searchsorted(found.expected[order, 0], found.expected[which, 0])
    # neighbours in turn, so that equal expectations do not all get the same residual
    place = np.clip(place + np.arange(int(which.sum())) % 21 - 10, 0, len(order) - 1)
    return np.asarray(found.residual[order[place], 0])


def _onset(found: Outcomes, rows: Rows, symptom: Symptom) -> Onset | None:
    """Return since when the outcomes lie farther from (or beside) what the baseline expects: the sharper of the two."""
    judged = found.after | found.held_out
    beside = found.residual[:, int(found.residual.var(axis=0).argmax())]
    ts = rows.ts[found.rows][judged]
    steps = [step_of(ts, value[judged], symptom.bucket_seconds) for value in ((found.residual**2).sum(axis=1), beside)]
    return min((step for step in steps if step), key=lambda step: step.high - step.low, default=None)
