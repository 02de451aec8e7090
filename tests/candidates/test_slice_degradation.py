"""A slice in which the model fails, and what only looks like one."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.slice_degradation import generate
from tests.candidates.faults import evidence, healthy
from tests.candidates.scenes import Logs, evidence_of, first, reversioned

SLICES = {
    "country=fr": lambda x: x["country"] == "fr",
    "amount<22": lambda x: x["amount"] < 22,
    "country=de & temp<14": lambda x: (x["country"] == "de") & (x["temp"] < 14),
    "noise in [10,20]": lambda x: (x["noise"] >= 10) & (x["noise"] <= 20),
    "country in [fr,it]": lambda x: np.isin(x["country"], ["fr", "it"]),
}


def shuffled(where, what: str = "label") -> Logs:
    """Return the scene whose answers or labels no longer belong to the window's requests of a slice."""
    scene = healthy()
    log = scene["scorer"]
    hit = np.flatnonzero(log.late & where(log.columns))
    values = getattr(log, what).copy()
    values[hit] = values[np.random.default_rng(2).permutation(hit)]
    return scene | {"scorer": replace(log, **{what: values})}


def rows_of(predicate: str, columns) -> np.ndarray:
    """Read a predicate as the contract writes it."""
    inside = np.ones(len(columns["amount"]), dtype=bool)
    for one in predicate.split(" & "):
        if " in [" in one:
            column, ends = one.split(" in ")
            if column == "country":
                inside &= np.isin(columns[column], ends.strip("[]").split(","))
                continue
            low, high = map(float, ends.strip("[]").split(","))
            inside &= (columns[column] >= low) & (columns[column] <= high)
        elif ">=" in one:
            column, low = one.split(">=")
            inside &= columns[column] >= float(low)
        elif "<" in one:
            column, high = one.split("<")
            inside &= columns[column] < float(high)
        else:
            column, value = one.split("=")
            inside &= columns[column] == value
    return inside


def overlap(predicate: str, where) -> float:
    log = healthy()["scorer"]
    said, true = (which & log.late for which in (rows_of(predicate, log.columns), where(log.columns)))
    return (said & true).sum() / (said | true).sum()


@pytest.mark.parametrize("what", ["label", "prediction"])
@pytest.mark.parametrize("name", SLICES)
def test_the_slice_is_the_cause_and_its_predicate_selects_its_rows(name, what):
    cause = first(evidence_of(shuffled(SLICES[name], what)))
    assert (cause.family, cause.node) == ("slice_degradation", "scorer")
    assert overlap(cause.subject, SLICES[name]) >= 0.9
    assert cause.impact > 0.5


@pytest.mark.parametrize("metric", ["auc", "accuracy", "brier", "f1"])
def test_the_share_is_told_for_metrics_that_are_no_means_of_rows(metric):
    found = generate(evidence_of(shuffled(SLICES["country=fr"]), metric)).candidates
    assert found[0].subject == "country=fr"
    assert found[0].impact > 0.5
    assert found[0].impact == pytest.approx(
        found[0].evidence[0].data["share"] * found[0].evidence[0].data["left_by_data"], abs=1e-3
    )


@pytest.mark.parametrize("metric", ["prediction_mean", "positive_rate", "bias"])
def test_answers_that_moved_in_one_slice_need_no_labels(metric):
    scene = healthy()
    log = scene["scorer"]
    hit = log.late & SLICES["country=fr"](log.columns)
    moved = np.where(hit, np.minimum(log.prediction + 0.35, 1.0), log.prediction)
    label = np.full(len(hit), np.nan) if metric == "prediction_mean" else log.label
    found = generate(
        with_score(
            evidence_of(scene | {"scorer": replace(log, prediction=moved, label=log.label)}, metric), metric, label
        )
    )
    assert found.candidates[0].subject == "country=fr"


def test_answers_like_no_others_are_held_against_rows_that_used_to_be_answered_alike():
    """All answers of the slice became one that no other row has."""
    scene = healthy()
    log = scene["scorer"]
    stuck = np.where(log.late & SLICES["country=fr"](log.columns), 0.9999, log.prediction)
    unlabelled = np.full(len(stuck), np.nan)
    given = evidence_of(scene | {"scorer": replace(log, prediction=stuck)}, "prediction_mean")
    cause = first(with_score(given, "prediction_mean", unlabelled))
    assert (cause.family, cause.subject) == ("slice_degradation", "country=fr")


@pytest.mark.parametrize("metric", ["auc", "logloss"])
def test_a_slice_that_always_had_a_rule_of_its_own_is_no_drift_when_its_answers_break(metric):
    scene = healthy()
    log = scene["scorer"]
    own = SLICES["country=fr"](log.columns)
    label, answer = (np.where(own, 1 - values, values) for values in (log.label, log.prediction))
    hit = np.flatnonzero(log.late & own)
    answer[hit] = answer[np.random.default_rng(2).permutation(hit)]
    cause = first(evidence_of(scene | {"scorer": replace(log, label=label, prediction=answer)}, metric))
    assert (cause.family, cause.subject) == ("slice_degradation", "country=fr")


def test_a_set_names_no_more_categories_than_failed():
    found = generate(evidence_of(shuffled(SLICES["country=fr"]))).candidates
    assert found[0].subject == "country=fr"


def with_score(given, metric: str, label: np.ndarray):
    """Return the evidence with the rows' score as the engine logs it for the metric."""
    model = given.models["scorer"]
    p = model.rows.prediction
    score = {"bias": p - label, "prediction_mean": p, "positive_rate": (p >= 0.5).astype(float)}[metric]
    rows = replace(model.rows, score=score, label=label)
    return replace(given, models=dict(given.models) | {"scorer": replace(model, rows=rows)}, cache={})


@pytest.mark.parametrize(
    "fault",
    [
        "none",
        "shown by no input",
        "nulls",
        "times 100",
        "misjoined",
        "drift",
        "worse version",
        "worse, no version",
        "dropped",
        "new countries",
    ],
)
def test_other_faults_are_not_taken_for_a_slice(fault):
    given = evidence(fault)
    best = max((c.impact * c.specificity for c in generate(given).candidates), default=0.0)
    assert best < 0.25, [(c.subject, c.impact, c.specificity) for c in generate(given).candidates]


def test_outcomes_that_changed_everywhere_are_no_slice():
    scene = healthy()
    log = scene["scorer"]
    flipped = log.late & (np.random.default_rng(1).random(len(log.day)) < 0.4)
    given = evidence_of(scene | {"scorer": replace(log, label=np.where(flipped, 1 - log.label, log.label))})
    assert generate(given).ruled_out


def test_a_slice_that_was_always_worse_and_grew_is_not_degraded():
    scene = healthy()
    log = scene["scorer"]
    bad = log.columns["country"] == "it"
    label = np.where(bad & (np.random.default_rng(0).random(len(bad)) < 0.4), 1 - log.label, log.label)
    kept = np.flatnonzero(~log.late | bad | (np.random.default_rng(3).random(len(bad)) < 0.4))
    columns = {name: values[kept] for name, values in log.columns.items()}
    rest = {name: getattr(log, name)[kept] for name in ("prediction", "day", "version")}
    mixed = replace(log, columns=columns, label=label[kept], **rest)
    assert generate(evidence_of(scene | {"scorer": mixed})).ruled_out


def test_a_new_version_that_fails_in_one_slice_leaves_little_to_the_slice():
    scene = shuffled(SLICES["amount<22"], "prediction")
    steady = generate(evidence_of(scene)).candidates[0]
    switched = generate(evidence_of(reversioned(scene, "scorer"))).candidates
    assert all(c.impact * c.specificity < steady.impact * steady.specificity for c in switched)


def test_without_a_healthy_period_nothing_is_compared():
    given = evidence_of(shuffled(SLICES["country=fr"]))
    assert generate(replace(given, symptom=replace(given.symptom, reference_split=True), cache={})).not_examined


def test_rows_in_any_order_give_the_same_slices():
    scene = shuffled(SLICES["country=de & temp<14"])
    log = scene["scorer"]
    order = np.random.default_rng(0).permutation(len(log.day))
    columns = {name: values[order] for name, values in log.columns.items()}
    turned = replace(log, columns=columns, prediction=log.prediction[order], label=log.label[order], day=log.day[order])
    one, other = (generate(evidence_of(scene | {"scorer": each})).candidates for each in (log, turned))
    assert [c.subject for c in one] == [c.subject for c in other]
