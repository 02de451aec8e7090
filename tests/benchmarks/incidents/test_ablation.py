import pytest

import rca.analyse as engine
from benchmarks.incidents.ablation import ABLATIONS, patched
from candidates.measures import diagnosis, health
from rca.analyse import analyse_bundle

FEATURE = {"blame": "blame", "time": "timing"}
PLACES = (
    (engine, "assign_blame"),
    (engine.supervised, "rank"),
    *((diagnosis, name) for name in ("repair", "redo", "drop")),
    (health, "moved_columns"),
)


def now():
    return [getattr(owner, name) for owner, name in PLACES]


@pytest.mark.parametrize("idea", ABLATIONS)
def test_an_idea_is_off_inside_and_back_outside(toy_bundle, idea) -> None:
    before = now()
    with ABLATIONS[idea]():
        assert now() != before
        (analysis,) = analyse_bundle(toy_bundle)
    assert now() == before
    assert analysis.causes
    if idea in FEATURE:
        assert {cause.features[FEATURE[idea]] for cause in analysis.causes} == {0.0}


def test_without_impact_all_causes_explain_as_much(toy_bundle) -> None:
    with ABLATIONS["impact"]():
        (analysis,) = analyse_bundle(toy_bundle)
    assert {cause.features["share"] for cause in analysis.causes} == {0.5}


def test_what_was_patched_is_put_back_after_an_error() -> None:
    class Thing:
        value = 1

    def fail():
        raise ValueError(Thing.value)

    with pytest.raises(ValueError, match="2"), patched(Thing, "value", 2):
        fail()
    assert Thing.value == 1
