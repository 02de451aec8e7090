import pytest

import rca.analyse as engine
from benchmarks.incidents.ablation import ABLATIONS, patched
from rca.analyse import analyse_bundle

FEATURE = {"blame": "blame", "time": "timing"}


@pytest.mark.parametrize("idea", ABLATIONS)
def test_an_idea_is_off_inside_and_back_outside(toy_bundle, idea) -> None:
    before = (engine.assign_blame, engine.heuristic.rank)
    with ABLATIONS[idea]():
        assert (engine.assign_blame, engine.heuristic.rank) != before
        (analysis,) = analyse_bundle(toy_bundle)
    assert (engine.assign_blame, engine.heuristic.rank) == before
    assert analysis.causes
    assert {cause.features[FEATURE[idea]] for cause in analysis.causes} == {0.0}


def test_what_was_patched_is_put_back_after_an_error() -> None:
    class Thing:
        value = 1

    def fail():
        raise ValueError(Thing.value)

    with pytest.raises(ValueError, match="2"), patched(Thing, "value", 2):
        fail()
    assert Thing.value == 1
