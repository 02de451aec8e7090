"""The profile of a log that stays where it is: the same bins and cells, written as histogram files.

The rows are read by an engine (`rca.profile.engines`); what comes back is small, and is put together here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from rca.errors import InputError
from rca.ingest.predictions.roles import Roles
from rca.ingest.relation import Column
from rca.ingest.types import is_number, is_time, kind_of
from rca.profile.binning import CODES_TABLE, fill_codes
from rca.profile.bins_file import read_bins, write_bins
from rca.profile.edges import bin_rows, keep_bins, kept_parts
from rca.profile.engines.engine import SOURCE, Engine
from rca.profile.grouping import distinct_groups_sql, hour_slices, number_groups
from rca.profile.histogram_files import write_histograms
from rca.profile.layout import Layout, read_layouts
from rca.profile.parts import OUTPUT_COLUMNS, Log, Part, parts_of
from rca.profile.reduce import ROWS, cells_sql, decoded_sql, narrow_sql
from rca.profile.reference import Reference, find_reference, sampled_by_time
from rca.warehouse import Warehouse
from rca.warehouse.store import quote
from schemas.system import Node, System

Progress = Callable[[str, int, int], None]
Hours = tuple[datetime | None, datetime | None]
"""Rows from the first on and before the second are counted; both whole hours, None without limit."""

COUNTED = ("numeric", "boolean", "category", "timestamp")


@dataclass(frozen=True, slots=True)
class Lake:
    """A log in the lake. `left_out` are columns that histograms cannot carry: vectors and nested values."""

    log: Log
    left_out: tuple[str, ...]


def profile_lake(
    engine: Engine,
    node: Node,
    system: System,
    out: Path,
    *,
    bins: Path | None = None,
    hours: Hours = (None, None),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Count a log where it lies, and write the counts as a histogram file of the contract.

    Parameters
    ----------
    node
        With its task, and the names and roles of its columns.
    out
        The file (.parquet), or the folder for it.
    bins
        File of bins: taken from it where it is there; what is not in it is made from the rows and added.

    Returns
    -------
    dict
        `rows` counted, `columns`, `hours`, `bins` written, `path`, and the columns `left_out`.

    Raises
    ------
    InputError
        When the source cannot be used as a log of the node, or holds no row of these hours.
    """
    lake = read_lake(engine, node, system, hours)
    with Warehouse() as warehouse:
        if bins is not None and bins.exists():
            read_bins(warehouse, node.id, bins)
        make_bins(engine, warehouse, lake)
        rows = count_lake(engine, warehouse, lake, progress)
        if not rows:
            raise InputError("no row has a time in the hours asked for", mend="check --since, --until and the source")
        if bins is not None:
            write_bins(warehouse, node.id, bins)
        found = warehouse.connection.execute("SELECT count(DISTINCT hour), min(hour) FROM profile").fetchone() or (0, 0)
        path = out if out.suffix == ".parquet" else out / f"{_file_name(node.id)}-{found[1]:%Y%m%dT%H}.parquet"
        return {
            "rows": rows,
            "columns": len(lake.log.parts),
            "hours": found[0],
            "bins": write_histograms(warehouse, node.id, path),
            "path": str(path),
            "left_out": list(lake.left_out),
        }


def _file_name(node: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", node).strip(".-") or "node"


def read_lake(engine: Engine, node: Node, system: System, hours: Hours) -> Lake:
    """Return a source's columns as a log of the node.

    Parameters
    ----------
    node
        With its task, and the names and roles of its columns.

    Raises
    ------
    InputError
        When the source lacks a time, has neither feature nor outcome, or one of them has a type that cannot be used.
    """
    columns = [Column(name, quote(name), kind, kind) for name, kind in engine.columns()]
    reserved, used = Roles.of(node, system).split(columns)
    if "ts" not in reserved:
        there = ", ".join(column.name for column in columns)
        mend = f"name it in system.yaml (columns: {{ts: ...}}) or by --column ts=NAME; there are: {there}"
        raise InputError("the source has no column ts", column=node.column("ts"), mend=mend)
    counted = [column for column, role in used if role in ("feature", "segment") and _is_counted(column)]
    left_out = tuple(column.name for column, role in used if role in ("feature", "segment") and column not in counted)
    task = node.task or ""
    outputs = {name: _output(name, reserved.get(name), task) for name in OUTPUT_COLUMNS}
    texts = {name: _text(reserved.get(name)) for name in ("model_version", "split")}
    features = "".join(f", {column.ref} AS c{k}" for k, column in enumerate(counted))
    rows = f"""(SELECT {_time(reserved["ts"])} AS ts, {texts["model_version"]} AS model_version,
        CASE WHEN {texts["split"]} IN ('train', 'validation') THEN {texts["split"]} ELSE 'production' END AS split,
        {outputs["prediction"]} AS prediction, {outputs["label"]} AS label{features} FROM {SOURCE}) AS lake
        WHERE ts IS NOT NULL{_within(*hours)}"""
    parts = [part for k, column in enumerate(counted) for part in parts_of(column.name, f"c{k}", _kind(column), None)]
    kind = "category" if task == "multiclass" else "numeric"
    parts += [part for name in OUTPUT_COLUMNS for part in parts_of(name, name, kind, None)]
    return Lake(Log(node.id, f"(SELECT * FROM {rows}) AS lake", task, tuple(parts)), left_out)


def _is_counted(column: Column) -> bool:
    return kind_of(column.type) in COUNTED and (kind_of(column.type) != "category" or column.type == "VARCHAR")


def _kind(column: Column) -> str:
    return kind_of(column.type)


def _time(column: Column) -> str:
    if not is_time(column.type):
        mend = "cast it to a timestamp in a view of the source"
        raise InputError(f"the time has type {column.type}", column=column.name, mend=mend)
    return f"CAST({column.ref} AS TIMESTAMP)"


def _text(column: Column | None) -> str:
    return f"CAST({column.ref} AS VARCHAR)" if column else "CAST(NULL AS VARCHAR)"


def _output(name: str, column: Column | None, task: str) -> str:
    kept = "VARCHAR" if task == "multiclass" else "DOUBLE"
    if column is None:
        return f"CAST(NULL AS {kept})"
    kind = kind_of(column.type)
    if task == "multiclass" and column.type in ("DOUBLE", "FLOAT"):
        return f"CAST(CAST({column.ref} AS BIGINT) AS VARCHAR)"
    if task == "multiclass" or is_number(column.type):
        return f"CAST({column.ref} AS {kept})"
    if kind == "boolean":
        return f"CAST(CAST({column.ref} AS INTEGER) AS DOUBLE)"
    raise InputError(f"a {task} {name} cannot have type {column.type}", column=column.name, mend="give a number")


def _within(since: datetime | None, until: datetime | None) -> str:
    first = f" AND ts >= TIMESTAMP '{since}'" if since else ""
    return first + (f" AND ts < TIMESTAMP '{until}'" if until else "")


def make_bins(engine: Engine, warehouse: Warehouse, lake: Lake) -> None:
    """Give every part that has no bins yet its own: of the training rows, else of the earliest; else of all rows."""
    log = lake.log
    kept = kept_parts(warehouse.connection, log.node)
    new = [part for part in log.parts if part.key not in kept]
    if not new:
        return
    where, rows = find_reference(engine, log)
    bins, rare = bin_rows(engine, log, new, Reference(where, rows, sampled_by_time(engine, log, where, rows)))
    filled = {(column, part) for column, part, _, code, *_ in bins if code >= 0}
    empty = [part for part in new if part.key not in filled]
    if empty:
        rows = (engine.execute(f"SELECT count(*) FROM {log.table}").fetchone() or (0,))[0]
        again, more = bin_rows(engine, log, empty, Reference("TRUE", rows, sampled_by_time(engine, log, "TRUE", rows)))
        bins = [row for row in bins if (row[0], row[1]) in filled] + again
        rare = rare + more
    keep_bins(warehouse.connection, log.node, bins, rare)


def count_lake(engine: Engine, warehouse: Warehouse, lake: Lake, progress: Progress | None = None) -> int:
    """Fill table `profile` with the cells of a log whose bins are kept; return the number of rows counted."""
    log, connection = lake.log, warehouse.connection
    layouts = {(layout.column, layout.part): layout for layout in read_layouts(connection, log.node)}
    connection.register("found_groups", engine.collect(distinct_groups_sql(f"SELECT * FROM {log.table}")))
    grouping = number_groups(connection, "FROM found_groups")
    connection.unregister("found_groups")
    if grouping is None:
        return 0
    slices = hour_slices(connection, engine.rows_at_once)
    done = 0
    for first, after, rows in slices:
        within = f"SELECT * FROM {log.table} WHERE ts >= TIMESTAMP '{first}' AND ts < TIMESTAMP '{after}'"
        for chunk in _chunks(log.parts, engine.columns_at_once(rows)):
            engine.keep(ROWS, narrow_sql(log, within, grouping, chunk))
            for cells in _cells(engine, warehouse, log.node, chunk, layouts):
                connection.register("found_cells", cells)
                connection.execute(f"INSERT INTO profile {decoded_sql(log.node, 'SELECT * FROM found_cells')}")
                connection.unregister("found_cells")
            done += len(chunk)
            if progress:
                progress(f"profile {log.node}", done, len(log.parts) * len(slices))
    counted = connection.execute(
        "SELECT sum(n) FROM profile WHERE node = ? AND column_name = ?", [log.node, OUTPUT_COLUMNS[0]]
    ).fetchone()
    return int(counted[0]) if counted and counted[0] else 0


def _cells(
    engine: Engine,
    warehouse: Warehouse,
    node: str,
    chunk: Sequence[Part],
    layouts: Mapping[tuple[str, str], Layout],
) -> Iterator[pa.Table]:
    """Yield the cells of the parts that the narrow rows hold, a few parts at a time."""
    fill_codes(warehouse.connection, node, dict(enumerate(chunk)))
    engine.put(CODES_TABLE, warehouse.connection.sql(f"FROM {CODES_TABLE}").to_arrow_table())
    for start in range(0, len(chunk), engine.branches):
        parts = dict(enumerate(chunk[start : start + engine.branches], start=start))
        yield engine.collect(cells_sql(parts, layouts))


def _chunks(parts: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    return (parts[start : start + size] for start in range(0, len(parts), size))
