"""The whole engine on injected incidents whose right answer is known."""

import json

import pytest

from benchmarks.incidents.score import judge
from rca.analyse import analyse_bundle
from rca.demo.bundle import write_bundle
from rca.demo.scenario import Scenario
from tests.incidents.scenarios import CALM, FAULTY, ROWS, SEED, named


def told(analysis):
    return "\n".join(
        [f"{c.confidence:.2f} {c.family}/{c.mechanism} {c.node}:{c.subject} {c.slice}" for c in analysis.causes[:5]]
        + [f"{analysis.none_of_these:.2f} none of these"]
    )


@pytest.mark.parametrize("scenario", named(FAULTY))
def test_the_right_cause_comes_first(cascade, scenario: Scenario, tmp_path) -> None:
    folder = tmp_path / scenario.name
    known = json.loads(write_bundle(folder, scenario, cascade, seed=SEED, rows=ROWS).read_text())
    (analysis,) = analyse_bundle(folder)
    causes = [cause.model_dump() for cause in analysis.causes]
    (right,) = judge(known["causes"], causes, known["readers"])["exact"]
    assert right, f"no cause at all, where {known['causes'][0]} was expected\n{told(analysis)}"
    assert right[0], f"expected {known['causes'][0]}\n{told(analysis)}"
    assert analysis.causes[0].confidence > analysis.none_of_these, told(analysis)


@pytest.mark.parametrize("scenario", named(CALM))
def test_none_of_these_wins_when_nothing_is_wrong(cascade, scenario: Scenario, tmp_path) -> None:
    folder = tmp_path / scenario.name
    write_bundle(folder, scenario, cascade, seed=SEED, rows=ROWS)
    (analysis,) = analyse_bundle(folder)
    believed = max((cause.confidence for cause in analysis.causes), default=0.0)
    assert analysis.none_of_these > believed, told(analysis)
