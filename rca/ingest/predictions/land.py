"""Land one group of batches in a model's wide table: one statement, one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass

from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.observe import Observed, observe
from rca.ingest.predictions.roles import Roles
from rca.ingest.predictions.table import TARGETS, TIMES, Table
from rca.ingest.relation import Column
from rca.ingest.session import Session
from rca.ingest.types import INTEGERS, as_class, as_target, as_text, as_time, convert, is_lossless
from rca.warehouse.store import literal, quote

SPLITS = ("train", "validation", "production")


@dataclass(frozen=True, slots=True)
class Cell:
    """One column on its way into the wide table; `lossless` when no value can fail to convert."""

    column: Column
    physical: str
    sql: str
    lossless: bool
    reason: str


def land_group(session: Session, table: Table, roles: Roles, group: Group) -> None:
    """Land the rows, set aside what cannot be used, and record what each batch looked like."""
    ids = session.new_file_ids(len(group.files))
    names = {file_id: file.name for file_id, file in zip(ids, group.files, strict=True)}
    cells = list(_cells(table, roles, group))
    ts = next(cell for cell in cells if cell.physical == "ts")
    targets = ["_file", "_row", *(quote(cell.physical) for cell in cells)]
    values = [f"{ids[0]} + file_index", "row_index + 1", *(cell.sql for cell in cells)]
    if not any(cell.physical == "split" for cell in cells):
        targets.append("split")
        values.append("'production'")
    session.run(
        f"""INSERT INTO {table.name} ({", ".join(targets)}) SELECT {", ".join(values)}
            FROM {group.relation.sql} WHERE {ts.sql} IS NOT NULL"""
    )
    _set_aside_rows(session, table, group, ids, names, ts)
    uncast = _set_aside_values(session, group, ids, names, cells, ts)
    _land_splits(session, table, group, ids, names, cells)
    observe(session, table, roles, group, ids, Observed([cell.column.name for cell in cells], uncast))
    for file_id, file in zip(ids, group.files, strict=True):
        counted = f"SELECT count(*), min(ts), max(ts) FROM {table.name} WHERE _file = {file_id}"
        session.register(file_id, file, "predictions", table.node, counted)


def _cells(table: Table, roles: Roles, group: Group) -> Iterator[Cell]:
    reserved, used = roles.split(group.relation.columns)
    for key, column in reserved.items():
        yield _reserved_cell(key, column, table.task)
    for column, _ in used:
        kept = table.columns[column.name]
        yield Cell(
            column,
            kept.physical,
            convert(column.ref, column.type, kept.type),
            is_lossless(column.type, kept.type),
            f"not a {kept.type}, the type kept for this column",
        )


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
    return Cell(column, key, as_text(ref, type_), True, "")


def _set_aside_rows(session: Session, table: Table, group: Group, ids: range, names: dict[int, str], ts: Cell) -> None:
    for file_id, rejects in zip(ids, group.relation.rejects, strict=True):
        session.set_aside_rejects(file_id, names[file_id], rejects)
    landed = session.scalar(f"SELECT count(*) FROM {table.name} WHERE _file BETWEEN {ids[0]} AND {ids[-1]}")
    if landed == group.rows:
        return
    raw = as_text(ts.column.ref, ts.column.type)
    session.set_aside(
        f"""SELECT {ids[0]} + file_index AS file_id, row_index + 1 AS "row", {raw} AS raw
            FROM {group.relation.sql} WHERE {ts.sql} IS NULL""",
        names,
        "the row has no usable time; write ISO 8601 or seconds since 1970",
        ts.column.name,
    )


def _set_aside_values(
    session: Session, group: Group, ids: range, names: dict[int, str], cells: list[Cell], ts: Cell
) -> dict[tuple[int, str], int]:
    """Quarantine the values that do not fit; return (file_id, column) -> how many."""
    risky = [cell for cell in cells if not cell.lossless]
    if not risky:
        return {}
    failed = {cell.column.name: f"{cell.column.ref} IS NOT NULL AND ({cell.sql}) IS NULL" for cell in risky}
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in failed.values())
    totals = session.run(f"SELECT {counts} FROM {group.relation.sql} WHERE {ts.sql} IS NOT NULL").fetchone() or ()
    uncast: dict[tuple[int, str], int] = {}
    for cell, total in zip(risky, totals, strict=True):
        if not total:
            continue
        rows = f"""SELECT {ids[0]} + file_index AS file_id, row_index + 1 AS "row",
                {as_text(cell.column.ref, cell.column.type)} AS raw
            FROM {group.relation.sql} WHERE {ts.sql} IS NOT NULL AND {failed[cell.column.name]}"""
        for file_id, n in session.set_aside(rows, names, cell.reason, cell.column.name).items():
            uncast[file_id, cell.column.name] = n
    return uncast


def _land_splits(
    session: Session, table: Table, group: Group, ids: range, names: dict[int, str], cells: list[Cell]
) -> None:
    """Take a missing split as production; an unknown one too, but say so."""
    split = next((cell for cell in cells if cell.physical == "split"), None)
    if split is None:
        return
    known = ", ".join(map(literal, SPLITS))
    session.set_aside(
        f"""SELECT {ids[0]} + file_index AS file_id, row_index + 1 AS "row", {split.sql} AS raw
            FROM {group.relation.sql} WHERE {split.sql} NOT IN ({known})""",
        names,
        "unknown split, read as production; use train, validation or production",
        split.column.name,
    )
    session.run(
        f"""UPDATE {table.name} SET split = 'production'
            WHERE _file BETWEEN {ids[0]} AND {ids[-1]} AND (split IS NULL OR split NOT IN ({known}))"""
    )
