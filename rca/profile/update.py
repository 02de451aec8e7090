"""Keep the profile up to date with the files that were ingested."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import duckdb

from rca.profile.edges import kept_parts, make_edges
from rca.profile.layout import read_layouts
from rca.profile.merge import add_absent, forget_cells
from rca.profile.parts import Log, read_log
from rca.profile.reduce import reduce_log
from rca.profile.renew import Stale, find_stale, forget
from rca.warehouse import Warehouse

Progress = Callable[[str, int, int], None]


def update_profile(warehouse: Warehouse, progress: Progress | None = None) -> None:
    """Bring the profile up to date: edges for new columns, then the cells of files not profiled yet.

    All in one transaction: after a crash nothing is half profiled. The profile is the same whatever the order in
    which files came: where a late one changes what bins are made from, the parts that it concerns are counted anew.

    Parameters
    ----------
    warehouse
        With prediction files landed; files already profiled are not read again unless bins change.
    progress
        Called with (what is being done, columns done, columns in all).
    """
    connection = warehouse.connection
    nodes = connection.execute(
        "SELECT DISTINCT node FROM files "
        "WHERE source = 'predictions' AND NOT profiled AND node IS NOT NULL ORDER BY node"
    ).fetchall()
    if not nodes:
        return
    with warehouse.transaction():
        for (node,) in nodes:
            log = read_log(connection, node)
            if log is not None:
                _profile(connection, log, find_stale(connection, log), progress)
        connection.execute("UPDATE files SET profiled = TRUE WHERE source = 'predictions' AND NOT profiled")


def count_anew(warehouse: Warehouse, nodes: Iterable[str], progress: Progress | None = None) -> None:
    """Make the bins and cells of some nodes' logs anew from their rows; the profile must be up to date.

    Only where all rows are there: the caller sees to it that none were rolled up.
    """
    connection = warehouse.connection
    with warehouse.transaction():
        for node in nodes:
            log = read_log(connection, node)
            if log is not None:
                kept = kept_parts(connection, node)
                all_of_it = Stale(frozenset(part.key for part in log.parts if part.key in kept), whole=True)
                _profile(connection, log, all_of_it, progress)


def recount(warehouse: Warehouse, node: str, hours: Sequence[datetime]) -> None:
    """Count some hours of a log anew after rows were removed; bins change only where their reference did.

    The hours must not have been rolled up. The profile must be up to date.
    """
    connection = warehouse.connection
    log = read_log(connection, node)
    if log is None or not hours:
        return
    with warehouse.transaction():
        stale = find_stale(connection, log)
        if stale.whole:
            _profile(connection, log, stale, None)
            return
        listed = ", ".join(f"TIMESTAMP '{hour}'" for hour in hours)
        forget_cells(connection, node, [part.key for part in log.parts], hours=listed)
        rows = f"SELECT * FROM {log.table} WHERE date_trunc('hour', ts) IN ({listed})"
        reduce_log(connection, log, read_layouts(connection, node), rows=rows)


def _profile(connection: duckdb.DuckDBPyConnection, log: Log, stale: Stale, progress: Progress | None) -> None:
    forget(connection, log.node, stale)
    log = read_log(connection, log.node) or log
    known = kept_parts(connection, log.node)
    log = make_edges(connection, log, stale.keys)
    layouts = read_layouts(connection, log.node)
    whole = f"SELECT * FROM {log.table} WHERE ts IS NOT NULL"
    if stale.whole:
        reduce_log(connection, log, layouts, progress, whole)
        return
    add_absent(connection, log.node, [p.key for p in log.parts if p.key not in known and p.key not in stale.keys])
    counted = replace(log, parts=tuple(part for part in log.parts if part.key not in stale.keys))
    reduce_log(connection, counted, layouts, progress)
    if stale.keys:
        again = replace(log, parts=tuple(part for part in log.parts if part.key in stale.keys))
        reduce_log(connection, again, layouts, progress, f"{whole} AND ts >= TIMESTAMP '{stale.since}'")
