"""Write a database file anew: what was deleted stays in freed blocks of the old file, and must not."""

from pathlib import Path

import duckdb

from rca.errors import WarehouseError
from rca.warehouse.backup import copy_database
from rca.warehouse.connect import connect


def rewrite(path: Path) -> None:
    """Replace a database that nobody has open by a copy of what it holds now, in one step.

    Raises
    ------
    WarehouseError
        When it is open elsewhere, or the copy cannot be written; the old file is kept then.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        try:
            connection = connect(path)
        except duckdb.Error as error:
            raise WarehouseError(f"cannot open the database {path}: {str(error).splitlines()[0]}") from error
        with connection:
            copy_database(connection, part)
        part.replace(path)  # all of the old file's log was written to it when it was closed
    finally:
        part.unlink(missing_ok=True)
