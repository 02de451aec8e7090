"""Against profiles that whylogs 1.6.4 wrote (make_profiles.py), read by whylogs itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rca.errors import InputError
from rca.pulls.whylogs import pull_whylogs

FILES = sorted(Path(__file__).parent.glob("*.bin"))
FIRST, SECOND = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows():
    return pull_whylogs(FILES, node="scorer", model_version="7").histograms.to_pylist()


def bins(rows, column, start):
    return [row for row in rows if (row["column"], row["window_start"]) == (column, start)]


def test_all_rows_are_counted_nulls_too(rows):
    assert {row["node"] for row in rows} == {"scorer"}
    assert {row["model_version"] for row in rows} == {"7"}
    for start, expected in ((FIRST, 100), (SECOND, 600)):
        for column in ("amount", "country"):
            assert sum(row["count"] for row in bins(rows, column, start)) == 2000
        (nulls,) = [
            row for row in bins(rows, "amount", start)
            if row["bin_left"] is None and row["bin_right"] is None and row["category"] is None
        ]  # fmt: skip
        assert nulls["count"] == expected


def test_all_profiles_have_the_edges_of_the_first_so_that_they_compare(rows):
    before, after = (
        {(row["bin_left"], row["bin_right"]): row["count"] for row in bins(rows, "amount", start)}
        for start in (FIRST, SECOND)
    )
    assert set(after) <= set(before)
    highest = max(right for _, right in before if right is not None)
    assert before[highest, None] == pytest.approx(190, abs=40)
    assert after[highest, None] == pytest.approx(1400 * 0.96, rel=0.02)


def test_edges_in_use_are_kept():
    edges = {("scorer", "amount"): (90.0, 110.0)}
    rows = pull_whylogs(FILES[:1], node="scorer", edges=edges).histograms.to_pylist()
    found = {(row["bin_left"], row["bin_right"]): row["count"] for row in bins(rows, "amount", FIRST)}
    assert found[90.0, 110.0] == pytest.approx(0.6827 * 1900, rel=0.05)


def test_categories_are_counted(rows):
    assert {row["category"] for row in bins(rows, "country", FIRST)} == {"DE", "FR"}
    assert {row["category"] for row in bins(rows, "country", SECOND)} == {"DE", "FR", "IT"}


@pytest.mark.parametrize(
    ("content", "message"), [(b"PK..", "is no whylogs profile"), (b"WHY1" + b"\x00\xff" * 50, "is a damaged profile")]
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        pull_whylogs([path], node="scorer")
