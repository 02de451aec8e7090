"""What was acknowledged is there, or its loss is told: never neither."""

import shutil

import pytest

from rca.errors import LostWrites, WarehouseError
from rca.live.receipts import Receipts
from tests.rca.live.conftest import delivery, land, metrics


def copy(db, folder):
    """Copy a database as a crash would leave it, with all that lies beside it."""
    folder.mkdir()
    for path in db.parent.iterdir():
        if path == folder:
            continue
        (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / path.name)
    return folder / db.name


@pytest.fixture
def crashed(db, store):
    """A database whose process was killed after five acknowledged bodies: all of them are in its log only."""
    for number in range(5):
        land(store, delivery(number))
    db = copy(db, db.parent / "crashed")
    store.close()
    return db


def opened(db, **more):
    from rca.live import Store  # noqa: PLC0415

    return Store(db, **more)


def test_after_a_crash_all_that_was_acknowledged_is_there(crashed):
    store = opened(crashed)
    assert metrics(store) == {f"m{number}": 1 for number in range(5)}
    assert store.recovered == ()
    store.close()


def wal(db):
    return db.with_name(db.name + ".wal")


def test_a_log_that_was_cut_off_is_noticed_and_made_up_for_from_the_spool(crashed):
    content = wal(crashed).read_bytes()
    wal(crashed).write_bytes(content[: len(content) * 3 // 4])
    try:
        store = opened(crashed)
    except LostWrites:
        store = opened(crashed, accept_loss=True)
        lost = True
    else:
        lost = False
        assert store.recovered
    assert lost or metrics(store) == {f"m{number}": 1 for number in range(5)}
    store.close()


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9, 0.999], ids=str)
def test_without_the_spool_a_cut_log_is_told_and_nothing_is_touched(crashed, share):
    content = wal(crashed).read_bytes()
    wal(crashed).write_bytes(content[: int(len(content) * share)])
    shutil.rmtree(crashed.with_suffix(".spool"))
    with pytest.raises(WarehouseError, match="--accept-loss"):
        opened(crashed)
    with pytest.raises(WarehouseError, match="--accept-loss"):
        opened(crashed)
    store = opened(crashed, accept_loss=True)
    assert set(metrics(store)) < {f"m{number}" for number in range(5)}
    store.close()
    again = opened(crashed)
    again.close()


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.95], ids=str)
def test_a_bit_that_turned_in_the_log_is_no_silent_loss(crashed, place):
    content = bytearray(wal(crashed).read_bytes())
    content[int(len(content) * place)] ^= 0x10
    wal(crashed).write_bytes(content)
    try:
        store = opened(crashed)
    except WarehouseError:
        return
    assert metrics(store) == {f"m{number}": 1 for number in range(5)}
    store.close()


def test_an_old_copy_of_the_database_is_noticed(db, store, tmp_path):
    land(store, delivery(0))
    old = copy(db, tmp_path / "old")
    for number in range(1, 4):
        land(store, delivery(number))
    store.close()
    for path in (db, wal(db)):
        path.unlink(missing_ok=True)
    for path in (old, wal(old)):
        if path.exists():
            shutil.copy(path, db.parent / path.name)
    try:
        again = opened(db)
    except LostWrites as error:
        assert "restore a backup" in str(error)  # noqa: PT017 - one of two ways
        return
    assert set(metrics(again)) == {"m0", "m1", "m2", "m3"}
    again.close()


def test_every_commit_has_a_number_and_a_line(db, store):
    receipts = land(store, delivery(0)) + land(store, delivery(1))
    store.write(lambda warehouse: None).result(30)
    assert receipts[1].batch == receipts[0].batch + 1
    numbers = [entry.batch for entry in store._receipts.entries]
    assert numbers == list(range(1, receipts[1].batch + 2))
    named = {name for entry in store._receipts.entries for name in entry.deliveries}
    assert named == {receipt.id for receipt in receipts}


def test_lines_are_read_back_and_a_last_line_that_breaks_off_is_nobodys(tmp_path):
    path = tmp_path / "rca.receipts"
    file = Receipts(path)
    file.append(1, ["a"])
    file.append(2, [])
    file.append(3, ["b", "c"])
    file.close()
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        file = Receipts(path)
        lines = whole[:cut].count(b"\n")
        assert [entry.batch for entry in file.entries] == [1, 2, 3][:lines]
        assert path.stat().st_size == len(b"".join(whole.splitlines(keepends=True)[:lines]))
        file.close()


def test_a_damaged_line_in_the_middle_is_told(tmp_path):
    path = tmp_path / "rca.receipts"
    file = Receipts(path)
    for number in range(1, 5):
        file.append(number, [])
    file.close()
    whole = path.read_bytes()
    for place in range(len(whole.splitlines(keepends=True)[0])):
        damaged = bytearray(whole)
        damaged[place] ^= 0x04
        path.write_bytes(damaged)
        with pytest.raises(LostWrites, match="damaged"):
            Receipts(path)


def test_a_file_that_grew_is_cut_down_to_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr("rca.live.receipts.KEPT_BYTES", 100)
    path = tmp_path / "rca.receipts"
    file = Receipts(path)
    for number in range(1, 30):
        file.append(number, ["x" * 20])
    before = path.stat().st_size
    file.forget(28)
    assert path.stat().st_size == before, "the last line is not safe yet"
    file.forget(29)
    assert path.stat().st_size < 100
    file.append(30, [])
    file.close()
    assert [entry.batch for entry in Receipts(path).entries] == [29, 30]
