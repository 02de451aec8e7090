"""`rca graph`: what depends on what."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rca.cli.output import print_lines, shown_progress
from rca.errors import InputError, UnknownName

if TYPE_CHECKING:
    import networkx as nx


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
    whole = _observed(bundle, db)
    from rca.graph import to_mermaid, to_text, upstream_of

    if node is not None and node not in whole:
        raise UnknownName("node", node, whole)
    shown = whole if node is None else whole.subgraph(upstream_of(whole, node))
    text = to_mermaid(shown, () if node is None else (node,)) if mermaid else to_text(shown, node)
    print_lines(text)


def _observed(bundle: Path | None, db: Path | None) -> "nx.DiGraph[str]":
    """Return the graph of declarations, spans and lineage."""
    if (bundle is None) == (db is None):
        raise InputError("a graph is of one thing", mend="give a bundle's folder, or --db with an ingested database")
    if db is not None and not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    from rca.evidence.services import read_lineage_edges
    from rca.graph import build_graph
    from rca.ingest import ingest_bundle
    from rca.ingest.documents import load_system
    from rca.spans import read_span_edges
    from rca.warehouse import Warehouse

    with Warehouse(db) as warehouse, shown_progress() as progress:
        if bundle is not None:
            ingest_bundle(warehouse, bundle, progress=progress)
        return build_graph(load_system(warehouse), read_span_edges(warehouse), read_lineage_edges(warehouse))
