"""A column that is declared sensitive after values of it were stored: these are replaced, and counted anew."""

import difflib
from collections.abc import Sequence

from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.table import Table
from rca.ingest.sensitive import note_sensitive, reduced, reduced_type, stored_sensitive, token
from rca.ingest.session import Session
from rca.ingest.types import kind_of
from rca.warehouse.store import quote
from schemas.system import Node

MADE_FROM_ROWS = ("bins", "late_parts", "profile_references", "rare_categories", "vector_lengths", "profile")


def with_stored(session: Session, node: Node) -> Node:
    """Return the node with all its sensitive columns: those declared now, and those declared before."""
    every = {*node.sensitive, *stored_sensitive(session.connection, node.id)}
    return node.model_copy(update={"sensitive": tuple(sorted(every))})


def hide_stored(session: Session, table: Table, node: Node) -> None:
    """Replace values stored before their column was declared sensitive; note which columns are from now on."""
    fresh = set(node.sensitive) - stored_sensitive(session.connection, node.id)
    note_sensitive(session.connection, node.id, node.sensitive)
    raw = sorted(fresh & table.columns.keys())
    if not raw or not session.scalar(f"SELECT EXISTS (FROM {table.name})"):
        return
    for name in raw:
        kept = table.columns[name]
        kept.type = reduced_type(kept.type)
        column = quote(kept.physical)
        stored = reduced(session.connection, f"CAST({column} AS {kept.type})", kept.type, "ts")
        session.run(f"ALTER TABLE {table.name} ALTER COLUMN {column} TYPE {kept.type} USING {stored}")
        session.run(
            "UPDATE prediction_columns SET type = ?, kind = ? WHERE node = ? AND column_name = ?",
            [kept.type, kind_of(kept.type), node.id, name],
        )
    session.run(
        "UPDATE quarantine SET raw = NULL WHERE file_id IN (SELECT file_id FROM files WHERE node = ?)", [node.id]
    )
    _forget_profile(session, node.id, raw)
    session.tally.warn(
        f"{node.id}: values of {', '.join(raw)} that were stored before are replaced; to be rid of what freed blocks "
        "of the file may hold of them, back the database up and restore it"
    )


def warn_unknown(session: Session, table: Table, node: Node, groups: Sequence[Group]) -> None:
    """Warn of a sensitive column that no batch ever had: a name that is spelled wrong hides nothing."""
    there = {column.name for group in groups for column in group.relation.columns} | table.columns.keys()
    for name in sorted(set(node.sensitive) - there):
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"; did you mean {near[0]!r}? Its values are stored as they are" if near else ""
        session.tally.warn(f"{node.id}: the sensitive column {name!r} is in none of its files{hint}")


def _forget_profile(session: Session, node: str, columns: list[str]) -> None:
    """Let the next update make the profile anew; where rows were rolled up it stays, with tokens for names."""
    if session.scalar("SELECT count(*) FROM rollups WHERE node = ?", [node]):
        for table in ("bins", "rare_categories"):
            session.run(
                f"UPDATE {table} SET category = {token(session.connection, 'category')} "
                "WHERE node = ? AND column_name IN (SELECT unnest(?::VARCHAR[])) AND category IS NOT NULL",
                [node, columns],
            )
        return
    for table in MADE_FROM_ROWS:
        session.run(f"DELETE FROM {table} WHERE node = ?", [node])
    session.run("UPDATE files SET profiled = FALSE WHERE node = ? AND source = 'predictions'", [node])
