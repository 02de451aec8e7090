"""A backup: one database file made from a single snapshot, and a manifest that says what it must hold."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from rca.errors import InputError, WarehouseError
from rca.warehouse.connect import connect
from rca.warehouse.migrations import version_of
from rca.warehouse.store import Warehouse, literal, quote
from rca.warehouse.tables import SCHEMA_VERSION

DATABASE, MANIFEST = "rca.duckdb", "manifest.json"
FORMAT = 1
COPY = "rca_backup_copy"
"""The name of the copy while it is attached."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: `tables` maps each table to its rows; `bytes` and `sha256` are the database file's."""

    format: int
    taken_at: str
    schema_version: int
    duckdb_version: str
    bytes: int
    sha256: str
    tables: dict[str, int]


def places(backup: Path) -> tuple[Path, Path]:
    """Return where a backup's database and manifest lie: `x.duckdb` and `x.duckdb.json`, else both in a folder."""
    if backup.suffix == ".duckdb":
        return backup, backup.with_name(f"{backup.name}.json")
    return backup / DATABASE, backup / MANIFEST


def back_up(
    warehouse: Warehouse, target: Path, *, taken_at: datetime | None = None, progress: Progress | None = None
) -> Manifest:
    """Write a backup of an open warehouse, and check it.

    One transaction reads all tables, so the copy is of one moment whatever others write meanwhile. The copy holds no
    trace of what was deleted before.

    Parameters
    ----------
    target
        Where to, see `places`; a backup that is there already is left alone. Where external access is locked, it
        must lie in an allowed folder.

    Raises
    ------
    InputError
        When there is a backup already.
    WarehouseError
        When the copy cannot be written, or does not hold what it should.
    """
    database, manifest = places(target)
    for path in (database, manifest):
        if path.exists():
            raise InputError("there is a backup already", file=path, mend="give another place, or remove it first")
    database.parent.mkdir(parents=True, exist_ok=True)
    part = database.with_name(f"{database.name}.part")
    part.unlink(missing_ok=True)
    try:
        _tell(progress, "copying", 0)
        tables = copy_database(warehouse.connection, part)
        _tell(progress, "checking", 1)
        made = _described(part, tables, taken_at or datetime.now(UTC))
        _check_tables(part, made)
        part.replace(database)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _write_whole(manifest, json.dumps(asdict(made), indent=1, sort_keys=True) + "\n")
    _tell(progress, "done", 2)
    return made


def copy_database(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """Copy the database of a connection into a new file; return its tables' rows, by name."""
    source = quote(str((connection.execute("SELECT current_database()").fetchone() or ("memory",))[0]))
    try:
        connection.execute(f"ATTACH {literal(str(path))} AS {COPY}")
    except duckdb.Error as error:
        raise WarehouseError(f"cannot write to {path}: {str(error).splitlines()[0]}") from error
    try:
        connection.execute("BEGIN")
        try:
            tables = count_tables(connection)
            connection.execute(f"COPY FROM DATABASE {source} TO {COPY}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute(f"CHECKPOINT {COPY}")
    except duckdb.Error as error:
        raise WarehouseError(f"cannot copy the database to {path}: {str(error).splitlines()[0]}") from error
    finally:
        connection.execute(f"DETACH {COPY}")
    return tables


def count_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the rows of every table of the connection's database, by name."""
    names = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY table_name"
    ).fetchall()
    counted = ", ".join(f"(SELECT count(*) FROM {quote(name)})" for (name,) in names) or "0"
    rows = connection.execute(f"SELECT {counted}").fetchone() or ()
    return {name: int(n) for (name,), n in zip(names, rows, strict=False)}


def check_backup(backup: Path) -> Manifest:
    """Return the manifest of a backup that is whole.

    Raises
    ------
    InputError
        When a part is missing, damaged, or of newer code: names the file.
    """
    database, path = places(backup)
    for part, what in ((path, "manifest"), (database, "database")):
        if not part.is_file():
            raise InputError(f"the backup has no {what}", file=part, mend="give the place that rca backup wrote to")
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
        newer = max(int(manifest.schema_version) - SCHEMA_VERSION, int(manifest.format) - FORMAT)
    except (ValueError, TypeError) as error:
        raise InputError("the manifest is damaged", file=path, mend="take another backup") from error
    if newer > 0:
        raise InputError("the backup was made by a newer program", file=path, mend="upgrade rca")
    if database.stat().st_size != manifest.bytes or _sha256(database) != manifest.sha256:
        raise InputError("the backup is damaged: not the bytes that were written", file=database, mend="take another")
    _check_tables(database, manifest)
    return manifest


def restore(backup: Path, target: Path, *, replace: bool = False, progress: Progress | None = None) -> Manifest:
    """Make a database from a backup.

    Parameters
    ----------
    target
        The database file to make.
    replace
        Whether a database that is there may be replaced; never one that a process has open.

    Raises
    ------
    InputError
        When the backup is damaged, or the database is there.
    WarehouseError
        When the database to replace is in use.
    """
    _tell(progress, "checking the backup", 0)
    manifest = check_backup(backup)
    if target.exists() and not replace:
        raise InputError("there is a database already", file=target, mend="give another --db, or add --force")
    if target.exists():
        _refuse_open(target)
    _tell(progress, "copying", 1)
    part = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _copy_file(places(backup)[0], part)
        if _sha256(part) != manifest.sha256:
            raise WarehouseError(f"{part} could not be written whole; is the disk full?")
        # a log that belongs to the old file must not be replayed on the new one
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    _tell(progress, "done", 2)
    return manifest


def _described(path: Path, tables: dict[str, int], taken_at: datetime) -> Manifest:
    with connect(path, read_only=True) as copy:
        version = version_of(copy) or 0
    moment = taken_at.astimezone(UTC).isoformat(timespec="seconds")
    return Manifest(FORMAT, moment, version, duckdb.__version__, path.stat().st_size, _sha256(path), tables)


def _check_tables(path: Path, manifest: Manifest) -> None:
    try:
        with connect(path, read_only=True) as copy:
            found = count_tables(copy)
    except duckdb.Error as error:
        raise InputError(f"cannot be read: {str(error).splitlines()[0]}", file=path, mend="take another") from error
    if found != manifest.tables:
        odd = sorted(name for name in {*found, *manifest.tables} if found.get(name) != manifest.tables.get(name))
        raise InputError(f"not the rows that were counted, in {', '.join(odd)}", file=path, mend="take another backup")


def _refuse_open(path: Path) -> None:
    try:
        connect(path).close()
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise WarehouseError(f"{path} is open in another process: stop it first") from error
    except duckdb.Error:
        return  # a damaged database is what one wants to replace


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        while block := read.read(1 << 22):
            write.write(block)
        write.flush()
        os.fsync(write.fileno())


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _tell(progress: Progress | None, what: str, done: int) -> None:
    if progress:
        progress(what, done, 2)
