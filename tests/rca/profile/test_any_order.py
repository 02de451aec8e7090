"""Late and out-of-order batches lead to the same bins and cells as all batches at once."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rca.profile import reference, update_profile
from rca.warehouse import Warehouse
from tests.rca.profile.landing import START, land, make_log

COLUMNS = {"x": "DOUBLE", "c": "VARCHAR", "late": "DOUBLE", "emb": "FLOAT[]", "word": "VARCHAR"}
CELLS = """
SELECT model_version, split, column_name, part, hour, bin, n, n_labelled, sum_value, sum_value_sq,
       sum_prediction, sum_label, sum_loss FROM profile ORDER BY ALL
"""


def batches(*, trained: bool, count: int = 6, size: int = 120) -> list[list[dict]]:
    """Batches of consecutive hours whose values grow, so that the order shows; `late` comes with the third."""
    made = []
    for k in range(count):
        rows = []
        for i in range(size):
            at = k * size + i
            row = {
                "ts": START + timedelta(minutes=2 * at),
                "x": float(at % 97) + 10 * k,
                "c": f"c{k}" if i % 3 else "common",
                "prediction": (at % 10) / 10,
                "label": float(at % 2),
                "model_version": "1" if k < 3 else "2",
                "split": "train" if trained and k in {0, 4} else "production",
            }
            if k >= 3:
                row |= {
                    "late": float(at),
                    "emb": [1.0, float(i)] if k % 2 else [1.0, 2.0, float(i)],
                    "word": f"w{i % 5}",
                }
            rows.append(row)
        made.append(rows)
    return made


def profiled(steps: list[list[tuple[int, list[dict]]]]) -> tuple[list, list]:
    """Profile after each step of batches, each batch known by its number."""
    with Warehouse() as warehouse:
        make_log(warehouse, COLUMNS)
        for step in steps:
            for number, rows in step:
                file_id = land(warehouse, rows)
                warehouse.connection.execute(
                    "UPDATE files SET digest = ? WHERE file_id = ?", [f"digest-{number}", file_id]
                )
            update_profile(warehouse)
        bins = warehouse.connection.execute("FROM bins ORDER BY ALL").fetchall()
        return bins, warehouse.connection.execute(CELLS).fetchall()


def assert_alike(left: tuple[list, list], right: tuple[list, list]) -> None:
    assert left[0] == right[0]
    assert [cell[:8] for cell in left[1]] == [cell[:8] for cell in right[1]]
    sums = [np.array([cell[8:] for cell in side[1]], dtype=float) for side in (left, right)]
    np.testing.assert_allclose(*sums, rtol=1e-9)


@st.composite
def orders(draw, count: int = 6) -> list[list[int]]:
    """A permutation of the batches, cut into steps."""
    order = draw(st.permutations(range(count)))
    cuts = sorted(draw(st.sets(st.integers(1, count - 1))))
    return [order[start:stop] for start, stop in zip([0, *cuts], [*cuts, count], strict=True)]


@pytest.mark.parametrize("trained", [True, False])
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking takes minutes
@given(steps=orders())
def test_any_order_and_any_steps_lead_to_one_profile(trained: bool, steps: list[list[int]]) -> None:
    made = batches(trained=trained)
    at_once = profiled([list(enumerate(made))])
    assert_alike(profiled([[(number, made[number]) for number in step] for step in steps]), at_once)


@pytest.mark.parametrize("steps", [[[5, 4], [3], [2, 1], [0]], [[0], [1], [2], [3], [4], [5]]])
@pytest.mark.parametrize("trained", [True, False])
def test_references_that_are_sampled_and_spans_that_are_rounded(
    monkeypatch: pytest.MonkeyPatch, steps: list[list[int]], *, trained: bool
) -> None:
    monkeypatch.setattr(reference, "SAMPLE_ROWS", 40)
    monkeypatch.setattr(reference, "EXACT_ROWS", 100)
    monkeypatch.setattr(reference, "LEAST_ROWS", 50)
    made = batches(trained=trained)
    at_once = profiled([list(enumerate(made))])
    assert_alike(profiled([[(number, made[number]) for number in step] for step in steps]), at_once)


def test_batches_with_the_same_first_moment_are_told_apart_by_content() -> None:
    first = [{"late": 1.0, "ts": START + timedelta(days=3), "x": 1.0}]
    second = [{"late": 7.0, "ts": START + timedelta(days=3), "x": 1.0}]
    trained = [{"x": 1.0, "split": "train"}]
    one = profiled([[(0, trained)], [(1, first)], [(2, second)]])
    assert_alike(profiled([[(2, second)], [(1, first), (0, trained)]]), one)
    assert any(row[1] == "late" and row[6] == math.floor(1.0) for row in one[0])


def test_ordinary_appends_keep_the_bins_and_count_only_the_new_rows() -> None:
    with Warehouse() as warehouse:
        make_log(warehouse, COLUMNS)
        made = batches(trained=True)
        land(warehouse, made[0] + made[4])
        update_profile(warehouse)
        seen: list[int] = []
        warehouse.connection.execute("UPDATE predictions_1 SET x = 1e9")  # would show if old rows were counted anew
        for rows in (made[1], made[2]):
            land(warehouse, rows)
            update_profile(warehouse, lambda *step: seen.append(step[1]))
        high = warehouse.connection.execute("SELECT max(sum_value) FROM profile WHERE column_name = 'x'").fetchone()
    assert seen
    assert high[0] < 1e6


def test_there_is_one_cell_for_each_key_and_a_long_log_settles() -> None:
    with Warehouse() as warehouse:
        make_log(warehouse, {"x": "DOUBLE"})
        for _ in range(4):
            land(warehouse, [{"x": 1.0, "split": "train"}, {"x": 2.0}])
            update_profile(warehouse)
        cells = warehouse.connection.execute(
            "SELECT count(*), count(DISTINCT (split, column_name, part, hour, bin)) FROM profile"
        ).fetchone()
    assert cells[0] == cells[1]
    longest = timedelta(hours=reference.LONGEST_HOURS)
    assert {reference._rounded(timedelta(days=d)) for d in (43, 60, 4000)} == {longest}
    assert reference._rounded(timedelta(hours=9)) == timedelta(hours=8)
    assert reference._rounded(timedelta(minutes=9)) == timedelta(minutes=9)
