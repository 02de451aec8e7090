"""Laws that every family keeps, on every world."""

import dataclasses
import math
import warnings

import numpy as np
import pytest

from candidates import families
from rankers import heuristic
from schemas.evidence import Evidence
from tests.laws.worlds import broken, degenerate, make_evidence, make_symptom

WORLDS = degenerate()


def fresh(evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, cache={})


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("family", families())
def test_every_family_answers_in_the_contract(family, world):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = families()[family](fresh(WORLDS[world]))
    assert sum(map(bool, (found.candidates, found.ruled_out, found.not_examined))) == 1
    for candidate in found.candidates:
        assert candidate.family == family
        assert 0 <= candidate.impact <= 1
        assert 0 <= candidate.specificity <= 1
        assert math.isfinite(candidate.strength)
        assert candidate.strength >= 0
        assert candidate.summary
        assert all(math.isfinite(value) for value in candidate.features.values())
        assert candidate.onset is None or candidate.onset.tzinfo is not None


@pytest.mark.parametrize("world", ["healthy", "broken", "kpi", "constant"])
@pytest.mark.parametrize("family", families())
def test_every_family_is_deterministic(family, world):
    first, second = (families()[family](fresh(WORLDS[world])) for _ in range(2))
    assert repr(first) == repr(second)


@pytest.mark.parametrize("family", families())
def test_the_order_of_changes_does_not_matter(family):
    evidence = WORLDS["healthy"]
    turned = dataclasses.replace(evidence, changes=evidence.changes[::-1], cache={})
    assert repr(families()[family](turned)) == repr(families()[family](fresh(evidence)))


@pytest.mark.parametrize("world", WORLDS)
def test_probabilities_are_possible(world):
    evidence = fresh(WORLDS[world])
    candidates = [c for generate in families().values() for c in generate(evidence).candidates]
    ranked, none = heuristic.rank(candidates, [1.0] * len(candidates), evidence.symptom)
    assert 1.0 <= none + sum(r.confidence for r in ranked) + 1e-9 <= 2.0
    assert all(0.0 <= r.confidence <= 1.0 - none + 1e-9 for r in ranked)
    assert [r.confidence for r in ranked] == sorted((r.confidence for r in ranked), reverse=True)


@pytest.mark.parametrize(
    ("what", "mechanism"),
    [("a:null", "null_burst"), ("a:scale", "unit_change"), ("a:frozen", "frozen"), ("a:shuffled", "misjoined")],
)
def test_a_wrong_column_is_told_by_its_mechanism_and_its_share(what, mechanism):
    found = families()["data_quality"](broken(what)).candidates
    first = max(found, key=lambda c: c.impact * c.specificity)
    assert (first.node, first.subject, first.mechanism) == ("feed", "a", mechanism)
    assert first.impact > 0.5


@pytest.mark.parametrize("change", ["null", "scale", "frozen"])
def test_a_wrong_column_that_does_not_matter_explains_nothing(change):
    found = [c for c in families()["data_quality"](broken(f"c:{change}")).candidates if c.subject == "c"]
    assert all(c.impact < 0.35 for c in found)


def test_an_insignificant_symptom_is_probably_nothing():
    noise = make_evidence(symptom=make_symptom(value=0.799, p_value=0.6))
    _, none = heuristic.rank([], [], noise.symptom)
    assert none == 1.0


def test_an_unknown_family_is_ranked_by_its_evidence():
    found = families()["data_quality"](broken("a:scale")).candidates
    foreign = [dataclasses.replace(c, family="never_seen") for c in found]
    ranked, none = heuristic.rank(foreign, [1.0] * len(foreign), make_symptom())
    assert ranked[0].candidate.subject == "a"
    assert ranked[0].confidence > none
    assert np.isfinite(ranked[0].confidence)
