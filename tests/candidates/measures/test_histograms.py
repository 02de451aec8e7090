from dataclasses import replace

import numpy as np
import pytest

from candidates import families
from candidates.measures.diagnosis import diagnose
from candidates.measures.histogram_outcome import outcome_of_histograms
from candidates.measures.histograms import FEWEST, loss_change, loss_shares
from rca.graph import build_graph
from schemas.evidence import VersionSpan
from schemas.system import System
from tests.candidates.scenes import event, first, found
from tests.laws.worlds import (
    DAYS,
    END,
    ONSET,
    START,
    bin_of,
    broken,
    logged,
    make_evidence,
    make_model,
    make_symptom,
    make_system,
    rescored,
)


def with_losses(profile, x, loss, day):
    """Return the profile with the sums of loss that a histogram file would carry."""
    position, late, size = bin_of(x), day >= DAYS - 5, len(profile.roles)
    sums = {
        f"loss_{name}": np.bincount(position[rows], loss[rows], minlength=size)
        for name, rows in (("before", ~late), ("after", late))
    }
    counts = {
        f"labelled_{name}": np.bincount(position[rows], minlength=size).astype(float)
        for name, rows in (("before", ~late), ("after", late))
    }
    return replace(profile, **sums, **counts)


def histograms_only(what):
    return without_rows(broken(what).models["scorer"])


def without_rows(model, p_value=1e-9):
    rows = model.rows
    day = ((rows.ts - np.datetime64("2026-03-01", "us")) / np.timedelta64(1, "D")).astype(int)
    columns = {n: with_losses(p, rows.values[n], rows.score, day) for n, p in model.columns.items()}
    return make_evidence(replace(model, columns=columns, rows=None), make_symptom(p_value=p_value))


def moving(outcome, *, decoy=False, answers=0.0, p_value=1e-9):
    """Return histograms of a model whose outcomes turn round for the rows that `outcome` chooses, since the onset."""
    x, prediction, label, day = logged(6000)
    late = day >= DAYS - 5
    if decoy:
        x["c"] = np.where(late & (np.random.default_rng(3).random(6000) < 0.6), np.nan, x["c"])
    label = np.where(late & outcome(x), 1 - label, label)
    return without_rows(make_model(x, np.where(late, prediction + answers, prediction), label, day), p_value)


def top(evidence):
    """Return the most of the symptom that each family's candidates explain."""
    asked = ("concept_drift", "data_quality", "feature_drift")
    told = {name: families()[name](evidence).candidates for name in asked}
    return {name: max((one.impact for one in some), default=0.0) for name, some in told.items()}


def test_a_null_burst_is_found_from_histograms_with_losses_alone():
    evidence = histograms_only("a:null")
    surest = max(families()["data_quality"](evidence).candidates, key=lambda c: c.specificity)
    assert (surest.node, surest.subject, surest.mechanism) == ("feed", "a", "null_burst")


def test_histograms_without_losses_are_told_apart_from_health():
    model = replace(broken("a:null").models["scorer"], rows=None)
    assert "histograms" in families()["data_quality"](make_evidence(model)).not_examined


def test_the_mix_is_the_change_that_the_new_shares_make_at_the_old_losses():
    profile = histograms_only("a:scale").models["scorer"].columns["c"]
    size = len(profile.roles)
    before, after = np.zeros(size), np.zeros(size)
    before[1], before[2], after[1], after[2] = 50, 50, 20, 80
    loss = np.zeros(size)
    loss[1], loss[2] = 0.1, 0.3
    made = replace(
        profile, labelled_before=before, labelled_after=after, loss_before=before * loss, loss_after=after * loss
    )
    mix, drop = loss_shares(made)
    assert mix == pytest.approx(1.0)
    assert drop == pytest.approx(0.0)


def everybody(x):
    return np.abs(x["a"]) < 9


@pytest.mark.parametrize("decoy", [False, True])
def test_a_loss_that_rose_within_all_bins_is_concept_drift_and_no_decoys(decoy):
    most = top(moving(lambda x: everybody(x) & (x["a"] > -0.5), decoy=decoy))
    assert most["concept_drift"] > 0.7
    assert most["data_quality"] < 0.3 > most["feature_drift"]


def raised(share):
    """Return histograms of a model for which one input of a share of the rows is high since the onset."""
    x, prediction, label, day = logged(6000)
    late = (day >= DAYS - 5) & (np.random.default_rng(3).random(6000) < share)
    x["a"] = np.where(late, 2 + np.abs(x["a"]) / 4, x["a"])
    return without_rows(make_model(x, np.where(late, rescored(x), prediction), label, day))


def test_wrong_values_that_join_a_bin_seen_before_take_the_loss_from_the_outcomes():
    evidence = raised(0.6)
    change = loss_change(evidence.models["scorer"].columns["a"])
    assert change.drop > 0.6
    assert abs(change.mix) < 0.6
    assert top(evidence)["concept_drift"] < 0.2


def test_what_moved_in_all_rows_leaves_doubt():
    assert loss_change(raised(1.0).models["scorer"].columns["a"]).staying < FEWEST
    assert outcome_of_histograms(raised(1.0), "scorer").share <= 0.5


def test_nothing_is_said_of_outcomes_when_the_symptom_may_be_chance():
    assert top(moving(everybody, p_value=0.2))["concept_drift"] == 0.0


def test_answers_that_moved_do_not_vouch_for_the_inputs():
    sure, doubted = (outcome_of_histograms(moving(everybody, answers=by), "scorer") for by in (0.0, 0.2))
    assert (sure.vouched, doubted.vouched) == (True, False)
    assert doubted.share < 0.6 * sure.share


def test_a_loss_that_rose_in_one_bin_only_is_that_bins():
    alike, single = (outcome_of_histograms(moving(one), "scorer") for one in (everybody, in_one_bin))
    assert alike.one_bin == 0.0
    assert single.one_bin > 0.5


def in_one_bin(x):
    return (x["c"] >= 0) & (x["c"] < 0.5)


# --- what was logged or announced of a loss that rose within bins ---

OUTCOME = ("scorer", None)
VERSIONS = (VersionSpan("v1", START, ONSET, 4500, 0), VersionSpan("v2", ONSET, END, 0, 1500))


def risen(*changes, versions=(), p_value=1e-9):
    """Return the incident of a loss that rose within bins, with versions that were logged and events that were told."""
    given = moving(lambda x: everybody(x) & (x["a"] > -0.5), p_value=p_value)
    model = replace(given.models["scorer"], versions=versions)
    return replace(given, models={"scorer": model}, changes=changes, cache={})


def drift_of(given):
    """Return how specific the drift of the outcomes is."""
    return found("concept_drift", given)[OUTCOME].specificity


def deployed(title):
    return event("scorer", "deploy", title=title, after={"version": "v2"})


@pytest.mark.parametrize("changes", [(), (deployed("retrained"),)])
def test_a_version_logged_at_the_onset_takes_the_blame_of_a_loss_that_rose_within_bins(changes):
    given = risen(*changes, versions=VERSIONS)
    cause = first(given)
    assert (cause.family, cause.subject) == ("model_change", "v2")
    assert "within bins" in cause.evidence[0].text
    assert drift_of(given) < 0.3 * drift_of(risen())


def test_a_redeploy_of_the_same_artefact_or_a_version_of_long_before_does_not():
    old, new = VERSIONS
    same = risen(deployed("redeployed, same artefact"), versions=VERSIONS)
    long_ago = risen(versions=(replace(old, n_before=1500), replace(new, first=START, n_before=100)))
    for given in (same, long_ago):
        assert first(given).family == "concept_drift"
        assert found("model_change", given)["scorer", "v2"].impact < 0.35
    assert drift_of(long_ago) == drift_of(risen())


def test_a_deploy_without_a_logged_version_or_a_setting_tells_nothing_of_a_loss():
    for change in (deployed("retrained"), event("scorer", "config", before={"a": 1}, after={"a": 2})):
        assert first(risen(change)).family == "concept_drift"
    assert found("model_change", risen(deployed("retrained")))["scorer", "v2"].impact == 0.0


def test_a_version_explains_nothing_that_may_be_chance():
    assert found("model_change", risen(versions=VERSIONS, p_value=0.2))["scorer", "v2"].impact == 0.0


@pytest.mark.parametrize(("kind", "mechanism"), [("label_guideline", "guideline"), ("data_feed", "label_source")])
def test_an_event_of_the_labels_at_the_onset_is_a_label_change_that_lowers_the_drift_of_outcomes(kind, mechanism):
    given = risen(event("scorer", kind, title="only paid counts"))
    cause = first(given)
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == ("label_change", *OUTCOME, mechanism)
    assert "only paid counts" in cause.summary
    assert cause.impact > 0.9
    assert drift_of(given) < 0.6 * drift_of(risen())


def test_no_event_of_the_labels_and_no_loss_within_bins_is_no_label_change():
    told = event("scorer", "label_guideline", title="only paid counts")
    for given in (risen(), risen(event("scorer", "label_guideline", -9.0)), risen(told, p_value=0.2)):
        assert not found("label_change", given)
        assert families()["label_change"](given).ruled_out
    nulls = histograms_only("a:null")
    assert first(replace(nulls, changes=(told,), cache={})).family == "data_quality"
    # labels that show it by themselves are not seen in histograms of the inputs
    model = replace(risen().models["scorer"], label_vocabulary=(("yes", 90, 0), ("no", 90, 20), ("YES", 0, 30)))
    assert not found("label_change", replace(risen(), models={"scorer": model}, cache={}))


def test_the_labels_of_another_node_are_laid_to_it():
    parts = make_system().model_dump(by_alias=True)
    nodes = [*parts["nodes"], {"id": "tracker", "kind": "pipeline"}]
    edges = [*parts["edges"], {"from": "tracker", "to": "scorer", "columns": ["label"]}]
    system = System.model_validate({"nodes": nodes, "edges": edges})

    def given(title):
        return replace(risen(event("tracker", "config", title=title)), system=system, graph=build_graph(system))

    cause = first(given("filter off"))
    assert (cause.family, cause.node, cause.observed_at) == ("label_change", "tracker", "scorer")
    assert first(given("log level to debug")).family == "concept_drift"


@pytest.mark.parametrize(("read", "explains"), [(None, True), (("a", "b"), True), (("b", "c"), False)])
def test_a_column_that_is_declared_not_to_be_read_explains_nothing(read, explains):
    given = histograms_only("a:null")
    model = given.models["scorer"]
    model = replace(model, node=model.node.model_copy(update={"features": read}))
    column = diagnose(replace(given, models={"scorer": model}, cache={}), "scorer").columns["a"]
    assert (max(abs(column.mix), abs(column.drop)) > 0) == explains
