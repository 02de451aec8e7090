"""One writer, many readers: together where it can be, apart where it must, and told when it is on disk."""

import subprocess
import sys
import threading
from concurrent.futures import wait

import duckdb
import pytest

from rca.errors import InputError, StorageError
from rca.live.landing import SOURCES
from tests.rca.live.conftest import delivery, land, metrics


def hold(store):
    """Let the writer wait until the returned event is set."""
    go, at_it = threading.Event(), threading.Event()

    def block(warehouse):
        at_it.set()
        assert go.wait(30)

    done = store.write(block)
    assert at_it.wait(30)
    return go, done


def test_what_waits_together_is_committed_together(store):
    go, _ = hold(store)
    futures = [store.land(delivery(number)) for number in range(20)]
    assert store.waiting_bytes > 0
    assert not any(future.done() for future in futures)
    go.set()
    wait(futures, 30)
    assert len({future.result().batch for future in futures}) == 1
    assert len(metrics(store)) == 20
    assert store.waiting_bytes == 0


def counted(warehouse):
    return warehouse.connection.execute("SELECT count(*) FROM kpis").fetchone()[0]


def test_work_goes_ahead_of_deliveries_that_wait(store):
    go, _ = hold(store)
    first = store.land(delivery(0))
    seen = store.write(counted)
    second = store.land(delivery(1))
    go.set()
    assert seen.result(30) == 0
    assert second.result(30).batch == first.result(30).batch


def test_however_much_work_there_is_deliveries_get_their_turn(store):
    go, _ = hold(store)
    landed = store.land(delivery(0))
    seen = [store.write(counted) for _ in range(50)]
    go.set()
    counts = [one.result(30) for one in seen]
    assert counts == sorted(counts)
    assert set(counts) == {0, 1}
    assert landed.result(30).rows == 1


def test_deliveries_rest_while_something_urgent_goes_on(store, monkeypatch):
    """Between two batches, as long as the first took; work does not wait for that."""
    monkeypatch.setattr("rca.live.waiting.LONGEST_REST_S", 3600)
    with store.making_room():
        store._writer.waiting.rest(3600)
        landed = store.land(delivery(0))
        assert store.write(counted).result(30) == 0
        assert not landed.done()
    assert landed.result(30).rows == 1


def test_counts_wait_while_something_urgent_goes_on(store, monkeypatch):
    profiled = threading.Event()
    monkeypatch.setattr("rca.live.writer.update_profile", lambda _: profiled.set())
    monkeypatch.setattr("rca.live.writer.PROFILE_EVERY_S", 0.0)
    with store.making_room():
        land(store, delivery(0))
        assert not profiled.wait(0.6)
    assert profiled.wait(30)


def test_what_waits_at_the_end_is_written_and_nothing_is_taken_after_it(store):
    go, _ = hold(store)
    landed = store.land(delivery(0))
    closing = threading.Thread(target=store.close)
    closing.start()
    go.set()
    closing.join(30)
    assert landed.result(0).rows == 1
    with pytest.raises(StorageError, match="closed"):
        store.land(delivery(1))
    store.close()


def test_a_delivery_that_nobody_waits_for_any_more_takes_no_other_with_it(store):
    go, _ = hold(store)
    given_up, landed = [store.land(delivery(number)) for number in range(2)]
    assert given_up.cancel()
    go.set()
    assert landed.result(30).rows == 1
    assert len(metrics(store)) == 1
    assert store.waiting_bytes == 0


def test_the_same_that_waits_twice_lands_once(store):
    go, _ = hold(store)
    futures = [store.land(delivery(0)) for _ in range(3)]
    go.set()
    assert len({future.result(30).id for future in futures}) == 1
    assert metrics(store) == {"m0": 1}
    (again,) = land(store, delivery(0))
    assert again.repeated


def test_other_content_under_a_key_that_waits_or_landed_is_refused(store):
    go, _ = hold(store)
    good, bad = store.land(delivery(0)), store.land(delivery(1, key="key-0"))
    go.set()
    assert good.result(30).rows == 1
    with pytest.raises(InputError, match="other content"):
        bad.result(30)
    with pytest.raises(InputError, match="other content"):
        land(store, delivery(2, key="key-0"))
    assert metrics(store) == {"m0": 1}


@pytest.mark.parametrize(
    "fault", [duckdb.ConversionException("odd"), ZeroDivisionError("odd")], ids=["told", "a fault"]
)
def test_one_bad_body_does_not_take_its_neighbours_with_it(store, monkeypatch, fault):
    def odd(*_):
        raise fault

    monkeypatch.setitem(SOURCES, "changes", odd)
    go, _ = hold(store)
    futures = [store.land(one) for one in (delivery(0), delivery(1, source="changes"), delivery(2))]
    go.set()
    wait(futures, 30)
    assert [future.exception() is None for future in futures] == [True, False, True]
    assert set(metrics(store)) == {"m0", "m2"}


def test_work_is_done_whole_or_not_at_all(store):
    def half(warehouse):
        warehouse.connection.execute("INSERT INTO meta VALUES ('half', '1')")
        raise InputError("not so")

    with pytest.raises(InputError, match="not so"):
        store.write(half).result(30)
    with store.reading() as warehouse:
        assert warehouse.connection.execute("SELECT count(*) FROM meta WHERE key = 'half'").fetchone() == (0,)
    assert land(store, delivery(0))[0].rows == 1


def test_readers_see_what_is_committed_and_wait_for_nobody(store):
    land(store, delivery(0))
    go, done = hold(store)
    assert metrics(store) == {"m0": 1}
    go.set()
    done.result(30)


def test_too_much_that_waits_is_refused(store, monkeypatch):
    monkeypatch.setattr("rca.live.store.MOST_WAITING_BYTES", 100)
    go, _ = hold(store)
    futures = [store.land(delivery(0, rows=10))]
    with pytest.raises(StorageError, match="too much waits"):
        store.land(delivery(1))
    go.set()
    assert futures[0].result(30).rows == 10
    assert land(store, delivery(1))[0].rows == 1


@pytest.mark.parametrize(
    ("fault", "full"),
    [
        (OSError(28, "No space left on device"), True),
        (duckdb.IOException("Could not write file: No space left on device"), True),
        (duckdb.FatalException("the database has been invalidated"), False),
    ],
    ids=["spool", "database", "invalidated"],
)
def test_a_fault_of_the_storage_is_told_and_passes(store, monkeypatch, fault, full):
    land(store, delivery(0))
    real = store._spool.write

    def fails(*_):
        raise fault

    monkeypatch.setattr(store._spool, "write", fails)
    with pytest.raises(StorageError) as told:
        land(store, delivery(1))
    assert told.value.full is full
    monkeypatch.setattr(store._spool, "write", real)
    assert land(store, delivery(1))[0].repeated is False
    assert store.fault is None
    assert metrics(store) == {"m0": 1, "m1": 1}


def test_a_second_process_cannot_have_the_file(db, store):
    again = "import sys, pathlib; from rca.live import Store; Store(pathlib.Path(sys.argv[1]))"
    ended = subprocess.run([sys.executable, "-c", again, str(db)], capture_output=True, text=True, check=False)
    assert "WarehouseError: cannot open the database" in ended.stderr
    assert land(store, delivery(0))[0].rows == 1


def test_sql_reaches_no_other_file(store, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with store.reading() as warehouse:
        for sql in (
            f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')",
            f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
            f"ATTACH '{tmp_path / 'other.duckdb'}'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SELECT * FROM read_text('/etc/passwd')",
            "SELECT * FROM 'http://127.0.0.1:9/x.csv'",
            "SET enable_external_access = true",
            "SET allowed_directories = ['/']",
            "RESET lock_configuration",
        ):
            with pytest.raises(duckdb.Error):
                warehouse.connection.execute(sql)
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name or "other" in path.name) == []


def test_the_files_beside_are_its_owners_alone(db, store):
    land(store, delivery(0))
    for path in (db.with_suffix(".receipts"), db.with_suffix(".spool"), db.with_suffix(".backups")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_reader_that_left_a_result_unread_is_in_no_checkpoints_way(store):
    with store.reading() as warehouse:
        warehouse.connection.execute("SELECT count(*) FROM kpis").fetchone()
    land(store, delivery(0))
    store.write(lambda warehouse: None).result(30)
    store._writer._checkpoint()
    assert store._spool.batches() == ()


def test_what_is_closed_is_whole_and_needs_no_spool(db, open_store):
    store = open_store()
    land(store, *(delivery(number) for number in range(3)))
    store.close()
    assert list(db.with_suffix(".spool").iterdir()) == []
    assert len(metrics(open_store())) == 3
