import math
from dataclasses import replace

import pytest

from rankers import heuristic, supervised
from rankers.model import Model
from rankers.proposed import Proposed
from rankers.slate import slate_of
from rca.moved import MOST, what_moved
from schemas.candidate import Candidate
from tests.rca.review.rankers import small_model

HEURISTIC = Model(heuristic.VERSION)
ONE = Candidate("data_quality", "feed", "amount", 0.6, 20.0, 0.8, "")
OTHER = Candidate("model_change", "scorer", "2", 0.1, 3.0, 0.2, "", features={"alignment": math.nan})
PROPOSED = Proposed((ONE, OTHER), (0.7, 1.0), 1e-9)


def test_the_parts_of_the_heuristic_add_up_to_its_log_odds() -> None:
    first, _ = what_moved(HEURISTIC, PROPOSED)
    whole = heuristic.log_odds("data_quality", heuristic.ranking_features(ONE, 0.7))
    assert heuristic.BASE + sum(each.by for each in first) == pytest.approx(whole, abs=0.01)
    assert next(each for each in first if each.name == "blame").by < 0


def test_what_was_learned_is_added_column_by_column() -> None:
    model = small_model("site-1")
    plain, learned = what_moved(HEURISTIC, PROPOSED)[0], what_moved(model, PROPOSED)[0]
    tree = {move.name: move.by for move in supervised.explain(model, PROPOSED)[0]}
    before = {each.name: each.by for each in plain}
    assert tree["share"] < -0.05
    for each in learned:
        assert each.by == pytest.approx(before.get(each.name, 0.0) + tree.get(each.name, 0.0), abs=0.002)


def test_trees_move_the_score_from_what_is_expected() -> None:
    model = small_model("site-1")
    added = supervised.corrections(model, slate_of(PROPOSED))[0]
    moves = supervised.explain(model, PROPOSED)[0]
    expected = sum(trees.expected() for trees in model.trees)
    assert added == pytest.approx(expected + sum(move.by for move in moves))


def test_calibration_scales_what_moved() -> None:
    once, twice = (what_moved(replace(HEURISTIC, sharpness=s), PROPOSED)[0] for s in (1.0, 2.0))
    assert twice[0].by == pytest.approx(2 * once[0].by, abs=0.002)


def test_the_largest_come_first_and_slight_ones_are_not_told() -> None:
    every = replace(ONE, features={"alignment": 0.9, "coincident_change": 1.0})
    for found in what_moved(small_model("site-1"), Proposed((every, OTHER), (0.7, 1.0), 1e-9)):
        sizes = [abs(each.by) for each in found]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) <= MOST
        assert min(sizes) >= 0.05
        assert all(each.text for each in found)


def test_no_candidates_no_words() -> None:
    assert what_moved(small_model("site-1"), Proposed((), (), 1e-9)) == []
