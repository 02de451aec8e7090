"""The scoring rules of CONTRACT section 5."""

from pathlib import Path

import pytest

from benchmarks.incidents.figures import calibration, figures, interval
from benchmarks.incidents.files import Files
from benchmarks.incidents.score import (
    Result,
    any_of,
    family_of,
    judge,
    judge_case,
    known_of,
    score_case,
    with_producers,
)

TRUTH = {"family": "data_quality", "node": "feed", "subject": "amount", "also_subjects": ()}
LABELS = {"family": "label_change", "node": "scorer", "subject": None}
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
        ({"subject": None}, cause(subject=None), True, True),
        ({"also_subjects": ("set amount",)}, cause(subject="set amount"), True, True),
        ({"family": "feature_drift"}, cause(family="population_shift", node="scorer"), True, True),
        ({"family": "population_shift", "node": "scorer"}, cause(family="feature_drift", node="scorer"), True, True),
        ({"family": "feature_drift"}, cause(family="population_shift", subject="hour"), False, False),
        ({"family": "feature_drift"}, cause(family="feature_drift", node="elsewhere"), True, False),
        ({"family": "population_shift", "subject": None}, cause(family="feature_drift"), False, True),
    ],
)
def test_levels(truth, answer, what, where) -> None:
    hits = judge([TRUTH | truth], [answer], READERS)
    assert (hits["what"], hits["where"], hits["exact"]) == ([[what]], [[where]], [[what and where]])


def test_a_baseline_that_names_no_family_has_the_benefit_of_the_doubt() -> None:
    answer = {"families": ["data_quality", "schema_change"], "node": "feed", "subject": "amount", "confidence": 0.0}
    assert judge([TRUTH, LABELS], [answer], READERS)["exact"] == [[True], [False]]


def result(truths, causes, none=0.2, seconds=0.1) -> Result:
    hits = judge(truths, causes, READERS)
    return Result("t-000", "t", "x", tuple(truths), "", "n.m", causes, none, hits, seconds)


def test_false_alarm_only_without_a_fault() -> None:
    believed = [cause(confidence=0.3)]
    assert result([], believed).false_alarm
    assert result([], believed, none=0.3).false_alarm
    assert not result([], believed, none=0.6).false_alarm
    assert not result([TRUTH], believed).false_alarm


def test_abstention_only_with_a_fault() -> None:
    doubted = [cause(confidence=0.3)]
    assert result([TRUTH], doubted, none=0.6).abstained
    assert not result([TRUTH], doubted).abstained
    assert not result([], doubted, none=0.6).abstained


def test_rank_counts() -> None:
    found = result([TRUTH], [cause(subject="x"), cause(subject="y"), cause()])
    assert [found.at(k) for k in (1, 2, 3)] == [0, 0, 1]
    assert found.reciprocal_rank() == pytest.approx(1 / 3)


def test_of_two_truths_each_counts_half_among_the_first_two() -> None:
    first = result([TRUTH, LABELS], [cause(), cause(subject="x"), cause("label_change", "scorer", None)])
    assert [first.at(k) for k in (1, 2, 3)] == [0.5, 0.5, 1]
    both = result([TRUTH, LABELS], [cause("label_change", "scorer", None), cause()])
    assert both.at(1) == 1
    assert both.reciprocal_rank() == 1
    assert both.first_right


def test_calibration_of_the_first_cause() -> None:
    sure = [result([TRUTH], [cause(confidence=0.9)]) for _ in range(9)]
    wrong = [result([TRUTH], [cause(subject="x", confidence=0.9)])]
    ece, brier = calibration(sure + wrong)
    assert ece == pytest.approx(0.0, abs=1e-9)
    assert brier == pytest.approx(0.09)


def test_confidence_without_a_fault_is_overconfidence() -> None:
    assert calibration([result([], [cause(confidence=0.8)])]) == pytest.approx((0.8, 0.64))


def test_rates_leave_calm_cases_out() -> None:
    found = figures([result([TRUTH], [cause()], seconds=1), result([], [], seconds=3)])
    assert (found.n, found.calm, found.at["exact"], found.false_alarms) == (1, 1, (1, 1), 0)
    assert found.seconds == pytest.approx((2, 2.8))


def test_the_interval_covers_the_mean_and_narrows() -> None:
    few, many = interval([1, 0, 1, 1]), interval([1, 0, 1, 1] * 50)
    assert few[0] <= many[0] < 0.75 < many[1] <= few[1]


def test_no_cases_give_no_figures_but_no_error() -> None:
    assert figures([]).as_json()["at"] == {level: [None, None] for level in ("exact", "where", "what")}


def test_a_crash_is_a_miss(toy_bundle: Path) -> None:
    def broken(_: Path):
        raise ValueError("no")

    found = score_case(toy_bundle, broken)
    assert (found.at(5), found.none_of_these, found.error) == (0, 1, "ValueError: no")


def test_the_family_of_a_case_in_a_word() -> None:
    assert [family_of(truths) for truths in ([], [TRUTH], [TRUTH, LABELS])] == ["no_fault", "data_quality", "two_roots"]


def test_of_answers_that_all_would_do_one_is_enough() -> None:
    answers = [cause(subject="x"), cause("label_change", "scorer", None), cause()]
    assert any_of(judge([TRUTH, LABELS], answers, READERS))["exact"] == [[False, True, True]]
    assert any_of(judge([], answers, READERS))["exact"] == []


MIX = {"family": "population_shift", "node": "scorer", "subject": "amount"}


@pytest.mark.parametrize(
    ("truth", "answer", "right"),
    [
        (MIX, cause("feature_drift", "orders-feed"), True),
        (MIX, cause("feature_drift", "scorer"), True),
        (MIX | {"family": "feature_drift", "node": "orders-feed"}, cause("population_shift", "scorer"), True),
        (MIX, cause("feature_drift", "people-feed"), False),
        (MIX, cause("feature_drift", "orders-feed", "country"), False),
        (MIX | {"subject": "age"}, cause("feature_drift", "people-feed", "age"), True),
        (MIX | {"subject": "gap"}, cause("feature_drift", "orders-feed", "gap"), False),
        (MIX, cause("data_quality", "orders-feed"), False),
        (MIX | {"family": "data_quality"}, cause("data_quality", "orders-feed"), False),
    ],
)
def test_real_drift_is_right_at_the_column_s_producer_as_at_the_model_that_reads_it(
    toy_bundle: Path, truth, answer, right
) -> None:
    """CONTRACT section 5."""
    known = known_of(toy_bundle) | {"causes": [truth]}
    assert judge_case(toy_bundle, known, [answer])["exact"] == [[right]]


def test_the_producers_of_a_column_are_added_to_its_readers(toy_bundle: Path) -> None:
    readers = {"amount": ["scorer"]}
    found = with_producers(Files(toy_bundle), readers)
    assert found == {"amount": ["scorer", "orders-feed"], "country": ["orders-feed"], "age": ["people-feed"]}
    assert readers == {"amount": ["scorer"]}


def test_a_system_without_edges_names_no_producers(tmp_path: Path) -> None:
    (tmp_path / "system.yaml").write_text("nodes: [{id: scorer, kind: model}]\nedges:\n- {from: a, to: scorer}\n")
    assert with_producers(Files(tmp_path), READERS) == READERS
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "system.yaml").write_text("nodes: [{id: scorer, kind: model}]\n")
    assert with_producers(Files(tmp_path / "bare"), READERS) == READERS
