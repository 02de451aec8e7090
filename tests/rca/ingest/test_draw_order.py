"""Of many rows those that samples draw first are stored first."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from rca.evidence.rows import read_rows
from rca.ingest.predictions import land as module
from rca.profile import update_profile
from rca.warehouse.draw import FRONT, draw_order, stored_order
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.ingest.conftest import Land
from tests.rca.ingest.landing import batch, times

ROWS = 3_000
SPLIT = datetime(2026, 1, 2, tzinfo=UTC)
BEFORE, AFTER = Window(datetime(2026, 1, 1, tzinfo=UTC), SPLIT), Window(SPLIT, datetime(2026, 1, 9, tzinfo=UTC))
EVERYTHING = f"SELECT *, {stored_order()} AS place FROM predictions_1 ORDER BY place"


def logged(folder: Path) -> None:
    # the second file logs the moments and answers of the first again; the first row of each has no time
    for name in ("a", "b"):
        batch(folder, name, ROWS, ts=[None, *times(ROWS)[1:]], amount=np.arange(ROWS) * (1.0 if name == "a" else 2.0))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY_ROWS", 1_000)


@pytest.mark.usefixtures("many")
def test_rows_lie_in_the_order_of_drawing_and_then_as_written(folder: Path, land: Land) -> None:
    logged(folder)
    stored = land().rows(f"SELECT {draw_order()}, _file, _row FROM predictions_1 ORDER BY rowid")
    front = [row[0] for row in stored if row[0] < FRONT]
    assert 2 * ROWS / 32 < len(front) < 2 * ROWS / 8
    assert [row[0] for row in stored[: len(front)]] == sorted(front)
    rest = [row[1:] for row in stored[len(front) :]]
    assert rest == sorted(rest)
    assert len(stored) == 2 * (ROWS - 1)


def test_few_rows_lie_as_written(folder: Path, land: Land) -> None:
    logged(folder)
    stored = land().rows("SELECT _file, _row FROM predictions_1 ORDER BY rowid")
    assert stored == sorted(stored)


def test_what_is_landed_and_what_is_sampled_does_not_depend_on_it(
    folder: Path, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged(folder)
    found = []
    for most in (module.MANY_ROWS, 1_000):
        monkeypatch.setattr(module, "MANY_ROWS", most)
        landed = land()
        update_profile(landed.warehouse)
        node = Node(id="m", kind="model")
        rows = read_rows(landed.warehouse, node, BEFORE, AFTER, "power(prediction - label, 2)", limit=700)
        assert rows is not None
        assert rows.repeats.sum() > 0
        found.append((landed.rows(EVERYTHING), rows))
    (stored, rows), (stored_otherwise, others) = found
    assert stored == stored_otherwise
    for name in ("after", "ts", "prediction", "label", "score", "repeats"):
        np.testing.assert_array_equal(getattr(rows, name), getattr(others, name))
    np.testing.assert_array_equal(rows.values["amount"], others.values["amount"])
