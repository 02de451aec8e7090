"""Keep the profile up to date with the files that were ingested."""

from collections.abc import Callable

from rca.profile.edges import make_edges
from rca.profile.layout import read_layouts
from rca.profile.reduce import reduce_log
from rca.warehouse import Warehouse


def update_profile(warehouse: Warehouse, progress: Callable[[str, int, int], None] | None = None) -> None:
    """Bring the profile up to date: edges for new columns, then the cells of files not profiled yet.

    All in one transaction: after a crash nothing is half profiled.

    Parameters
    ----------
    warehouse
        With prediction files landed; files already profiled are not read again.
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
    connection.execute("BEGIN")
    try:
        for (node,) in nodes:
            log = make_edges(connection, node)
            if log is not None:
                reduce_log(connection, log, read_layouts(connection, node), progress)
        connection.execute("UPDATE files SET profiled = TRUE WHERE source = 'predictions' AND NOT profiled")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
