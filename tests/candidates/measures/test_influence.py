"""How much of the symptom passes through a model or a column."""

import math
from dataclasses import replace

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from candidates.measures.diagnosis import diagnose
from candidates.measures.influence import (
    bad_share,
    clip,
    column_share,
    drift_share,
    function_share,
    has_moved,
    influence,
    origin,
    symptomatic_models,
)
from schemas.system import System
from tests.candidates.faults import evidence
from tests.candidates.test_downstream_change import incident


@drawn(st.floats(allow_nan=True, allow_infinity=True))
def test_clip_is_a_share(value):
    assert 0 <= clip(value) <= 1
    assert clip(value) == value or not 0 <= value <= 1


def chain(*edges):
    nodes = {e for a, b, _ in edges for e in (a, b)}
    kinds = {"m": "model", "k": "kpi"}
    return System.model_validate(
        {
            "nodes": [{"id": n, "kind": kinds.get(n[0], "dataset")} for n in sorted(nodes)],
            "edges": [{"from": a, "to": b, "columns": c} for a, b, c in edges],
        }
    )


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([("feed", "m", ["x"])], "feed"),
        ([("feed", "m", ["y"])], "m"),
        ([("raw", "feed", ["x"]), ("feed", "m", ["x"])], "raw"),
        ([("raw", "feed", ["y"]), ("feed", "m", ["x"])], "feed"),
        ([("raw", "m2", ["x"]), ("m2", "m", ["x"])], "m2"),
    ],
)
def test_a_column_comes_from_the_furthest_that_hands_it_on_but_stops_at_a_model(edges, expected):
    assert origin(replace(evidence("none"), system=chain(*edges)), "m", "x") == expected


def test_a_cycle_of_columns_ends():
    loop = chain(("a", "b", ["x"]), ("b", "a", ["x"]), ("a", "m", ["x"]))
    assert origin(replace(evidence("none"), system=loop), "m", "x") in {"a", "b"}


def test_the_symptomatic_models_are_the_node_itself_or_the_last_before_it():
    assert symptomatic_models(evidence("none")) == {"scorer"}
    assert symptomatic_models(incident()) == {"scorer"}


def test_the_symptom_passes_through_its_own_node_entirely():
    assert influence(evidence("nulls"), "scorer") == 1.0


def test_it_passes_through_an_upstream_model_only_when_its_output_moved():
    assert influence(evidence("upstream version"), "embedder") > 0.7
    assert influence(evidence("nulls"), "embedder") < 0.1


def test_a_kpi_passes_on_what_it_followed():
    assert influence(incident("times 100"), "scorer") > 0.8
    assert influence(incident(factor=0.8), "scorer") < 0.3


@pytest.mark.parametrize(("fault", "low", "high"), [("worse version", 0.6, 1), ("nulls", 0, 0), ("misjoined", 0, 0.3)])
def test_the_share_of_the_function(fault, low, high):
    assert low <= function_share(evidence(fault), "scorer") <= high


def test_the_share_of_a_column_further_up_is_what_passes_through_both():
    found = evidence("bad input upstream", metric="prediction_mean")
    column = diagnose(found, "embedder").columns["u"]
    share, words = column_share(found, "embedder", column, bad=True)
    assert 0.5 < share <= influence(found, "embedder")
    assert "embedder" in words


@pytest.mark.parametrize(("repair", "expected"), [(math.nan, 0.7), (0.1, 0.2)])
def test_of_histograms_alone_what_the_new_values_meant_before_counts_for_wrong_ones_too(repair, expected):
    """Rows tell a wrong value from a true one by what undoing it does; bins answer both alike."""
    shown = {"redo": math.nan, "drop": 0.2, "mix": 0.7}
    column = replace(diagnose(evidence("none"), "scorer").columns["amount"], repair=repair, **shown)
    assert bad_share(column)[0] == expected
    assert drift_share(column)[0] == 0.7


def test_a_column_moved_by_its_distribution_or_its_relations():
    assert has_moved(diagnose(evidence("times 100"), "scorer").columns["amount"])
    assert has_moved(diagnose(evidence("misjoined"), "scorer").columns["temp"])
    assert not has_moved(diagnose(evidence("none"), "scorer").columns["amount"])


def test_feedback_between_models_does_not_hang():
    edges = [*evidence("upstream version").system.edges]
    back = edges[0].model_copy(update={"source": "scorer", "target": "embedder", "columns": ("u",)})
    system = evidence("none").system.model_copy(update={"edges": (*edges, back)})
    looped = replace(evidence("upstream version"), system=system, cache={})
    assert math.isfinite(influence(looped, "embedder"))
    assert math.isfinite(function_share(looped, "embedder"))
