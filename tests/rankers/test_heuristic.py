"""The heuristic: causes that may be right together, each feature in its direction, doubt about a doubtful symptom."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates import families
from rankers.heuristic import DEFAULT_PRIOR, PRIORS, WEIGHTS, log_odds, none_log_odds, rank, ranking_features
from schemas.candidate import Candidate
from tests.laws.worlds import make_symptom

SYMPTOM = make_symptom()
UNITS = st.floats(0, 1)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def candidate(subject="x", *, share=0.8, strength=20.0, specificity=0.9, timing=1.0, event=0.0, family="data_quality"):
    return Candidate(
        family=family,
        node="feed",
        subject=subject,
        impact=share,
        strength=strength,
        specificity=specificity,
        summary="s",
        features={"alignment": timing, "coincident_change": event},
    )


def confidence(blame=1.0, **parts):
    (found,), _ = rank([candidate(**parts)], [blame], SYMPTOM)
    return found.confidence


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.sampled_from(["x", "y", None]),
        share=UNITS,
        strength=st.floats(0, 1e6),
        specificity=UNITS,
        timing=st.floats(-1, 1),
        event=UNITS,
        family=st.sampled_from([*PRIORS, "never_seen"]),
    ),
    max_size=8,
)


@settings(max_examples=80, deadline=None)
@given(CANDIDATES, UNITS, UNITS)
def test_probabilities_are_possible_and_come_in_order(candidates, blame, p_value):
    ranked, none = rank(candidates, [blame] * len(candidates), make_symptom(p_value=p_value))
    # a cause excludes none, and at most two causes are right at once
    assert 1.0 <= none + sum(r.confidence for r in ranked) + 1e-9 <= 2.0
    assert all(0.0 <= r.confidence <= 1.0 - none + 1e-9 for r in ranked)
    assert [r.confidence for r in ranked] == sorted((r.confidence for r in ranked), reverse=True)
    assert sorted(map(repr, candidates)) == sorted(repr(r.candidate) for r in ranked)


@pytest.mark.parametrize(
    ("feature", "values"),
    [
        ("share", [0.0, 0.2, 0.5, 1.0]),
        ("strength", [2.0, 5.0, 20.0, 50.0]),
        ("specificity", [0.0, 0.3, 1.0]),
        ("timing", [-1.0, 0.0, 1.0]),
        ("event", [0.0, 1.0]),
        ("blame", [0.0, 0.5, 1.0]),
    ],
)
def test_more_of_each_feature_is_more_confidence(feature, values):
    found = [confidence(**{feature: value}) for value in values]
    assert found == sorted(found)
    assert len(set(found)) == len(values)


@settings(max_examples=60, deadline=None)
@given(ANY, ANY, ANY, ANY, ANY)
def test_features_stay_in_their_ranges(share, strength, specificity, timing, blame):
    odd = candidate(share=share, strength=strength, specificity=specificity, timing=timing, event=timing)
    found = ranking_features(odd, blame)
    assert set(found) == set(WEIGHTS)
    assert all(0 <= found[name] <= 1 for name in ("share", "strength", "specificity", "coincident_change"))
    assert -1 <= found["timing"] <= 1
    assert -1 <= found["blame"] <= 0


def test_strength_is_on_a_log_scale_from_two_to_fifty():
    at = {z: ranking_features(candidate(strength=z), 1.0)["strength"] for z in (0.0, 2.0, 10.0, 50.0, 1e9)}
    assert (at[0.0], at[2.0], at[50.0], at[1e9]) == (0.0, 0.0, 1.0, 1.0)
    assert at[10.0] == pytest.approx(0.5)


def test_rival_readings_of_one_anomaly_are_one_softmax():
    candidates = [candidate(), candidate(share=0.3), candidate(family="never_seen")]
    blame = [1.0, 0.4, 1.0]
    odds = [log_odds(c.family, ranking_features(c, b)) for c, b in zip(candidates, blame, strict=True)]
    total = sum(map(math.exp, odds)) + math.exp(none_log_odds(SYMPTOM.p_value))
    ranked, none = rank(candidates, blame, SYMPTOM)
    assert {(r.candidate.family, r.candidate.impact): r.confidence for r in ranked} == {
        (c.family, c.impact): pytest.approx(math.exp(o) / total) for c, o in zip(candidates, odds, strict=True)
    }
    assert none == pytest.approx(math.exp(none_log_odds(SYMPTOM.p_value)) / total)


def test_two_causes_that_explain_half_each_are_both_believed():
    halves = [candidate("x", share=0.5), candidate("y", share=0.5)]
    whole = [candidate("x", share=1.0), candidate("y", share=1.0)]
    least = [min(r.confidence for r in rank(both, [1.0, 1.0], SYMPTOM)[0]) for both in (halves, whole)]
    assert least[0] > max(0.5, least[1])


def test_a_second_root_comes_before_another_reading_of_the_first():
    first, reading = candidate("x", share=0.7), candidate("x", share=0.7, specificity=0.3, family="schema_change")
    second = candidate("y", share=0.3)
    ranked, _ = rank([first, reading, second], [1.0] * 3, SYMPTOM)
    assert [r.candidate.subject for r in ranked] == ["x", "y", "x"]


def test_log_odds_add_the_prior_of_the_family_and_unknown_families_take_the_default():
    features = ranking_features(candidate(), 1.0)
    assert log_odds("data_quality", features) - log_odds("never_seen", features) == pytest.approx(
        PRIORS["data_quality"] - DEFAULT_PRIOR
    )


def test_every_family_of_the_first_catalogue_has_a_prior():
    assert set(PRIORS) >= {"data_quality", "schema_change", "feature_drift", "model_change", "latency_component"}
    assert set(PRIORS) <= {*families(), *PRIORS}


def test_a_doubtful_symptom_raises_none_of_these():
    nones = [rank([candidate()], [1.0], make_symptom(p_value=p))[1] for p in (1e-9, 1e-3, 0.01, 0.1, 0.5, 1.0)]
    assert nones == sorted(nones)
    assert nones[0] == nones[1] < nones[2] < nones[-1]


def test_a_p_value_that_is_unknown_is_taken_for_doubt():
    assert none_log_odds(math.nan) == none_log_odds(1.0)


def test_a_full_case_beats_none_of_these_and_nothing_at_all_is_none_of_these():
    assert confidence(share=0.9, specificity=0.95, strength=30) > 0.8
    assert rank([], [], SYMPTOM) == ((), 1.0)


@pytest.mark.parametrize("family", sorted(PRIORS))
def test_what_explains_nothing_loses_to_none_of_these_however_clear_its_sign(family):
    (found,), none = rank([candidate(share=0.0, specificity=1.0, strength=1e6, family=family)], [1.0], SYMPTOM)
    assert none > found.confidence


@pytest.mark.parametrize("part", ["strength", "specificity", "event"])
def test_what_speaks_for_a_candidate_that_explains_nothing_does_not_count(part):
    least, most = ({part: value} for value in (0.0, 1.0 if part != "strength" else 1e6))
    assert confidence(share=0.0, **least) == confidence(share=0.0, **most)


def test_an_event_at_the_right_time_is_no_cause_by_itself():
    innocent = candidate(share=0.0, specificity=0.6, strength=0.0, event=1.0, family="config_change")
    (found,), none = rank([innocent], [1.0], SYMPTOM)
    assert none > 2 * found.confidence


def test_no_family_overwrites_a_ranking_feature_and_its_own_are_kept():
    liar = replace(candidate(), features={"share": 9.0, "divergence": 0.4, "alignment": 1.0, "odd": math.nan})
    (found,), _ = rank([liar], [1.0], SYMPTOM)
    assert found.features["share"] == 0.8
    assert found.features["divergence"] == 0.4
    assert "odd" not in found.features


def test_ties_are_broken_by_name():
    twins = [candidate("b"), candidate(None), candidate("a")]
    ranked, _ = rank(twins, [1.0] * 3, SYMPTOM)
    assert [r.candidate.subject for r in ranked] == [None, "a", "b"]


def test_every_candidate_needs_its_blame():
    with pytest.raises(ValueError, match="argument"):
        rank([candidate()], [], SYMPTOM)


def test_huge_scores_do_not_overflow():
    many = [candidate(share=share / 500) for share in range(500)]
    ranked, none = rank(many, [1.0] * 500, SYMPTOM)
    assert none + sum(r.confidence for r in ranked) == pytest.approx(1.0)
