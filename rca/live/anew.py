"""After rows were erased the file is written anew, at the next start: freed blocks hold them until then."""

from pathlib import Path

from rca.warehouse import Warehouse
from rca.warehouse.rewrite import rewrite

MARK = "rewrite"
"""The key in `meta` that says so."""


def write_anew_later(warehouse: Warehouse) -> None:
    """Let the next start write the file anew."""
    warehouse.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, 'due')", [MARK])


def written_anew(path: Path, warehouse: Warehouse) -> Warehouse:
    """Return a database that was just opened, its file written anew if it is marked so."""
    if warehouse.connection.execute("SELECT 1 FROM meta WHERE key = ?", [MARK]).fetchone() is None:
        return warehouse
    warehouse.close()
    rewrite(path)
    warehouse = Warehouse(path)
    warehouse.connection.execute("DELETE FROM meta WHERE key = ?", [MARK])
    return warehouse
