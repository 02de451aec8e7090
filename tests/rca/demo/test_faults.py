"""Each fault does to the traffic what it says, and only there and then."""

import numpy as np
import pytest

from rca.demo.cascade import train
from rca.demo.domain import Domain, ModelSpec
from rca.demo.extent import Extent
from rca.demo.faults import (
    BadRetrain,
    Corruption,
    Drop,
    FeatureDrift,
    MixedUp,
    NewVersion,
    Recode,
    Rename,
    Retype,
    ScorerSetting,
    SlowOperation,
    UpstreamOutput,
)
from rca.demo.figures import latencies
from rca.demo.logs import batches, production_log
from rca.demo.scenario import Evidence, Scenario
from rca.demo.simulate import simulate

ROWS = 3000
ONSET = 5.0


def load():
    rng = np.random.default_rng(0)
    n = 6000
    size, age = rng.lognormal(3, 0.5, n), rng.uniform(18, 80, n)
    colour = rng.choice(["Red", "Blue", "Green"], n).astype(object)
    area = rng.choice(["north", "south"], n).astype(object)
    logit = 2 * np.log(size / 20) + (age - 45) / 20 + (colour == "Red")
    return {
        "size": size,
        "age": age,
        "colour": colour,
        "area": area,
        "bad": (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float),
    }


DOMAIN = Domain(
    name="toy",
    load=load,
    sources={"feed": ("size", "colour"), "profile": ("age", "area")},
    models=(
        ModelSpec("sizer", "binary", "bad", ("size",), "a", "size_score", rounds=15),
        ModelSpec("decider", "binary", "bad", ("size_score", "age", "colour"), "b", rounds=15),
    ),
    segments=("area",),
    cost_kpi="cost",
    rate_kpi="rate",
)


@pytest.fixture(scope="module")
def cascade():
    return train(DOMAIN)


def run(cascade, *faults):
    world = simulate(cascade, Scenario("s", "decider", "auc", faults=faults, days=20), 3, ROWS)
    return world, world.ts >= world.moment(ONSET)


def healthy(cascade):
    return run(cascade)[0]


def test_the_same_seed_gives_the_same_world(cascade) -> None:
    first, second = healthy(cascade), healthy(train(DOMAIN))
    assert (first.ts == second.ts).all()
    assert (first.predictions["decider"] == second.predictions["decider"]).all()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Corruption("size", "null_burst", Extent(ONSET)), lambda now, then: np.isnan(now).all()),
        (Corruption("size", "unit_change", Extent(ONSET), 100.0), lambda now, then: np.allclose(now, then * 100)),
        (Corruption("size", "out_of_range", Extent(ONSET), -999.0), lambda now, then: (now == -999).all()),
        (Corruption("size", "frozen", Extent(ONSET), 0.5), lambda now, then: len(np.unique(now)) == 1),
        (
            Corruption("size", "misjoined", Extent(ONSET)),
            lambda now, then: (np.sort(now) == np.sort(then)).all() and (now != then).mean() > 0.9,
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_values_go_wrong_after_the_onset_only(cascade, fault, expected) -> None:
    world, after = run(cascade, fault)
    calm = healthy(cascade)
    assert (world.columns["size"][~after] == calm.columns["size"][~after]).all()
    assert expected(world.columns["size"][after], calm.columns["size"][after])
    changed = world.predictions["decider"] != calm.predictions["decider"]
    assert not changed[~after].any()
    assert changed[after].mean() > 0.5, "the fault travels through the cascade"


def test_a_slice_and_a_share_confine_a_fault(cascade) -> None:
    world, after = run(
        cascade, Corruption("size", "null_burst", Extent(ONSET, share=0.5, column="area", value="north"))
    )
    null, north = np.isnan(world.columns["size"]), world.columns["area"] == "north"
    assert not null[~north | ~after].any()
    assert 0.4 < null[north & after].mean() < 0.6


def test_a_gradual_fault_grows(cascade) -> None:
    world, _ = run(cascade, Corruption("size", "null_burst", Extent(ONSET, ramp=4.0)))
    null = np.isnan(world.columns["size"])
    share = [
        null[(world.ts >= world.moment(day)) & (world.ts < world.moment(day - 1))].mean() for day in (5, 4, 3, 2, 1)
    ]
    assert share == sorted(share)
    assert share[0] < 0.3
    assert share[-1] == 1


def test_drift_brings_other_real_rows(cascade) -> None:
    world, after = run(cascade, FeatureDrift("age", Extent(ONSET, share=0.9), "up", 8.0))
    pool = cascade.pool
    assert world.columns["age"][after].mean() > world.columns["age"][~after].mean() + 10
    assert (world.columns["size"] == pool["size"][world.picked]).all()
    assert (world.columns["bad"] == pool["bad"][world.picked]).all()


def test_renamed_and_dropped_columns_reach_the_models_as_null(cascade) -> None:
    for fault in (Rename("size", "size_cm", Extent(ONSET)), Drop("size", Extent(ONSET))):
        world, after = run(cascade, fault)
        (rewrite,) = world.rewrites
        assert np.isnan(world.columns["size"][after]).all()
        assert np.isfinite(world.columns["size"][~after]).all()
        assert rewrite.name == ("size_cm" if isinstance(fault, Rename) else "size")
        assert (rewrite.values is None) == isinstance(fault, Drop)


def test_a_renamed_column_gets_its_name_back(cascade) -> None:
    world, _ = run(cascade, Rename("size", "size_cm", Extent(ONSET, until=2.0)))
    while_it_lasts = (world.ts >= world.moment(ONSET)) & (world.ts < world.moment(2.0))
    assert (np.isnan(world.columns["size"]) == while_it_lasts).all()
    log, rows = production_log(world, "sizer", Evidence()), np.arange(ROWS)
    named = {name: "size_cm" in part.column_names for name, part in batches(world, log, rows, 24)}
    begins = {name: part["ts"][0].as_py() for name, part in batches(world, log, rows, 24)}
    onset, until = (str(world.moment(day)) for day in (ONSET, 2.0))
    assert {name: onset <= f"{begins[name]:%Y-%m-%dT%H:%M:%S.%f}" < until for name in named} == named
    assert 2 <= sum(named.values()) < len(named)


def test_mixed_up_answers_stay_in_their_slice(cascade) -> None:
    where = Extent(ONSET, until=1.0, column="area", value="north")
    world, _ = run(cascade, MixedUp("decider", where))
    then, now = healthy(cascade).predictions["decider"], world.predictions["decider"]
    touched = world.touched(where, "mixed up")
    assert (now[~touched] == then[~touched]).all()
    assert (now[touched] != then[touched]).mean() > 0.8
    assert (np.sort(now[touched]) == np.sort(then[touched])).all()
    assert MixedUp("decider", where).cause(DOMAIN).subject == "area=north"


def test_garbage_is_null_to_the_model_and_numbers_stay_numbers(cascade) -> None:
    world, after = run(cascade, Retype("size", "garbage", Extent(ONSET, share=0.6)))
    texts = world.rewrites[0].values[after]
    null = np.isnan(world.columns["size"][after])
    assert 0.5 < null.mean() < 0.7
    assert set(texts[null]) == {"n/a", "#REF!"}
    assert np.allclose(texts[~null].astype(float), world.columns["size"][after][~null])


@pytest.mark.parametrize("style", ["lower", "code", "prefix"])
def test_recoded_categories_are_unknown_to_the_model(cascade, style) -> None:
    world, after = run(cascade, Recode("colour", style, Extent(ONSET)))
    old = set(world.columns["colour"][~after])
    new = set(world.columns["colour"][after])
    assert len(new) == len(old) == 3
    assert not old & new


def test_a_bad_retrain_is_worse_and_bears_a_new_version(cascade) -> None:
    for how in ("scrambled", "few_rows"):
        share = 0.95 if how == "scrambled" else 0.99
        world, after = run(cascade, BadRetrain("decider", how, "2.0", Extent(ONSET), share))
        calm = healthy(cascade).predictions["decider"]
        label = world.columns["bad"]
        loss = np.square(world.predictions["decider"] - label)[after].mean()
        assert loss > np.square(calm - label)[after].mean() + 0.01
        assert set(world.versions["decider"][after]) == {"2.0"}
        assert world.changes[0]["after"] == "2.0"


def test_a_later_version_replaces_an_earlier_harmless_one(cascade) -> None:
    world, after = run(
        cascade,
        UpstreamOutput("sizer", "flipped", Extent(ONSET), version="9"),
        NewVersion("sizer", "8", Extent(ONSET + 3)),
    )
    assert set(world.versions["sizer"][after]) == {"9"}
    assert set(world.versions["sizer"][~after]) == {"7.2.0", "8"}
    assert sorted((event["before"], event["after"]) for event in world.changes) == [("7.2.0", "8"), ("8", "9")]


def test_settings_change_answers_without_a_version(cascade) -> None:
    calm = healthy(cascade).predictions["decider"]
    for kind, amount in (("temperature", 3.0), ("offset", 1.0), ("cap", 0.6), ("stale", 100.0)):
        world, after = run(cascade, ScorerSetting("decider", kind, amount, Extent(ONSET)))
        answers = world.predictions["decider"]
        assert (answers[~after] == calm[~after]).all()
        assert (answers[after] != calm[after]).mean() > 0.3
        assert len(set(world.versions["decider"])) == 1


def test_a_slow_callee_makes_its_caller_wait_but_not_work(cascade) -> None:
    world, after = run(cascade, SlowOperation("feature-store", "GetFeatures", 6.0, Extent(ONSET)))
    calm = healthy(cascade)
    assert latencies(world)[after].mean() > latencies(calm)[after].mean() + 10
    assert (world.self_ms[:, 0] == calm.self_ms[:, 0]).all()


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Corruption("size", "frozen", Extent(1)), ("data_quality", "feed", "size")),
        (FeatureDrift("age", Extent(1)), ("feature_drift", "profile", "age")),
        (Drop("colour", Extent(1)), ("schema_change", "feed", "colour")),
        (UpstreamOutput("sizer", "flipped", Extent(1), version="9"), ("upstream_model_change", "sizer", "9")),
        (UpstreamOutput("sizer", "shifted", Extent(1), key="k"), ("upstream_model_change", "sizer", "k")),
        (BadRetrain("decider", "few_rows", "2.0", Extent(1)), ("model_change", "decider", "2.0")),
        (ScorerSetting("decider", "cap", 0.5, Extent(1)), ("config_change", "decider", "score_cap_quantile")),
        (SlowOperation("auth", "CheckToken", 3, Extent(1)), ("latency_component", "auth", "CheckToken")),
    ],
)
def test_a_fault_knows_its_cause(fault, cause) -> None:
    truth = fault.cause(DOMAIN)
    assert (truth.family, truth.node, truth.subject) == cause
