"""A changed mix of a segment or of the classes, and what only looks like one."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.population import mixes
from candidates.population_shift import generate
from tests.candidates.faults import _taken, evidence, healthy
from tests.candidates.scenes import FIRST_DAY, SYSTEM, Log, Logs, evidence_of, first, found, ranked, rescored
from tests.candidates.test_concept_drift import relabelled
from tests.laws.worlds import DAYS

FIVE = ("one", "two", "three", "four", "five")


def drawn_by(weight_of) -> Logs:
    """Return the scene whose window is drawn anew: `weight_of(log)` gives the rows' weights."""
    scene = healthy()
    late = scene["scorer"].late
    weight = weight_of(scene["scorer"])[late]
    index = np.arange(len(late))
    index[late] = np.random.default_rng(3).choice(index[late], size=int(late.sum()), p=weight / weight.sum())
    return {node: _taken(log, index) for node, log in scene.items()}


def with_segment(given, column="country"):
    model = given.models["scorer"]
    node = model.node.model_copy(update={"segments": (column,)})
    system = SYSTEM.model_copy(update={"nodes": tuple(node if n.id == "scorer" else n for n in SYSTEM.nodes)})
    return replace(given, system=system, models=dict(given.models) | {"scorer": replace(model, node=node)}, cache={})


def more_of_one_country(log):
    return np.where(log.columns["country"] == "pl", 25.0, 1.0)


def more_positives(log):
    return np.where(log.label > 0, 6.0, 1.0)


def test_more_of_one_segment_is_named_by_its_column():
    cause = first(with_segment(evidence_of(drawn_by(more_of_one_country), "prediction_mean")))
    assert cause.subject == "country"
    assert cause.family in {"population_shift", "feature_drift"}  # the contract takes either for the same column
    assert ("population_shift", "scorer") in {
        (c.family, c.node)
        for c in found("population_shift", with_segment(evidence_of(drawn_by(more_of_one_country)))).values()
    }


@pytest.mark.parametrize("metric", ["positive_rate", "prediction_mean"])
def test_more_of_one_class_is_a_prior_shift(metric):
    cause = first(evidence_of(drawn_by(more_positives), metric))
    assert (cause.family, cause.node, cause.subject) == ("population_shift", "scorer", None)
    assert cause.mechanism == "prior_shift"
    assert cause.impact > 0.4


def test_labels_alone_that_moved_are_no_prior_shift():
    scene = healthy()
    log = scene["scorer"]
    lost = np.where(log.late & (np.random.default_rng(1).random(len(log.day)) < 0.5), 0.0, log.label)
    assert generate(evidence_of(scene | {"scorer": replace(log, label=lost)})).ruled_out


def test_labels_of_one_class_that_do_not_come_are_no_prior_shift():
    scene = healthy()
    log = scene["scorer"]
    gone = log.late & (log.label > 0) & (np.random.default_rng(1).random(len(log.day)) < 0.8)
    given = evidence_of(scene | {"scorer": replace(log, label=np.where(gone, np.nan, log.label))})
    assert generate(given).ruled_out


@pytest.mark.parametrize("fault", ["times 100", "drift", "worse version"])
def test_other_faults_are_not_taken_for_a_changed_mix(fault):
    assert first(evidence(fault)).family != "population_shift"


def test_classes_that_only_the_labels_mix_otherwise_are_no_other_population():
    def change(label, columns, rng):
        return np.where((label == 1) & (rng.random(len(label)) < 0.5), np.nan, label)

    order, _ = ranked(evidence_of(relabelled(change)))
    confidence = {one.candidate.family: one.confidence for one in reversed(order)}
    assert order[0].candidate.family == "label_change"
    assert confidence.get("population_shift", 0.0) < 0.2


def clustered(by: str, emptied: float = 0.0, rows: int = 8000) -> Logs:
    """Return the scene of five inputs that have something in common, and one that is emptied in a share of the window.

    The window's rows are chosen by what they have in common (`latent`), or by one of them.
    """
    rng = np.random.default_rng(0)
    day = np.sort(rng.integers(0, DAYS, rows))
    late = day >= FIRST_DAY
    latent = rng.normal(size=rows)
    x = {name: 0.75 * latent + 0.66 * rng.normal(size=rows) for name in FIVE}
    weight = np.exp(1.2 * (x | {"latent": latent})[by][late])
    index = np.arange(rows)
    index[late] = rng.choice(index[late], int(late.sum()), p=weight / weight.sum())
    prediction = 1 / (1 + np.exp(-0.8 * sum(x.values())))
    label = (rng.random(rows) < prediction).astype(float)
    log = _taken(Log(x, prediction, label, day, np.full(rows, "v1", dtype=object)), index)
    gone = rng.random(rows) < np.where(late, max(emptied, 0.05), 0.05)
    return {"scorer": replace(log, columns=log.columns | {"holes": np.where(gone, np.nan, rng.normal(size=rows))})}


@pytest.mark.parametrize("metric", ["prediction_mean", "logloss"])
@pytest.mark.parametrize("emptied", [0.0, 0.6])
def test_rows_chosen_by_what_many_columns_have_in_common_are_another_population_of_no_one_column(metric, emptied):
    cause = first(evidence_of(clustered("latent", emptied), metric))
    assert (cause.family, cause.node, cause.subject) == ("population_shift", "scorer", None)
    assert cause.mechanism == "common_shift"
    assert cause.impact > 0.7
    # what was emptied has nothing in common with them
    assert cause.explains == tuple(("column", "scorer", name) for name in sorted(FIVE))


def test_rows_chosen_by_one_column_are_that_ones_drift():
    given = evidence_of(clustered("one"), "prediction_mean")
    cause = first(given)
    assert (cause.family, cause.subject) == ("feature_drift", "one")
    assert not found("population_shift", given)


def measured(weight_of, known: float, rows: int = 8000):
    """Return the incident of a regression with some labels known; its window is drawn by weight of (inputs, label)."""
    rng = np.random.default_rng(0)
    day = np.sort(rng.integers(0, DAYS, rows))
    late = day >= FIRST_DAY
    x = {"one": rng.normal(size=rows)}
    x |= {name: 0.6 * x["one"] + 0.8 * rng.normal(size=rows) for name in ("two", "three")}
    prediction = x["one"] + 0.5 * x["two"] + 0.5 * x["three"]
    label = prediction + rng.normal(size=rows)
    weight = weight_of(x, label)[late]
    index = np.arange(rows)
    index[late] = rng.choice(index[late], int(late.sum()), p=weight / weight.sum())
    label = np.where(rng.random(rows) < known, label, np.nan)
    log = Log(x, prediction, label, day, np.full(rows, "v1", dtype=object))
    given = evidence_of({"scorer": _taken(log, index)}, "prediction_mean")
    model = given.models["scorer"]
    node = model.node.model_copy(update={"task": "regression"})
    return replace(given, models={"scorer": replace(model, node=node)}, cache={})


def test_outcomes_that_a_column_brought_along_are_no_other_mix_of_outcomes():
    """Among rows of like outcomes the column is still otherwise than before."""
    by_column = mixes(measured(lambda x, label: np.exp(x["one"] / 2), 0.15), "scorer")
    assert all(mix.leads < 0.4 for mix in by_column)
    by_outcome = mixes(measured(lambda x, label: np.exp(label / 4), 1.0), "scorer")
    assert any(mix.column is None and mix.leads > 0.5 for mix in by_outcome)


KEY = ("scorer", "country")


def renamed(scene, chosen, by=(), name="es"):
    """Return the scene with another country in a share of the window's rows, which are larger by something besides."""
    columns = scene["scorer"].columns
    moved = {column: np.where(chosen, columns[column] + amount, columns[column]) for column, amount in by}
    return rescored(scene, country=np.where(chosen, name, columns["country"]).astype(object), **moved)


def some(scene, share):
    late = scene["scorer"].late
    return late & (np.random.default_rng(2).random(len(late)) < share)


OTHERS = (("amount", 18.0), ("temp", 9.0))


def arrived(share=0.25, by=OTHERS, name="es", metric="prediction_mean"):
    """Return the incident of a country that a share of the window's rows are of, larger by something."""
    scene = healthy()
    return evidence_of(renamed(scene, some(scene, share), by, name), metric)


@pytest.mark.parametrize("metric", ["prediction_mean", "positive_rate", "logloss"])
def test_a_segment_never_seen_before_whose_rows_are_others_is_another_population(metric):
    cause = first(with_segment(arrived(metric=metric)))
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == ("population_shift", *KEY, "new_segment")
    assert cause.impact > 0.8
    assert {("column", "scorer", name) for name in ("amount", "country", "temp")} == set(cause.explains)
    assert "leaving out its rows" in cause.evidence[0].text
    shown = cause.evidence[1].data
    new = shown["labels"].index("unseen")
    assert (shown["before"][new], shown["after"][new]) == (0, pytest.approx(0.25, abs=0.02))


@pytest.mark.parametrize("metric", ["prediction_mean", "logloss"])
def test_an_old_segment_that_is_only_spelled_otherwise_in_rows_at_random_is_not(metric):
    """Nor where others moved beside it: they are as far off in the rows that are spelled as before."""
    assert KEY not in found("population_shift", with_segment(arrived(by=(), metric=metric)))
    scene = drawn_by(lambda log: np.exp((log.columns["amount"] - 25) / 12))
    beside = with_segment(evidence_of(renamed(scene, some(scene, 0.25)), metric))
    assert KEY not in found("population_shift", beside)
    assert first(beside).subject != "country"


def test_one_other_column_is_no_population():
    given = with_segment(arrived(by=OTHERS[:1]))
    assert KEY not in found("population_shift", given)
    assert first(given).subject == "amount"


def test_too_few_rows_of_the_known_segments_are_nothing_to_compare_with():
    assert KEY in found("population_shift", with_segment(arrived(share=0.8)))
    assert KEY not in found("population_shift", with_segment(arrived(share=0.95)))


def test_a_segment_that_was_there_before_or_that_nobody_declared_is_not_new():
    assert KEY not in found("population_shift", arrived())
    known = found("population_shift", with_segment(arrived(name="nl"))).get(KEY)
    assert known is None or known.mechanism == "segment_mix"


@pytest.mark.parametrize("share", [0.12, 0.2])
def test_a_small_new_segment_is_no_burst_of_strange_rows(share):
    cause = first(with_segment(arrived(share, (("amount", 36.0), ("temp", 18.0), ("follower", 3.0)))))
    assert (cause.family, cause.subject, cause.mechanism) == ("population_shift", "country", "new_segment")
