"""What people changed: deployments, configuration, data feeds, guidelines, flags."""

from typing import get_args

from rca.ingest.files import SourceFile
from rca.ingest.landing import Bad, land_files, of_table, set_aside_where
from rca.ingest.relation import Relation
from rca.ingest.session import Session
from rca.ingest.types import as_text, as_time
from rca.warehouse.store import literal
from schemas.incident import ChangeKind

TEXTS = ("node", "kind", "title", "url", "author")
KINDS = get_args(ChangeKind)
TIMELESS = Bad("ts IS NULL", "coalesce(raw_ts, title)", "has no usable time; write ISO 8601", "ts")


def ingest_changes(session: Session) -> None:
    """Land all new change files."""
    land_files(session, "changes", land_changes)


def _land(session: Session, file_id: int, file: SourceFile, relation: Relation) -> str:
    (ts,) = relation.need("ts")
    texts = ", ".join(f"{_text(relation, name)} AS {name}" for name in TEXTS)
    values = ", ".join(f"{_json(relation, name)} AS {name}" for name in ("before", "after"))
    staged = f"changes_{file_id}"
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE {staged} AS
            SELECT row_index, {as_time(ts.ref, ts.type)} AS ts, {as_text(ts.ref, ts.type)} AS raw_ts, {texts}, {values}
            FROM {relation.sql}"""
    )
    good = set_aside_where(session, file_id, file, staged, [TIMELESS])
    known = ", ".join(map(literal, KINDS))
    odd = session.run(f"SELECT DISTINCT kind FROM {staged} WHERE kind NOT IN ({known}) ORDER BY kind").fetchall()
    for (kind,) in odd:
        session.tally.warn(
            f"{file.name}: unknown kind of change {kind!r}, read as 'other'; use one of {', '.join(KINDS)}"
        )
    session.run(
        f"""INSERT INTO changes
            SELECT {file_id}, ts, node, CASE WHEN kind IN ({known}) THEN kind ELSE 'other' END, title,
                   before, after, url, author
            FROM {staged} WHERE {good} ORDER BY ts, row_index"""
    )
    session.run(f"DROP TABLE {staged}")
    return f"SELECT count(*), min(ts), max(ts) FROM changes WHERE file_id = {file_id}"


def _text(relation: Relation, name: str) -> str:
    column = relation.find(name)
    return as_text(column.ref, column.type) if column else "CAST(NULL AS VARCHAR)"


def _json(relation: Relation, name: str) -> str:
    """Return SQL for any value as JSON: text that is itself JSON stays so, other text becomes a JSON string."""
    column = relation.find(name)
    if column is None:
        return "CAST(NULL AS JSON)"
    if column.type != "VARCHAR":
        return f"to_json({column.ref})"
    return f"CASE WHEN json_valid({column.ref}) THEN CAST({column.ref} AS JSON) ELSE to_json({column.ref}) END"


land_changes = of_table(_land)
"""Lands one file."""
