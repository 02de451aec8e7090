"""Land one group of batches in a model's wide table, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.observe import Observed, observe
from rca.ingest.predictions.roles import RESERVED, Roles
from rca.ingest.predictions.table import TARGETS, TIMES, Table
from rca.ingest.relation import Column
from rca.ingest.sensitive import reduced
from rca.ingest.session import Session
from rca.ingest.types import INTEGERS, as_class, as_target, as_text, as_time, convert, is_lossless
from rca.warehouse.draw import FRONT, draw_order
from rca.warehouse.store import literal, quote

MANY_ROWS = 100_000
"""From so many rows on a sample leaves most of a group unread."""

SPLITS = ("train", "validation", "production")
HIDDEN_ROW = "the row cannot be parsed; its text is not kept, as the model has sensitive columns"


@dataclass(frozen=True, slots=True)
class Cell:
    """One column on its way into the wide table; `lossless` when no value can fail to convert."""

    column: Column
    physical: str
    sql: str
    lossless: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Landing:
    """A group on its way into a table. `names` maps each file's id, in the order of the group, to its path."""

    session: Session
    table: Table
    group: Group
    names: dict[int, str]
    cells: tuple[Cell, ...]
    sensitive: frozenset[str] = frozenset()

    @property
    def first(self) -> int:
        """Return the first of the group's consecutive file ids."""
        return min(self.names)

    @property
    def landed(self) -> str:
        """Return the SQL condition for the group's rows in the wide table."""
        return f"_file BETWEEN {self.first} AND {max(self.names)}"

    def cell(self, physical: str) -> Cell | None:
        """Return the column that goes to a physical column, if the group has it."""
        return next((cell for cell in self.cells if cell.physical == physical), None)

    @property
    def timed(self) -> str:
        """Return the SQL condition for the rows that have a usable time."""
        return f"{next(cell.sql for cell in self.cells if cell.physical == 'ts')} IS NOT NULL"

    def set_aside(self, cell: Cell, condition: str, reason: str) -> dict[int, int]:
        """Quarantine the raw values of a column where a condition holds; return file_id -> how many."""
        hidden = cell.column.name in self.sensitive
        raw = "CAST(NULL AS VARCHAR)" if hidden else as_text(cell.column.ref, cell.column.type)
        rows = f"""SELECT {self.first} + file_index AS file_id, row_index + 1 AS "row", {raw} AS raw
            FROM {self.group.relation.sql} WHERE {condition}"""
        return self.session.set_aside(rows, self.names, reason, cell.column.name)


def land_group(session: Session, table: Table, roles: Roles, group: Group) -> None:
    """Land the rows, set aside what cannot be used, and record what each batch looked like."""
    ids = session.new_file_ids(len(group.files))
    names = {file_id: file.name for file_id, file in zip(ids, group.files, strict=True)}
    sensitive = frozenset(roles.node.sensitive)
    cells = _hide(session, tuple(_cells(table, roles, group)), table, sensitive)
    landing = Landing(session, table, group, names, cells, sensitive)
    _insert(landing)
    _set_aside_rows(landing)
    seen = Observed({cell.column.name: cell.physical for cell in landing.cells}, _set_aside_values(landing))
    _mend_splits(landing)
    observe(session, table, group, ids, seen)
    counted = f"SELECT _file, count(*), min(ts), max(ts) FROM {table.name} WHERE {landing.landed} GROUP BY _file"
    session.register(dict(zip(ids, group.files, strict=True)), "predictions", table.node, counted)


def _insert(landing: Landing) -> None:
    targets = ["_file", "_row", *(quote(cell.physical) for cell in landing.cells)]
    values = [f"{landing.first} + file_index", "row_index + 1", *(cell.sql for cell in landing.cells)]
    if landing.cell("split") is None:
        targets.append("split")
        values.append("'production'")
    insert = f"INSERT INTO {landing.table.name} ({', '.join(targets)}) SELECT {', '.join(values)}"
    rows = f"{insert} FROM {landing.group.relation.sql} WHERE {landing.timed}"
    if landing.group.rows < MANY_ROWS:
        landing.session.run(rows)
        return
    drawn = draw_order(*values[:2])
    landing.session.run(f"{rows} AND {drawn} < {FRONT} ORDER BY {drawn}")
    landing.session.run(f"{rows} AND {drawn} >= {FRONT}")


def _cells(table: Table, roles: Roles, group: Group) -> Iterator[Cell]:
    reserved, used = roles.split(group.relation.columns)
    for key, column in reserved.items():
        yield _reserved_cell(key, column, table.task)
    for column, _ in used:
        kept = table.columns[column.name]
        if kept.role == RESERVED:
            continue  # other batches call a reserved column so: here it is seen, but not landed
        yield Cell(
            column,
            kept.physical,
            convert(column.ref, column.type, kept.type),
            is_lossless(column.type, kept.type),
            f"does not fit the type {kept.type} kept for this column; correct it, or ask why the type changed",
        )


def _hide(session: Session, cells: Sequence[Cell], table: Table, sensitive: frozenset[str]) -> tuple[Cell, ...]:
    """Return the cells as they are stored: of a sensitive column not the value itself."""
    ts = next(cell.sql for cell in cells if cell.physical == "ts")
    hidden = []
    for cell in cells:
        if cell.column.name in sensitive:
            kept = table.columns[cell.column.name]
            hidden.append(replace(cell, sql=reduced(session.connection, cell.sql, kept.type, ts)))
        else:
            hidden.append(cell)
    return tuple(hidden)


def _reserved_cell(key: str, column: Column, task: str) -> Cell:
    ref, type_ = column.ref, column.type
    if key in TARGETS and task == "multiclass":
        return Cell(column, key, as_class(ref, type_), True, "")
    if key in TARGETS:
        lossless = type_ in INTEGERS or type_ == "BOOLEAN"
        return Cell(column, key, as_target(ref, type_), lossless, f"not a finite number, which a {task} {key} must be")
    if key in TIMES:
        # the rows without a ts are set aside whole, so ts itself is not checked value by value
        return Cell(column, key, as_time(ref, type_), key == "ts" or type_.startswith("TIMESTAMP"), "not a time")
    return Cell(column, key, column.as_written, True, "")


def _set_aside_rows(landing: Landing) -> None:
    session, group = landing.session, landing.group
    for file_id, rejects in zip(landing.names, group.relation.rejects, strict=True):
        told = [(row, None, HIDDEN_ROW) for row, *_ in rejects] if landing.sensitive else rejects
        session.set_aside_rejects(file_id, landing.names[file_id], told)
    kept = session.scalar(f"SELECT count(*) FROM {landing.table.name} WHERE {landing.landed}")
    ts = landing.cell("ts")
    if ts is not None and kept < group.rows:
        reason = "the row has no usable time; write ISO 8601 or seconds since 1970"
        landing.set_aside(ts, f"NOT ({landing.timed})", reason)


def _set_aside_values(landing: Landing) -> dict[tuple[int, str], int]:
    """Quarantine the values that do not fit; return (file_id, column) -> how many."""
    risky = [cell for cell in landing.cells if not cell.lossless]
    if not risky:
        return {}
    failed = [f"{landing.timed} AND {cell.column.ref} IS NOT NULL AND ({cell.sql}) IS NULL" for cell in risky]
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in failed)
    totals = landing.session.run(f"SELECT {counts} FROM {landing.group.relation.sql}").fetchone() or ()
    uncast: dict[tuple[int, str], int] = {}
    for cell, condition, total in zip(risky, failed, totals, strict=True):
        if total:
            for file_id, n in landing.set_aside(cell, condition, cell.reason).items():
                uncast[file_id, cell.column.name] = n
    return uncast


def _mend_splits(landing: Landing) -> None:
    """Take a missing split as production; an unknown one too, but say so."""
    split = landing.cell("split")
    if split is None:
        return
    known = ", ".join(map(literal, SPLITS))
    reason = "unknown split, read as production; use train, validation or production"
    landing.set_aside(split, f"{landing.timed} AND {split.sql} NOT IN ({known})", reason)
    landing.session.run(
        f"""UPDATE {landing.table.name} SET split = 'production'
            WHERE {landing.landed} AND (split IS NULL OR split NOT IN ({known}))"""
    )
