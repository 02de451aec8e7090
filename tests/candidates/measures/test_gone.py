"""Columns that histograms no longer show: dropped, renamed, or written otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.diagnosis import diagnose
from candidates.measures.gone import gone_shares
from candidates.measures.histogram_outcome import within_bins
from candidates.schema_change import generate
from rca.evidence.counted import counted_columns
from tests.candidates.measures.test_histograms import with_losses
from tests.candidates.scenes import first, found
from tests.laws.worlds import DAYS, WINDOW_DAYS, logged, make_evidence, make_model, make_symptom, profile_of, rescored

FIRST_DAY = DAYS - WINDOW_DAYS


def without(*names, new=None, still=0.0, reads=True, flipped=0.0):
    """Return histograms of a model of which columns no longer come, or under another name; nothing of rows is left.

    `still` is the share of the onset's day that has them; `reads`: the model goes without; `flipped`: outcomes turned.
    """
    x, prediction, label, day = logged(8000)
    late, rng = day >= FIRST_DAY, np.random.default_rng(1)
    gone = late & ~((day == FIRST_DAY) & (rng.random(len(day)) < still))
    lost = {name: np.where(gone, np.nan, x[name]) for name in names}
    answer = np.where(gone & reads, rescored({**x, **lost}), prediction)
    label = np.where(late & (rng.random(len(day)) < flipped), 1 - label, label)
    model = make_model(x, answer, label, day)
    kept = {name: ~gone if name in names else np.ones(len(day), dtype=bool) for name in x}
    written = {name: (x[name], kept[name]) for name in x} | ({new: (x[names[0]], gone)} if new else {})
    columns = {
        name: with_losses(profile_of(name, values[rows], day[rows]), values[rows], model.rows.score[rows], day[rows])
        for name, (values, rows) in written.items()
    }
    changed = replace(model, columns=columns, rows=None, batches=counted_columns("scorer", columns))
    return make_evidence(changed, make_symptom())


def shares(given):
    return gone_shares(given.models["scorer"].columns)


def most(family, given):
    """Return the most of the symptom that a family's candidates explain."""
    return max((one.impact for one in found(family, given).values()), default=0.0)


def test_what_no_other_column_explains_is_laid_to_the_one_that_is_gone_as_far_as_it_mattered():
    assert shares(without()) == {}
    assert shares(without("a"))["a"] == pytest.approx(0.8, abs=0.05)
    assert shares(without("c"))["c"] < 0.1
    both = shares(without("a", "b"))
    assert both["a"] > both["b"] > 0
    assert 0.8 < sum(both.values()) < 1.0


def test_a_column_is_gone_when_few_of_the_windows_rows_have_a_value_known_before():
    """The first hours since the onset may be counted with those before it."""
    assert shares(without("a", still=0.9))["a"] > 0.7
    profiles = dict(without().models["scorer"].columns)
    for share, gone in ((0.3, True), (0.5, False)):
        halved = replace(profiles["a"], after=share * profiles["a"].after)
        assert ("a" in gone_shares(profiles | {"a": halved})) == gone
        null = np.array([role == "null" for role in halved.roles])
        emptied = halved.after + np.where(null, (1 - share) * profiles["a"].after.sum(), 0.0)
        assert ("a" in gone_shares(profiles | {"a": replace(halved, after=emptied)})) == gone
    never = replace(profiles["a"], before=0 * profiles["a"].before, after=0 * profiles["a"].after)
    assert gone_shares(profiles | {"a": never}) == {}


def test_what_another_column_explains_is_not_laid_to_the_one_that_is_gone():
    profiles = dict(without("a").models["scorer"].columns)
    before, after, loss = (np.zeros(len(profiles["c"].roles)) for _ in range(3))
    before[1:3], after[1:3], loss[1:3] = (50, 50), (20, 80), (0.1, 0.3)
    mixed = replace(
        profiles["c"], labelled_before=before, labelled_after=after, loss_before=before * loss, loss_after=after * loss
    )
    assert gone_shares(profiles | {"c": mixed})["a"] == pytest.approx(0.0, abs=1e-9)


def test_without_losses_nothing_is_laid_to_anybody():
    bare = {
        name: replace(one, loss_before=0 * one.loss_before, labelled_before=0 * one.labelled_before)
        for name, one in without("a").models["scorer"].columns.items()
    }
    assert set(gone_shares(bare).values()) == {0.0}
    assert gone_shares({}) == {}


@pytest.mark.parametrize("still", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(("new", "mechanism"), [(None, "dropped"), ("a_eur", "renamed")])
def test_a_column_that_stops_coming_is_a_schema_change(new, mechanism, still):
    given = without("a", new=new, still=still)
    cause = first(given)
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == ("schema_change", "feed", "a", mechanism)
    assert cause.impact > 0.7
    assert next(item for item in cause.evidence if item.kind == "schema").data["renamed_to"] == new
    assert most("concept_drift", given) < 0.3


def test_a_column_that_did_not_matter_explains_little():
    given = without("c", flipped=0.2)
    assert most("schema_change", given) < 0.15
    assert first(given).family == "concept_drift"
    assert within_bins(given, "scorer") > 0.8
    assert within_bins(without("a"), "scorer") < 0.5


def test_a_column_that_still_comes_is_not_vacated():
    column = diagnose(without("a"), "scorer").columns
    assert np.isnan(column["b"].vacated)
    assert (column["a"].vacated, column["b"].importance) == (column["a"].importance, 0.0)


def test_the_same_columns_in_all_histograms_rule_out_a_schema_change():
    assert generate(without(flipped=0.2)).ruled_out
