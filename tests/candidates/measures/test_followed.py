"""Whether the outcomes went with a column's new values."""

import numpy as np
import pytest

from candidates.data_quality import generate as wrong
from candidates.feature_drift import generate as drifted
from candidates.measures.followed import Followed, followed
from candidates.measures.taken_over import taken_over
from tests.candidates.faults import evidence, healthy, resampled
from tests.candidates.scenes import Log, Logs, evidence_of, rescored, score


def shifted(scene: Logs, column: str, change, *, true: bool) -> Logs:
    """Return the logs with other values of a column in half of the window's rows; outcomes drawn anew if true."""
    log = scene["scorer"]
    hit = log.late & (np.random.default_rng(5).random(len(log.day)) < 0.5)
    values = log.columns[column].copy()
    values[hit] = change(values[hit])
    changed = rescored(scene, **{column: values})
    if not true:
        return changed
    asked: Log = changed["scorer"]
    drawn = (np.random.default_rng(6).random(len(hit)) < score(asked.columns)).astype(float)
    asked.label[hit] = drawn[hit]
    return changed


def copied(scene: Logs) -> Logs:
    log = scene["scorer"]
    return scene | {"scorer": Log(log.columns, log.prediction, log.label.copy(), log.day, log.version)}


def large(old):
    return 44.0 + 4.0 * np.random.default_rng(2).normal(size=len(old))


def default(old):
    return np.full(len(old), float(np.quantile(healthy()["scorer"].columns["amount"], 0.9)))


@pytest.mark.parametrize("change", [large, default])
@pytest.mark.parametrize("true", [True, False])
def test_outcomes_tell_true_values_from_made_up_ones(change, true):
    given = evidence_of(shifted(copied(healthy()), "amount", change, true=true), "logloss")
    went = followed(given, "scorer", "amount")
    assert (went.true, went.false) == (true, not true)
    assert went.share == pytest.approx(1.0 if true else 0.0, abs=4 * went.error)


@pytest.mark.parametrize("fault", ["times 100", "some times 100", "sentinel"])
def test_outcomes_do_not_follow_wrong_values(fault):
    column = "amount" if "100" in fault else "temp"
    went = followed(evidence(fault), "scorer", column)
    assert went is None or not went.true


def test_outcomes_that_overshoot_what_known_values_say_do_not_bear_them_out():
    assert Followed(1.0, 0.1).true
    assert not Followed(2.3, 0.02).true
    assert not Followed(2.3, 0.02).false
    assert Followed(2.3, 0.4).true  # nobody knows it so well
    assert Followed(2.3, 0.02, beyond=True).true  # nobody knows what lies out there


def test_nobody_can_say_where_nothing_known_was_gained_or_the_column_never_told():
    for fault, column in (("nulls", "amount"), ("decoy drift", "noise")):
        went = followed(evidence(fault), "scorer", column)
        assert went is None or not (went.true or went.false)


def test_a_true_shift_is_a_drift_and_a_default_that_looks_valid_is_not():
    for change, true, family in ((large, True, drifted), (default, False, wrong)):
        given = evidence_of(shifted(copied(healthy()), "amount", change, true=true), "logloss")
        ours = [c for c in family(given).candidates if c.subject == "amount"]
        other = [c for c in (wrong if true else drifted)(given).candidates if c.subject == "amount"]
        assert ours[0].specificity > 0.6
        assert all(c.specificity < 0.3 for c in other)


def test_one_value_took_over_where_it_took_most_of_what_was_gained():
    given = evidence_of(shifted(copied(healthy()), "amount", default, true=False), "logloss")
    model = given.models["scorer"]
    sign = taken_over(model.columns["amount"], model.rows)
    assert sign.mechanism == "default_value"
    assert sign.touched == pytest.approx(0.5, abs=0.06)
    given = evidence_of(resampled("amount", 1.0)(healthy()), "logloss")
    assert taken_over(given.models["scorer"].columns["amount"], given.models["scorer"].rows) is None
