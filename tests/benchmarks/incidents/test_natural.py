import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.incidents.natural.bundle import split, write_event
from benchmarks.incidents.natural.counts import CALM, GROWTH
from benchmarks.incidents.natural.taxi import load_rides
from benchmarks.incidents.natural.track import EVENTS
from rca.bundle import read_bundle
from schemas.system import RESERVED_COLUMNS


def test_the_model_never_saw_what_is_served() -> None:
    columns = GROWTH.load()
    parts = split(GROWTH, columns)
    days = {
        part: set(columns["ts"][parts == part].astype("datetime64[D]").tolist()) for part in ("train", "production")
    }
    assert days["train"]
    assert not days["train"] & days["production"]


def test_a_bundle_is_served_in_order_up_to_the_moment_it_is_noticed(tmp_path) -> None:
    folder = tmp_path / "calm"
    known = json.loads(write_event(CALM, folder).read_text())
    assert known["causes"] == []
    bundle = read_bundle(folder)
    assert bundle.notes == ()
    log = pq.read_table(folder / "predictions" / "hire-model").to_pydict()
    live = np.array(log["split"]) == "production"
    ts = np.array([moment.replace(tzinfo=None) for moment in log["ts"]], dtype="datetime64[s]")
    assert ts[live].min() >= np.datetime64(CALM.served[0])
    assert ts[live].max() < np.datetime64(CALM.served[1])
    error = np.abs(np.array(log["prediction"]) - np.array(log["label"]))[live]
    assert error.mean() < 0.5 * np.std(log["label"]), "the model has learned something"


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_what_may_be_answered_is_part_of_the_system(event) -> None:
    columns = {column for part in event.sources.values() for column in part}
    assert set(event.spec.inputs) <= columns
    assert not columns & set(RESERVED_COLUMNS)
    for one in event.accepted:
        assert one.node in {*event.sources, event.spec.node}
        assert one.why


def test_there_are_two_controls() -> None:
    assert sum(not event.accepted for event in EVENTS.values()) == 2


def test_a_reset_clock_is_told_in_days() -> None:
    off = load_rides()["pickup_days_off"]
    assert off.max() == pytest.approx(3864, abs=1)
    assert np.count_nonzero(off) < 20
