"""What reaches the prediction logs: classes, vectors, labels and their times, lost and repeated rows."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from rca.demo.scenario import Evidence
from tests.rca.demo.three import KINDS, ROWS, Injected, query, read, run, write


def test_classes_are_logged_with_their_probabilities(three, tmp_path) -> None:
    folder = write(tmp_path, three)
    found = read(folder, "kinds", "prediction, label, proba_large, proba_medium, proba_small", "true")
    labels = {row[1] for row in found}
    assert labels == {*KINDS, None}
    for prediction, _, *chances in found[:200]:
        assert prediction == KINDS[int(np.argmax(chances))]
        assert sum(chances) == pytest.approx(1, abs=1e-4)


def test_vectors_are_lists_of_one_length_and_null_where_unknown(three, tmp_path) -> None:
    def lose(world, mask):
        world.columns["vector"][mask] = np.nan

    folder = write(tmp_path, three, Injected("rows", lose))
    last = max((folder / "predictions" / "values").glob("2*.parquet"))
    first = pq.read_table(min((folder / "predictions" / "values").glob("2*.parquet")))
    assert str(first.schema.field("vector").type) == "fixed_size_list<element: float>[3]"
    assert first["vector"].null_count == 0
    assert pq.read_table(last)["vector"].null_count == pq.read_table(last).num_rows


def test_label_times_are_logged_only_for_labels_that_are_known(three, tmp_path) -> None:
    folder = write(tmp_path, three, evidence=Evidence(traces=0, label_delay=4.0, label_ts=True))
    last, known, late, without = read(
        folder, "bads",
        "max(label_ts) < '2026-10-18 00:00+00', count(label_ts), "
        "count(*) FILTER ((epoch(label_ts) - epoch(ts)) / 86400 BETWEEN 2.7 AND 4.1), "
        "count(*) FILTER ((label IS NULL) <> (label_ts IS NULL))",
    )[0]  # fmt: skip
    assert last
    assert known == late > ROWS / 2
    assert without == 0


def test_labels_may_differ_from_the_outcomes_and_be_absent(three, tmp_path) -> None:
    def relabel(world, mask):
        world.labels["bads"][mask] = 1.0

    world = run(three, Injected("labels", relabel))
    after = world.ts >= world.moment(5.0)
    assert (world.labels["bads"][after] == 1).all()
    assert world.columns["bad"][after].mean() < 0.9
    folder = write(tmp_path, three, evidence=Evidence(traces=0, labels=False))
    assert all("label" not in pq.read_schema(path).names for path in (folder / "predictions").rglob("*.parquet"))


def test_rows_are_lost_and_repeated_in_the_logs_alone(three, tmp_path) -> None:
    def lose(world, mask):
        world.keep[mask & (world.columns["area"] == "north")] = False
        world.copies[mask & (world.columns["area"] == "south")] = 2

    folder = write(tmp_path, three, Injected("labels", lose))
    areas = query(
        "SELECT area, count(*), count(DISTINCT request_id) FROM read_parquet(?) WHERE ts > '2026-10-13 12:00+00' "
        "GROUP BY area",
        folder / "predictions" / "bads" / "2*.parquet",
    )
    ((area, rows, requests),) = areas
    assert area == "south"
    assert rows == 3 * requests
    (total,) = query("SELECT sum(value) FROM read_parquet(?) WHERE node = 'scoring-api' AND metric = 'requests'",
                     folder / "kpis.parquet")  # fmt: skip
    assert total[0] == ROWS


def test_training_rows_may_be_of_one_split_or_absent(three, tmp_path) -> None:
    folder = write(tmp_path, three, evidence=Evidence(traces=0, splits=("train",)))
    assert set(read(folder, "bads", "DISTINCT split", "true")) == {("train",), ("production",)}
    for node in ("kinds", "values", "bads"):
        assert read(folder, node, "count(prediction), count(label)", "split = 'train'")[0][0] > 500
