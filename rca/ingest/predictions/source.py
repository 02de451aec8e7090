"""Ingest the prediction logs of all models."""

import duckdb

from rca.ingest.files import SourceFile, describe
from rca.ingest.predictions.batches import Group, read_groups
from rca.ingest.predictions.hide import hide_stored, warn_unknown, with_stored
from rca.ingest.predictions.land import land_group
from rca.ingest.predictions.layout import batches_by_node, node_or_default
from rca.ingest.predictions.roles import Roles
from rca.ingest.predictions.table import extend_table, open_table
from rca.ingest.predictions.task import infer_task
from rca.ingest.relation import open_file
from rca.ingest.session import Session, Unreadable, unreadable
from schemas.system import Node

SOURCE = "predictions"


def ingest_predictions(session: Session) -> None:
    """Land all new batches of all models."""
    known = session.known_digests()
    for node_id, paths in batches_by_node(session).items():
        node = node_or_default(session, node_id)
        files = describe(session.folder, paths, f"{SOURCE}\0{node_id}", with_name=True)
        fresh = [file for file in files if file.digest not in known and _failed(file, node).digest not in known]
        session.tally.add(SOURCE, "skipped", len(files) - len(fresh))
        if fresh:
            _ingest_node(session, node, fresh)


def land_predictions(session: Session, node: str, files: list[SourceFile]) -> None:
    """Land batches of one model, wherever they lie and whether or not they were landed before."""
    _ingest_node(session, node_or_default(session, node), files)


def _ingest_node(session: Session, node: Node, files: list[SourceFile]) -> None:
    node = with_stored(session, node)
    roles = Roles.of(node, session.system)
    groups = _timed(session, roles, read_groups(session, files, node.id))
    if not groups:
        return
    with session.transaction():
        table = open_table(session, node.id, _task(session, roles, groups))
        hide_stored(session, table, node)
        extend_table(session, table, roles, groups)
    warn_unknown(session, table, node, groups)
    done = 0
    for group in groups:
        session.progress(f"{SOURCE}/{node.id}", done, len(files))
        try:
            with session.transaction():
                land_group(session, table, roles, group)
        except duckdb.Error as error:
            _land_one_by_one(session, table.node, group, error)
        done += len(group.files)
    session.progress(f"{SOURCE}/{node.id}", done, len(files))


def _task(session: Session, roles: Roles, groups: list[Group]) -> str:
    kept = session.scalar("SELECT task FROM prediction_tables WHERE node = ?", [roles.node.id])
    return roles.node.task or kept or infer_task(session, roles, groups)


def _timed(session: Session, roles: Roles, groups: list[Group]) -> list[Group]:
    """Return the groups that have a time column; the others cannot be placed in time and are set aside whole."""
    timed = []
    for group in groups:
        if "ts" in roles.split(group.relation.columns)[0]:
            timed.append(group)
            continue
        wanted = roles.node.column("ts")
        reason = (
            f"has no time column {wanted!r}; name it in system.yaml under columns, as {{ts: …}} "
            f"(its columns: {', '.join(repr(c.name) for c in group.relation.columns[:20])})"
        )
        for file in group.files:
            session.reject_file(_failed(file, roles.node), SOURCE, roles.node.id, reason)
    return timed


def _failed(file: SourceFile, node: Node) -> SourceFile:
    """Return the file as registered when it has no time column: another mapping makes it worth another try."""
    return SourceFile(file.path, file.name, f"{file.digest} without {node.column('ts')}")


def _land_one_by_one(session: Session, node_id: str, group: Group, error: duckdb.Error) -> None:
    """Find the damaged file of a group: all others are kept."""
    node = with_stored(session, node_or_default(session, node_id))
    if len(group.files) == 1:
        session.reject_file(group.files[0], SOURCE, node_id, str(unreadable(error)))
        return
    unreadable(error)
    roles = Roles.of(node, session.system)
    table = open_table(session, node_id, _task(session, roles, [group]))
    for file in group.files:
        try:
            single = Group((file,), open_file(session, file.path))
            with session.transaction():
                land_group(session, table, roles, single)
        except (Unreadable, duckdb.Error) as problem:
            session.reject_file(file, SOURCE, node_id, str(unreadable(problem)))
