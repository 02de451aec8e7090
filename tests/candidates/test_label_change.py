"""Changed labels are told from changed outcomes by what the labels say of themselves."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from candidates.label_change import generate
from candidates.measures.labels import label_signs
from candidates.measures.outcome_change import outcome_change
from schemas.evidence import Evidence, Onset
from schemas.incident import Change
from schemas.system import System
from tests.candidates.faults import evidence, healthy
from tests.candidates.scenes import SYSTEM, event, evidence_of, first, ranked
from tests.candidates.test_concept_drift import relabelled


def lost(label, columns, rng):
    return np.where(rng.random(len(label)) < 0.4, 0.0, label)


def flips(label, columns, rng):
    return np.where(rng.random(len(label)) < 0.2, 1 - label, label)


def with_rows(given: Evidence, **parts) -> Evidence:
    model = given.models["scorer"]
    changed = replace(model, rows=replace(model.rows, **parts))
    return replace(given, models=dict(given.models) | {"scorer": changed}, cache={})


def test_a_guideline_that_changed_the_outcomes_is_blamed_on_the_model_whose_labels_they_are():
    cause = first(evidence_of(relabelled(lost), changes=[event("scorer", "label_guideline", title="only paid counts")]))
    assert (cause.family, cause.node, cause.subject) == ("label_change", "scorer", None)
    assert cause.mechanism == "guideline"
    assert "only paid counts" in cause.summary


@pytest.mark.parametrize("fault", ["times 100", "worse version", "misjoined"])
def test_a_guideline_that_changed_nothing_is_no_cause(fault):
    given = evidence(fault, changes=[event("scorer", "label_guideline")])
    assert first(given).family != "label_change"


@pytest.mark.parametrize(
    ("title", "family"),
    [
        ("annotator guideline v8: typo fixes only", "concept_drift"),
        ("handbook re-issued with clearer pictures, definitions as before", "concept_drift"),
        ("moved to the new labelling tool; rules unchanged", "concept_drift"),
        ("annotator guideline v9: late payers count as well", "label_change"),
        ("late payers count as well; other rules unchanged", "label_change"),
    ],
)
def test_a_guideline_that_says_that_all_is_as_before_is_no_cause_of_other_outcomes(title, family):
    given = evidence_of(relabelled(flips), changes=[event("scorer", "label_guideline", title=title)])
    assert first(given).family == family


@pytest.mark.parametrize(("title", "sure"), [("amount: new source", 0.0), ("new source", 0.6)])
def test_a_feed_of_the_model_that_names_an_input_is_none_of_labels(title, sure):
    given = evidence_of(relabelled(flips), changes=[event("scorer", "data_feed", title=title)])
    signs = label_signs(given, given.models["scorer"], outcome_change(given, "scorer"))
    assert max((s.specificity for s in signs if s.announced), default=0.0) == sure


def test_labels_that_come_later_are_told_by_their_delay():
    given = evidence_of(relabelled(lost))
    rows = given.models["scorer"].rows
    delay = np.where(rows.after, 6.0, 2.0) + np.linspace(0, 0.5, len(rows.after))
    cause = first(with_rows(given, label_delay=delay))
    assert (cause.family, cause.mechanism) == ("label_change", "label_delay")


WHO = {
    "labelled_by": ("vendor_k", True),
    "annotator": ("vendor_k", True),
    "label_source": ("crowd", True),
    "sold_by": ("vendor_k", False),
}
"""Column -> who records more of the outcomes since, and whether such a name speaks of outcomes."""


def recorded(column: str, by: str, *, wrong: bool = True):
    """Return the scene in which somebody records most of the window's outcomes, and many of them wrongly."""
    scene = healthy()
    log, rng = scene["scorer"], np.random.default_rng(3)
    theirs = log.late & (rng.random(len(log.label)) < 0.7)
    usual = np.where(rng.random(len(log.label)) < 0.85, "in_house", "crowd").astype(object)
    columns = log.columns | {column: np.where(theirs, by, usual).astype(object)}
    flipped = np.where((theirs if wrong else log.late) & (rng.random(len(log.label)) < 0.4), 1 - log.label, log.label)
    return scene | {"scorer": replace(log, columns=columns, label=flipped)}


@pytest.mark.parametrize("column", WHO)
def test_outcomes_that_others_record_otherwise_are_a_new_source_of_labels(column):
    by, speaks = WHO[column]
    cause = first(evidence_of(recorded(column, by)))
    assert (cause.family == "label_change") == speaks
    if speaks:
        assert (cause.node, cause.mechanism) == ("scorer", "label_source")
        assert repr(by) in cause.summary or "others" in cause.summary


def test_who_records_outcomes_that_nobody_knows_yet_does_not_matter():
    scene = recorded("labelled_by", "vendor_k", wrong=False)
    log = scene["scorer"]
    unknown = np.where(log.columns["labelled_by"] == "vendor_k", np.nan, log.label)
    given = evidence_of(scene | {"scorer": replace(log, label=unknown)}, "prediction_mean")
    signs = label_signs(given, given.models["scorer"], outcome_change(given, "scorer"))
    assert "label_source" not in {sign.mechanism for sign in signs}


@pytest.mark.parametrize("column", ["energy_label", "label_color", "geo_coder_zone", "verified_by_phone", "sorted_by"])
def test_a_column_of_something_else_speaks_of_no_source(column):
    assert first(evidence_of(recorded(column, "vendor_k"))).family != "label_change"


def test_who_records_them_does_not_matter_where_all_outcomes_moved_alike():
    assert first(evidence_of(recorded("labelled_by", "vendor_k", wrong=False))).family == "concept_drift"


def test_a_new_class_among_the_labels_is_a_changed_vocabulary():
    given = evidence_of(relabelled(lost))
    model = replace(given.models["scorer"], label_vocabulary=(("yes", 900, 200), ("no", 900, 0), ("NO", 0, 210)))
    cause = first(replace(given, models=dict(given.models) | {"scorer": model}, cache={}))
    assert (cause.family, cause.mechanism) == ("label_change", "label_vocabulary")
    assert "'NO' is new" in cause.summary


def test_without_labels_it_is_not_examined():
    scene = relabelled(lambda label, columns, rng: np.full(len(label), np.nan))
    assert "labels" in generate(evidence_of(scene, "prediction_mean")).not_examined


@pytest.mark.parametrize(
    ("kind", "title"), [("data_feed", "labels now come from the case tool"), ("deploy", "new annotation vendor")]
)
def test_a_model_s_own_feed_or_the_words_of_a_change_tell_another_source_of_its_labels(kind, title):
    cause = first(evidence_of(relabelled(flips), changes=[event("scorer", kind, title=title)]))
    assert (cause.family, cause.mechanism) == ("label_change", "label_source")


@pytest.mark.parametrize("kind", ["deploy", "config"])
def test_another_change_of_the_model_says_nothing_of_its_labels(kind):
    assert first(evidence_of(relabelled(flips), changes=[event("scorer", kind, title="3.1")])).family != "label_change"


def test_what_moved_a_figure_that_reads_no_labels_is_hardly_how_they_are_recorded():
    given = evidence_of(relabelled(lost))
    model = given.models["scorer"]
    change = outcome_change(given, "scorer")
    apart = replace(given.symptom, incident=given.symptom.incident.model_copy(update={"node": "approval"}))
    of_model, of_figure = (label_signs(e, model, change) for e in (given, replace(given, symptom=apart)))
    assert [sign.mechanism for sign in of_model] == [sign.mechanism for sign in of_figure]
    assert all(mine.specificity > 2 * its.specificity for mine, its in zip(of_model, of_figure, strict=True))


def test_noise_that_nothing_tells_from_erring_labels_leaves_both_possible():
    order, _ = ranked(evidence_of(relabelled(flips)))
    families = {one.candidate.family: one.confidence for one in reversed(order)}
    assert families["concept_drift"] > families["label_change"] > 0.05


@pytest.mark.parametrize("days", [0.0, 3.0])
def test_a_guideline_counts_at_either_estimate_of_the_moment_and_the_nearer_one_is_told(days):
    given = evidence_of(relabelled(lost))
    at = given.symptom.onset.at
    change = replace(outcome_change(given, "scorer"), onset=Onset(*[at - timedelta(days=days)] * 3))
    told = [
        Change(ts=at - timedelta(days=age), node="scorer", kind="label_guideline", title=title)
        for age, title in ((days, "revised"), (days - 0.2, "a typo mended"))
    ]
    for events in (told, told[::-1]):
        signs = label_signs(replace(given, changes=tuple(events)), given.models["scorer"], change)
        assert "revised" in signs[0].words
    late = [Change(ts=at, node="scorer", kind="label_guideline", title="revised")]
    assert label_signs(replace(given, changes=tuple(late)), given.models["scorer"], change)[0].announced


def test_labels_that_show_it_themselves_need_no_outcomes_to_bear_them_out():
    given = evidence_of(relabelled(lost))
    model, change = given.models["scorer"], outcome_change(given, "scorer")
    faint = replace(change, moved=replace(change.moved, z=2.0))
    cache = {("outcome", "scorer"): faint}
    assert generate(replace(given, cache=dict(cache))).ruled_out
    new = replace(model, label_vocabulary=(("yes", 900, 200), ("no", 900, 0), ("NO", 0, 210)))
    (found,) = generate(replace(given, models=dict(given.models) | {"scorer": new}, cache=dict(cache))).candidates
    assert (found.mechanism, found.impact > 0.2) == ("label_vocabulary", True)


@pytest.mark.parametrize(("z", "believed"), [(2.6, True), (1.5, False)])
def test_outcomes_bear_out_what_was_told_on_less_evidence_than_they_prove_it_alone(z, believed):
    given = evidence_of(relabelled(lost), changes=[event("scorer", "label_guideline", title="only paid counts")])
    change = outcome_change(given, "scorer")
    faint = replace(change, moved=replace(change.moved, z=z))
    assert faint.sure == 0.0
    assert bool(generate(replace(given, cache={("outcome", "scorer"): faint})).candidates) == believed
    untold = replace(given, changes=(), cache={("outcome", "scorer"): faint})
    assert not generate(untold).candidates


def with_tracker(given: Evidence) -> Evidence:
    """Return the evidence of a system in which `tracker` records the scorer's labels."""
    system = SYSTEM.model_dump(by_alias=True)
    nodes = [*system["nodes"], {"id": "tracker", "kind": "pipeline"}]
    edges = [*system["edges"], {"from": "tracker", "to": "scorer", "columns": ["label"]}]
    return replace(given, system=System.model_validate({"nodes": nodes, "edges": edges}), cache={})


@pytest.mark.parametrize("kind", ["config", "deploy", "flag"])
def test_a_change_of_the_node_that_records_the_labels_fits_as_a_guideline_does(kind):
    known = with_tracker(evidence_of(relabelled(lost), changes=[event("tracker", kind, title="filter off")]))
    (candidate,) = generate(known).candidates
    assert (candidate.node, candidate.mechanism) == ("tracker", "label_source")
    assert candidate.specificity >= 0.8
    elsewhere = replace(known, changes=(event("users", kind, title="filter off"),), cache={})
    assert all(c.specificity < 0.5 for c in generate(elsewhere).candidates)


@pytest.mark.parametrize(
    ("kind", "title", "days", "believed"),
    [
        ("deploy", "filter off", 0.0, 0.8),
        ("deploy", "filter off", 2.9, 0.8),
        ("deploy", "filter off", 3.1, 0.6 * 0.8),
        ("deploy", "filter off", 9.0, 0.6 * 0.8),
        ("deploy", "labels from the tracker", 9.0, 0.9),
        ("deploy", "filter off", 16.0, None),
        ("infrastructure", "filter off", 0.0, 0.6),
    ],
)
def test_a_change_far_from_the_likeliest_moment_of_an_unsharp_onset_is_believed_less(kind, title, days, believed):
    """It lies within the interval by chance, unless it says that it is about labels."""
    given = with_tracker(evidence_of(healthy(), changes=[event("tracker", kind, at=-days, title=title)]))
    at = given.symptom.onset.at
    vague = replace(given.symptom, onset=Onset(at, at - timedelta(days=12), at + timedelta(days=1)))
    signs = label_signs(replace(given, symptom=vague), given.models["scorer"], None)
    told = [sign.specificity for sign in signs if sign.announced]
    assert told == ([] if believed is None else [pytest.approx(believed)])


@pytest.mark.parametrize(
    "title", ["log level to debug", "metrics scraped twice as often, alerting tuned", "same binary"]
)
def test_a_change_of_the_labels_producer_that_by_its_words_touches_nothing_is_no_label_change(title):
    def known(said, kind="config"):
        return with_tracker(evidence_of(relabelled(flips), changes=[event("tracker", kind, title=said)]))

    assert first(known("filter off")).family == "label_change"
    assert first(known(title)).family == "concept_drift"
    plain, inert = (generate(known(said)).candidates[0].specificity for said in ("filter off", title))
    assert inert < 0.5 * plain
    # what speaks of labels, or is of their guideline, is about them whatever else it says
    for said, kind in ((f"{title}; new labels", "config"), (title, "label_guideline")):
        assert first(known(said, kind)).family == "label_change"
