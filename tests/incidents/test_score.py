"""The scoring rules of CONTRACT section 5."""

import pytest

from benchmarks.incidents.score import Result, calibration, judge

TRUTH = {"family": "data_quality", "node": "feed", "subject": "amount", "also_subjects": ()}
READERS = {"amount": ["scorer"]}


def cause(family="data_quality", node="feed", subject="amount", confidence=0.5):
    return {"family": family, "node": node, "subject": subject, "confidence": confidence}


@pytest.mark.parametrize(
    ("truth", "answer", "what", "where"),
    [
        ({}, cause(), True, True),
        ({}, cause(family="schema_change"), False, True),
        ({}, cause(node="scorer"), True, False),
        ({}, cause(subject=None), True, False),
        ({"subject": None}, cause(subject="anything"), True, True),
        ({"also_subjects": ("set amount",)}, cause(subject="set amount"), True, True),
        ({"family": "feature_drift"}, cause(family="population_shift", node="scorer"), True, True),
        ({"family": "feature_drift"}, cause(family="population_shift", subject="hour"), False, False),
        ({"family": "feature_drift"}, cause(family="feature_drift", node="elsewhere"), True, False),
    ],
)
def test_levels(truth, answer, what, where) -> None:
    hits = judge(TRUTH | truth, [answer], READERS)
    assert (hits["what"], hits["where"], hits["exact"]) == ([what], [where], [what and where])


def result(truth, causes, none=0.2) -> Result:
    return Result("t-000", truth, "", "n.m", causes, none, judge(truth, causes, READERS), 0.1)


def test_false_alarm_only_without_a_fault() -> None:
    believed = [cause(confidence=0.3)]
    assert result(None, believed).false_alarm
    assert not result(None, believed, none=0.6).false_alarm
    assert not result(TRUTH, believed).false_alarm


def test_rank_counts() -> None:
    found = result(TRUTH, [cause(subject="x"), cause(subject="y"), cause()])
    assert not found.at(1)
    assert not found.at(2)
    assert found.at(3)


def test_calibration_of_the_first_cause() -> None:
    sure = [result(TRUTH, [cause(confidence=0.9)]) for _ in range(9)]
    wrong = [result(TRUTH, [cause(subject="x", confidence=0.9)])]
    ece, brier = calibration(sure + wrong)
    assert ece == pytest.approx(0.0, abs=1e-9)
    assert brier == pytest.approx(0.09)
