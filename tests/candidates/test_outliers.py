"""A burst of anomalous requests, and what looks like one: faults of columns, drift, bursts that do not matter."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.burst import find_burst
from candidates.measures.health import explained_by_data
from tests.candidates.scenes import NUMERIC, corrupted, evidence_of, found, logs, rescored

KEY = ("scorer", None)


def hit_rows(scene, share=0.25, seed=3):
    log = scene["scorer"]
    return log.late & (np.random.default_rng(seed).random(len(log.day)) < share)


def burst(scene, columns=("amount", "temp", "follower", "country"), share=0.25):
    """Put values at or beyond the ends of several columns into a share of the window's rows."""
    log, hit, rng = scene["scorer"], hit_rows(scene, share), np.random.default_rng(5)
    changed = {}
    for name in columns:
        values = log.columns[name].copy()
        if values.dtype == object:
            values[hit] = "pl"
        else:
            low, high = np.quantile(values, [0.02, 0.98])
            far = rng.random(hit.sum()) * (high - low) / 2
            values[hit] = np.where(rng.random(hit.sum()) < 0.5, low - far, high + far)
        changed[name] = values
    return rescored(scene, **changed)


def drifted(scene):
    """Draw the window's rows anew with a preference for large amounts: each row is a real one."""
    log, rng = scene["scorer"], np.random.default_rng(1)
    late = np.flatnonzero(log.late)
    weight = np.exp((log.columns["amount"][late] - 25) / 12)
    drawn = rng.choice(late, len(late) // 2, replace=False, p=weight / weight.sum())
    kept = np.sort(np.concatenate([np.flatnonzero(~log.late), drawn]))
    return scene | {
        "scorer": replace(
            log,
            columns={name: values[kept] for name, values in log.columns.items()},
            prediction=log.prediction[kept],
            label=log.label[kept],
            day=log.day[kept],
            version=log.version[kept],
        )
    }


def test_a_burst_in_several_columns_is_one_cause():
    candidate = found("outliers", evidence_of(burst(logs())))[KEY]
    assert candidate.mechanism == "burst"
    assert candidate.impact > 0.6
    assert candidate.specificity > 0.6
    assert {("column", "scorer", "amount"), ("column", "scorer", "temp")} <= set(candidate.explains)
    assert "amount" in candidate.summary
    assert candidate.onset is not None


def replayed(scene):
    """Put near copies of one row, with the other label, in the place of a share of the window's rows."""
    log, hit, rng = scene["scorer"], hit_rows(scene), np.random.default_rng(2)
    changed = {}
    for name, values in log.columns.items():
        new = values.copy()
        new[hit] = values[17]
        if name in NUMERIC:
            new[hit] = new[hit] + 1e-3 * values.std() * rng.normal(size=hit.sum())
        changed[name] = new
    scene = rescored(scene, **changed)
    label = np.where(hit, float(log.label[17] == 0), log.label)
    return scene | {"scorer": replace(scene["scorer"], label=label)}


def test_near_copies_are_a_replay():
    candidate = found("outliers", evidence_of(replayed(logs())))[KEY]
    assert candidate.mechanism == "replay"
    assert candidate.impact > 0.5


def beyond(scene, spread):
    """Put values beyond all that were ever seen into every number of a share of the rows, some spread of them apart."""
    log, hit, rng = scene["scorer"], hit_rows(scene), np.random.default_rng(2)
    changed = {}
    for name in (*NUMERIC, "score"):
        values = log.columns[name].copy()
        values[hit] = values.mean() + 8 * values.std() * (1 + spread * rng.random(hit.sum()))
        changed[name] = values
    return rescored(scene, **changed, country=np.where(hit, "pl", log.columns["country"]).astype(object))


@pytest.mark.parametrize(("spread", "mechanism"), [(0.0, "replay"), (1e-12, "replay"), (1.0, "burst"), (50.0, "burst")])
def test_rows_beyond_all_bins_are_copies_only_where_their_values_are_the_same(spread, mechanism):
    given = evidence_of(beyond(logs(), spread), "prediction_mean")
    candidate = found("outliers", given)[KEY]
    assert candidate.mechanism == mechanism
    assert candidate.impact > 0.6


@pytest.mark.parametrize(("restored", "kept"), [(3, True), (2, False), (0, False)])
def test_near_copies_keep_their_claim_where_they_moved_several_columns_that_explain_the_symptom(restored, kept):
    given = evidence_of(replayed(logs()), "prediction_mean")
    burst = find_burst(given, "scorer")
    assert explained_by_data(given) > 0.8
    assert found("outliers", given)[KEY].impact == burst.share > 0.8
    cache = given.cache | {("burst", "scorer"): replace(burst, restored=burst.restored[:restored])}
    impact = found("outliers", replace(given, cache=cache))[KEY].impact
    assert impact == burst.share if kept else impact < 0.3 * burst.share


@pytest.mark.parametrize(("missing", "kept"), [(0, True), (1, True), (3, False)])
def test_rows_that_mostly_lack_values_were_not_sent_so(missing, kept):
    given = evidence_of(burst(logs()))
    seen = find_burst(given, "scorer")
    traits = tuple(replace(t, missing=i < missing, share=0.9) for i, t in enumerate(seen.traits[:4]))
    cache = given.cache | {("burst", "scorer"): replace(seen, traits=traits)}
    impact = found("outliers", replace(given, cache=cache))[KEY].impact
    assert impact == seen.share if kept else impact < 0.2 * seen.share


def test_combinations_that_do_not_belong_together_are_seen_though_each_value_is_usual():
    scene = logs(rows=12_000)
    log, hit = scene["scorer"], hit_rows(scene)
    order, turned = np.argsort(log.columns["follower"][hit]), log.columns["follower"].copy()
    turned[np.flatnonzero(hit)[order]] = -np.sort(log.columns["amount"][hit] - 25)[::-1] / 12
    amount = log.columns["amount"].copy()
    amount[hit] = 25 - 1.5 * np.sign(log.label[hit] - 0.5) * np.abs(amount[hit] - 25)
    temp = log.columns["temp"].copy()
    temp[hit] = 15 + 1.5 * np.sign(log.label[hit] - 0.5) * np.abs(temp[hit] - 15)
    candidate = found("outliers", evidence_of(rescored(scene, follower=turned, amount=amount, temp=temp)))[KEY]
    assert candidate.impact > 0.3


def test_a_burst_that_does_not_matter_explains_nothing():
    scene = burst(logs(), columns=("noise", "follower"), share=0.15)
    log, rng = scene["scorer"], np.random.default_rng(1)
    turned = log.late & (rng.random(len(log.day)) < 0.3)
    changed = replace(log, label=np.where(turned, 1 - log.label, log.label))
    candidate = found("outliers", evidence_of(scene | {"scorer": changed})).get(KEY)
    assert candidate is None or candidate.impact < 0.15


@pytest.mark.parametrize(
    "fault",
    [
        corrupted("amount", lambda v, _: np.full(len(v), np.nan), share=0.3),
        corrupted("amount", lambda v, _: 100 * v, share=0.3),
        corrupted("amount", lambda v, rng: rng.permutation(v)),
        drifted,
        lambda scene: scene,
    ],
    ids=["null burst", "unit change", "misjoined", "drift", "healthy"],
)
def test_what_is_no_burst_is_not_called_one(fault):
    candidate = found("outliers", evidence_of(fault(logs()))).get(KEY)
    assert candidate is None or candidate.impact * candidate.specificity < 0.1


def test_without_healthy_production_it_is_not_examined():
    evidence = evidence_of(burst(logs()))
    trained = replace(evidence, symptom=replace(evidence.symptom, reference_split=True), cache={})
    assert not found("outliers", trained)
