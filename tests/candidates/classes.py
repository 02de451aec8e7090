"""The scenes' scorer as a model of several classes: the same columns and faults, one answer of K.

A scene's columns after a fault are what the model sees, so its answers are those of `classify`; labels follow what
was true: the columns before the fault, except where a fault is a real drift.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from candidates.measures.answers import answers_of
from schemas.evidence import Evidence, Rows, Series
from tests.candidates.faults import faulty
from tests.candidates.scenes import COUNTRY_EFFECT, Log, daily, evidence_of
from tests.laws.worlds import DAYS, days

DRIFTS = frozenset({"drift", "decoy drift"})
NAMES = ("approve", "check", "deny", "later", "never", "other", "pass", "query", "refer", "stop")


def classify(log: Log, classes: int = 3, amount: float = 1.3) -> np.ndarray:
    """Return (N, K) probabilities: additive logits, cut at the range they were learned on; unknown counts as 0."""
    columns = log.columns

    def part(name: str, centre: float, spread: float) -> np.ndarray:
        return np.clip(np.nan_to_num((columns[name] - centre) / spread), -3, 3)

    country = np.array([COUNTRY_EFFECT.get(c, 0.0) for c in columns["country"]])
    parts = (part("amount", 25, 12), part("temp", 15, 6), country, part("score", 0, 1), part("follower", 0, 1))
    weights = (amount, 0.9, 1.0, 0.8, 0.2)
    turns = 2 * np.pi * np.arange(classes) / classes
    logits = sum(
        w * p[:, None] * np.cos(turns + shift) for w, p, shift in zip(weights, parts, (0, 1, 2, 3, 4), strict=True)
    )
    odds = np.exp(1.5 * (logits - logits.max(axis=1, keepdims=True)))
    return odds / odds.sum(axis=1, keepdims=True)


def drawn(probability: np.ndarray, seed: int = 4) -> np.ndarray:
    """Return (N,) one class a row, drawn with its probability."""
    at = np.random.default_rng(seed).random((len(probability), 1))
    return (probability.cumsum(axis=1) < at).sum(axis=1).clip(max=probability.shape[1] - 1).astype(float)


def _line(log: Log, metric: str, rows: Rows) -> Series:
    answers = answers_of(rows, "multiclass", metric)
    judge = answers.metric(metric, 0.5)
    number = [log.day == d for d in range(DAYS)]
    line = [judge(answers.value[r], rows.label[r], np.ones(int(r.sum()))) for r in number]
    return Series("scorer", metric, days(), np.array(line), np.array([float(r.sum()) for r in number]))


@cache
def evidence_of_classes(
    *names: str, metric: str = "accuracy", classes: int = 3, logged: bool = True, new_label: float = 0.0
) -> Evidence:
    """Return the evidence of some faults of a scorer of several classes.

    Parameters
    ----------
    logged
        Whether the log has the classes' probabilities.
    new_label
        Share of the window's labels that are a class which is never answered.
    """
    seen, true = faulty(*names), faulty(*[name for name in names if name in DRIFTS])
    log, late = seen["scorer"], seen["scorer"].late
    probability = classify(log, classes)
    if "worse version" in names or "worse, no version" in names:
        probability = np.where(late[:, None], classify(log, classes, amount=-0.6), probability)
    label = drawn(classify(true["scorer"], classes))
    label[late & (np.random.default_rng(8).random(len(label)) < new_label)] = classes
    given = evidence_of(seen, "brier")
    model, rows = given.models["scorer"], given.models["scorer"].rows
    assert rows is not None
    said = probability.argmax(axis=1).astype(float)
    rows = replace(
        rows,
        prediction=said,
        label=label,
        score=(said != label).astype(float),
        classes=(*NAMES[:classes], *(["zero"] if new_label else [])),
        proba=probability if logged else None,
    )
    line = _line(log, metric, rows)
    model = replace(
        model,
        node=model.node.model_copy(update={"task": "multiclass"}),
        rows=rows,
        outputs={"loss": daily("scorer", "loss", rows.score, log.day), "rows": model.outputs["rows"]},
        score_name="0/1 error",
    )
    answers = answers_of(rows, "multiclass", metric)
    judge = answers.metric(metric, 0.5)
    before, after = (
        judge(answers.value[side], label[side], np.ones(int(side.sum()))) for side in (~log.late, log.late)
    )
    sd = float(line.value[~np.isin(np.arange(DAYS), np.unique(log.day[log.late]))].std()) or 1.0
    symptom = replace(
        given.symptom,
        incident=given.symptom.incident.model_copy(update={"metric": metric}),
        direction="up" if after > before else "down",
        series=line,
        baseline_value=before,
        value=after,
        z=(after - before) / sd,
    )
    nodes = tuple(model.node if node.id == "scorer" else node for node in given.system.nodes)
    return replace(
        given,
        symptom=symptom,
        system=given.system.model_copy(update={"nodes": nodes}),
        models={**given.models, "scorer": model},
        cache={},
    )
