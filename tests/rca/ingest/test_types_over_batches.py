"""Batches that disagree in their columns and types: the disagreement is kept as evidence."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from rca.ingest import session
from tests.rca.ingest.conftest import Land
from tests.rca.ingest.landing import Landed, batch

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (as the database gives it)


def observed(landed: Landed, name: str = "amount") -> list[tuple[Any, ...]]:
    return landed.rows(
        """SELECT type, kind, rows, nulls, uncast FROM schema_observations WHERE column_name = ? ORDER BY file_id""",
        name,
    )


def test_numbers_as_text_are_cast_but_the_batch_is_seen_as_text(folder: Path, land: Land) -> None:
    batch(folder, "a")
    batch(folder, "b")
    batch(folder, "c", amount=["1.5", "2", "garbled", None])
    landed = land()
    assert landed.kept("amount") == ("feature", "numeric", "DOUBLE")
    assert landed.column("amount")[8:] == [1.5, 2.0, None, None]
    assert observed(landed)[2] == ("VARCHAR", "category", 4, 1, 1)
    assert [row[1:4] for row in landed.quarantine()] == [(3, "amount", "garbled")]


def test_text_never_rounds_an_integer_column(folder: Path, land: Land) -> None:
    batch(folder, "a", amount=[1, 2, 3, 4])
    batch(folder, "b", amount=[1, 2, 3, 4])
    landed = land()
    assert landed.kept("amount")[2] == "BIGINT"
    batch(folder, "c", amount=["12.5", "1", "2", "3"])
    landed.again()
    assert landed.kept("amount")[2] == "DOUBLE"
    assert landed.column("amount")[8:] == [12.5, 1.0, 2.0, 3.0]
    assert landed.rows("SELECT DISTINCT type FROM prediction_columns WHERE column_name = 'amount'") == [("DOUBLE",)]


def test_the_kind_in_most_rows_is_kept(folder: Path, land: Land) -> None:
    batch(folder, "a", n=20, amount=["x"] * 20)
    batch(folder, "b", amount=[1, 2, 3, 4])
    batch(folder, "c", amount=[1.0, 2.5, 3.0, None])
    landed = land()
    assert landed.kept("amount") == ("feature", "category", "VARCHAR")
    assert landed.column("amount")[20:] == ["1", "2", "3", "4", "1", "2.5", "3", None]
    assert landed.quarantine() == []


@pytest.mark.parametrize("nothing", [pa.nulls(4), pa.array([None] * 4, pa.float64())])
def test_an_empty_column_takes_the_type_of_a_later_batch(folder: Path, land: Land, nothing: Any) -> None:
    batch(folder, "a", amount=nothing)
    landed = land()
    batch(folder, "b", amount=["x", "y", "x", None])
    landed.again()
    assert landed.kept("amount") == ("feature", "category", "VARCHAR")
    assert landed.column("amount") == [None] * 4 + ["x", "y", "x", None]


def test_integers_widen_to_floats(folder: Path, land: Land) -> None:
    batch(folder, "a", amount=pa.array([1, 2, 3, 4], pa.int8()))
    batch(folder, "b", amount=[0.5, 1.5, 2.5, None])
    batch(folder, "c", amount=pa.array([1, 2, 3, 4]).cast(pa.decimal128(25, 2)))
    landed = land()
    assert landed.column("amount") == [1.0, 2.0, 3.0, 4.0, 0.5, 1.5, 2.5, None, 1.0, 2.0, 3.0, 4.0]
    assert [row[0] for row in observed(landed)] == ["TINYINT", "DOUBLE", "DECIMAL(25,2)"]


@pytest.mark.parametrize(
    ("values", "kept", "first"),
    [
        ([True, False, None, True], ("feature", "boolean", "BOOLEAN"), True),
        (pa.array(["a", "b", None, "a"]).dictionary_encode(), ("feature", "category", "VARCHAR"), "a"),
        (pa.array([[1.0, 2.0]] * 4, pa.list_(pa.float32(), 2)), ("feature", "vector", "FLOAT[]"), [1.0, 2.0]),
        (pa.array([[1.0, 2.0]] * 4, pa.list_(pa.float64())), ("feature", "vector", "DOUBLE[]"), [1.0, 2.0]),
        (pa.array([{"x": 1, "y": "b"}] * 4), ("feature", "category", "VARCHAR"), '{"x":1,"y":"b"}'),
        (pa.array([["a", "b"]] * 4), ("feature", "category", "VARCHAR"), '["a","b"]'),
        (pa.array([2**63, 1, 2, 3], pa.uint64()), ("feature", "numeric", "DOUBLE"), 2.0**63),
        (pa.array([0, 1, None, 2], pa.timestamp("ns", tz="UTC")), ("feature", "timestamp", "TIMESTAMP"), EPOCH),
        (pa.array([0, 1, None, 2], pa.date32()), ("feature", "timestamp", "TIMESTAMP"), EPOCH),
        (pa.array([1, 2, 3, 4], pa.time64("us")), ("feature", "category", "VARCHAR"), "00:00:00.000001"),
    ],
)
def test_every_kind_of_column(folder: Path, land: Land, values: Any, kept: Any, first: Any) -> None:
    batch(folder, "a", x=values)
    landed = land()
    assert landed.kept("x") == kept
    assert landed.column("x")[0] == first


def test_a_vector_widens_and_other_kinds_are_set_aside(folder: Path, land: Land) -> None:
    batch(folder, "a", n=8, x=pa.array([[1.0, 2.0]] * 8, pa.list_(pa.float32(), 2)))
    batch(folder, "b", x=pa.array([[0.1]] * 4, pa.list_(pa.float64())))
    batch(folder, "c", x=["[1, 2]", "no", "[3]", None])
    landed = land()
    assert landed.kept("x") == ("feature", "vector", "DOUBLE[]")
    assert landed.column("x")[8:] == [[0.1]] * 4 + [[1.0, 2.0], None, [3.0], None]


def test_the_order_and_presence_of_columns_is_observed(folder: Path, land: Land) -> None:
    batch(folder, "a")
    batch(folder, "b", amount=None, amount_usd=[1.0] * 4)
    landed = land()
    seen = landed.rows("SELECT file_id, column_name, position FROM schema_observations WHERE position = 3 ORDER BY ALL")
    assert [row[1:] for row in seen] == [("amount", 3), ("amount_usd", 3)]
    assert landed.column("amount") == [0.0, 1.0, 2.0, 3.0] + [None] * 4


def test_raw_values_are_capped_and_counted(folder: Path, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RAW_VALUES_KEPT", 5)
    batch(folder, "a", n=30)
    batch(folder, "b", n=20, amount=["bad"] * 20)
    landed = land()
    raw = landed.quarantine()
    assert len(raw) == 6
    assert "20 in all" in raw[-1][4] or "20 in all" in raw[0][4]
    assert observed(landed)[1][4] == 20
    assert landed.rows("SELECT quarantined FROM files ORDER BY path") == [(0,), (20,)]


def test_a_segment_declared_later_changes_its_role(folder: Path, land: Land) -> None:
    batch(folder, "a", channel=["x"] * 4)
    landed = land()
    assert landed.kept("channel")[0] == "feature"
    text = (folder / "system.yaml").read_text().replace("[country]", "[country, channel]")
    (folder / "system.yaml").write_text(text)
    batch(folder, "b", channel=["y"] * 4)
    landed.again()
    assert landed.kept("channel")[0] == "segment"
