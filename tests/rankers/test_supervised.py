"""The supervised ranker: with no trees it is the heuristic; what moved a cause adds up; damage is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from rankers import heuristic
from rankers.fit import fit
from rankers.model import Model, TamperedModel, checksum, read_model
from rankers.pretrained import pretrained
from rankers.slate import slate_of
from rankers.supervised import corrections, explain, rank
from rankers.trees import MalformedModel
from rankers.words import said
from schemas.candidate import Candidate
from tests.laws.worlds import make_symptom
from tests.rankers.slates import incidents, proposed

PLAIN = Model(heuristic.VERSION)


@pytest.fixture(scope="module")
def learned():
    return fit(incidents(120), PLAIN, version="site")


@pytest.mark.parametrize("seed", range(5))
def test_without_trees_it_is_the_heuristic(seed):
    seen, _ = proposed(np.random.default_rng(seed))
    found = rank(PLAIN, seen)
    expected, none = heuristic.rank(seen.candidates, seen.blame, make_symptom(p_value=seen.p_value))
    assert found.none == pytest.approx(none)
    assert [(r.candidate, pytest.approx(r.confidence)) for r in found.ranked] == [
        (r.candidate, r.confidence) for r in expected
    ]


def test_what_moved_a_cause_adds_up(learned):
    seen, _ = proposed(np.random.default_rng(9))
    base = sum(trees.expected() for trees in learned.trees)
    by = [sum(moved.by for moved in each) for each in explain(learned, seen)]
    assert np.array(by) + base == pytest.approx(corrections(learned, slate_of(seen)))
    assert explain(learned, seen)[0][0].name in learned.trees[0].names


@pytest.mark.parametrize(("p_value", "least", "most"), [(0.05, 1, 1), (0.3, 0.3, 0.8), (0.5, 0.1, 0.6), (1.0, 0, 0)])
def test_what_was_learned_of_real_symptoms_speaks_less_for_a_cause_of_one_that_may_not_be(
    learned, p_value, least, most
):
    seen, right = proposed(np.random.default_rng(4))
    real, added = (corrections(learned, slate_of(replace(seen, p_value=p))) for p in (1e-9, p_value))
    assert real[right] > 0
    assert least - 1e-9 <= added[right] / real[right] <= most + 1e-9
    assert added.min() < 0


def test_the_telling_number_moves_most(learned):
    seen, right = proposed(np.random.default_rng(4))
    first = explain(learned, seen)[right][0]
    assert first.name == "hint"
    assert said(first.name, first.value, first.by).startswith("hint (")


def test_a_family_never_seen_is_ranked_by_its_evidence(learned):
    seen, right = proposed(np.random.default_rng(4))
    foreign = [replace(c, family="never_seen") for c in seen.candidates]
    found = rank(learned, replace(seen, candidates=foreign))
    assert found.ranked[0].candidate == foreign[right]


def test_no_candidates_leave_none(learned):
    found = rank(learned, replace(proposed(np.random.default_rng(0))[0], candidates=[], blame=[]))
    assert (found.ranked, found.none) == ((), 1.0)


def test_numbers_that_are_none_do_no_harm(learned):
    odd = Candidate("x", "n", None, float("nan"), float("inf"), float("nan"), "s", features={"hint": float("nan")})
    seen = replace(proposed(np.random.default_rng(0))[0], candidates=[odd, odd], blame=[float("nan"), 2.0])
    found = rank(learned, seen)
    assert all(0 <= r.confidence <= 1 for r in found.ranked)
    assert 0 <= found.none <= 1


def test_a_changed_document_is_refused(learned):
    document = learned.to_json()
    assert read_model(document, checksum(document)) == learned
    with pytest.raises(TamperedModel):
        read_model(document.replace("site", "sito"), checksum(document))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"heuristic": "heuristic-0"},
        {"sharpness": 1e9},
        {"none_shift": "x"},
        {"stages": ["tree"]},
        {"about": 3},
    ],
)
def test_a_document_of_something_else_is_refused(learned, change):
    with pytest.raises(MalformedModel):
        read_model(json.dumps(json.loads(learned.to_json()) | change))


@pytest.mark.parametrize("document", ["", "[]", "null", "{}", '{"format": 1}', "not json"])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(MalformedModel):
        read_model(document)


def test_the_shipped_ranker_can_be_read():
    model = pretrained()
    assert model.stages
    assert model.heuristic == heuristic.VERSION
    assert set(model.about["training"]["tables"]) == {"adult", "bank", "beijing", "hotel", "telco"}
