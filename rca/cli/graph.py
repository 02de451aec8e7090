"""`rca graph`: what depends on what."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def graph(
    bundle: Path | None = None,
    /,
    *,
    db: Path | None = None,
    node: str | None = None,
    mermaid: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the dependency graph.

    Parameters
    ----------
    bundle
        Folder with the files of an incident.
    db
        DuckDB database of `rca ingest`.
    node
        Show only what can break this node.
    mermaid
        Print a Mermaid flowchart instead of text.
    """
    raise NotImplementedError
