"""Where a model's batches lie: `predictions/<node>/…`, nested as deep as one likes."""

from pathlib import Path

from rca.ingest.files import discover
from rca.ingest.session import Session
from schemas.system import Node


def batches_by_node(session: Session) -> dict[str, list[Path]]:
    """Return the files of each model's log in order of their paths; warn of folders that name no declared node."""
    found, others = discover(session.folder, "predictions")
    for path in others:
        session.tally.warn(
            f"{path.relative_to(session.folder).as_posix()}: not Parquet, CSV or JSON Lines; it was left out"
        )
    root = session.folder / "predictions"
    nodes: dict[str, list[Path]] = {}
    for path in found:
        parts = path.relative_to(root).parts[:-1] if root in path.parents else ()
        node = _node_of(session, parts, path)
        if node is None:
            name = path.relative_to(session.folder).as_posix()
            session.tally.warn(f"{name}: belongs to no node; move it to predictions/<node>/")
        else:
            nodes.setdefault(node, []).append(path)
    for node in nodes:
        if node not in session.system.by_id:
            session.tally.warn(
                f"predictions/{node}: {node!r} is not among the nodes of system.yaml; its rows were landed, but "
                "nothing is known of it: declare it or rename the folder"
            )
    return nodes


def _node_of(session: Session, parts: tuple[str, ...], path: Path) -> str | None:
    """Return the longest run of folders that names a node (ids may hold slashes), else the first folder."""
    known = session.system.by_id
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in known:
            return "/".join(parts[:length])
    if parts:
        return parts[0]
    stem = path.name.split(".")[0]
    models = [node.id for node in known.values() if node.kind == "model"]
    return stem if stem in known else models[0] if len(models) == 1 else None


def node_or_default(session: Session, node: str) -> Node:
    """Return the declared node; for an undeclared folder, a model of which nothing is known."""
    return session.system.by_id.get(node) or Node(id=node, kind="model")
