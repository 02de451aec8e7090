"""JSON Lines (and JSON arrays) as staged lines, and as columns: one per key of the objects."""

from pathlib import Path

import duckdb

from rca.ingest.session import Session, Unreadable, unreadable
from rca.ingest.text import LINE_BYTES, TYPE_SHARE, Reject, StagedText, first_bytes, new_table, read_rows, tell_types
from rca.ingest.types import NOTHING
from rca.warehouse.store import literal

LINE_OPTIONS = (
    "auto_detect=false, header=false, delim='\x01', quote='', escape='', columns={'line': 'VARCHAR'}, "
    f"strict_mode=false, null_padding=true, max_line_size={LINE_BYTES}"
)


def stage_lines(session: Session, path: Path) -> tuple[str, tuple[Reject, ...]]:
    """Stage the valid JSON documents of a file.

    Returns
    -------
    tuple
        The name of a temporary table (`line` JSON text, `row_index` from 0), and the lines that are not JSON.
    """
    table = new_table()
    if first_bytes(path).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
        return _stage_array(session, path, table), ()
    rejects = read_rows(session, path, table, LINE_OPTIONS)
    session.run(f"UPDATE {table} SET line = ltrim(line, '\ufeff') WHERE starts_with(line, '\ufeff')")
    session.run(f"DELETE FROM {table} WHERE line IS NULL OR trim(line) = ''")
    bad = session.run(
        f"""SELECT row_index + 1, line, 'not valid JSON; correct or remove the line'
            FROM {table} WHERE NOT json_valid(line) ORDER BY row_index"""
    ).fetchall()
    if bad:
        session.run(f"DELETE FROM {table} WHERE NOT json_valid(line)")
    return table, rejects + tuple(Reject(*row) for row in bad)


def _stage_array(session: Session, path: Path, table: str) -> str:
    try:
        session.run(
            f"""CREATE TEMP TABLE {table} AS
                SELECT CAST(json AS VARCHAR) AS line, row_number() OVER () - 1 AS row_index
                FROM read_json_objects({literal(str(path))}, format='array', maximum_object_size={LINE_BYTES})"""
        )
    except duckdb.Error as error:
        raise unreadable(error, "is not valid JSON") from error
    return table


def stage_json(session: Session, path: Path) -> StagedText:
    """Stage JSON objects with one text column per key, in the order in which the keys first appear."""
    lines, rejects = stage_lines(session, path)
    others = session.run(
        f"""SELECT row_index + 1, line, 'not a JSON object; write one object a line'
            FROM {lines} WHERE json_type(line) <> 'OBJECT' ORDER BY row_index"""
    ).fetchall()
    rejects += tuple(Reject(*row) for row in others)
    objects = f"(SELECT line, row_index FROM {lines} WHERE json_type(line) = 'OBJECT')"
    names = [
        name
        for (name,) in session.run(
            f"""SELECT key FROM (SELECT row_index, unnest(json_keys(line)) AS key,
                                        generate_subscripts(json_keys(line), 1) AS position FROM {objects})
                GROUP BY key ORDER BY min(row_index), min(position), key"""
        ).fetchall()
    ]
    table = new_table()
    pointers = "[" + ", ".join(literal(_pointer(name)) for name in names) + "]::VARCHAR[]"
    fields = ", ".join(["row_index", *(f"cell[{position + 1}] AS c{position}" for position in range(len(names)))])
    session.run(
        f"""CREATE TEMP TABLE {table} AS SELECT {fields}
            FROM (SELECT row_index, json_extract_string(line, {pointers}) AS cell FROM {objects})"""
    )
    rows = session.scalar(f"SELECT count(*) FROM {table}")
    columns = _columns(session, table, objects, names, pointers, rows)
    session.run(f"DROP TABLE {lines}")
    return StagedText(f"(SELECT *, 0 AS file_index FROM {table})", columns, rows, rejects)


def _columns(
    session: Session, table: str, objects: str, names: list[str], pointers: str, rows: int
) -> tuple[tuple[str, str, str, str], ...]:
    if not names:
        return ()
    seen = _json_types(session, objects, pointers)
    typed = tell_types(session, table, (f"c{position}" for position in range(len(names))), rows)
    return tuple(
        (name, *_limit(f"c{position}", typed[position], seen.get(position, {}))) for position, name in enumerate(names)
    )


def _json_types(session: Session, objects: str, pointers: str) -> dict[int, dict[str, int]]:
    """Return per key how many values have which JSON type."""
    counted = session.run(
        f"""WITH values_ AS (  -- a row is one value's type
                SELECT unnest(json_type(line, {pointers})) AS type,
                       generate_subscripts(json_type(line, {pointers}), 1) - 1 AS position FROM {objects})
            SELECT position, type, count(*) FROM values_ WHERE type IS NOT NULL AND type <> 'NULL'
            GROUP BY position, type"""
    ).fetchall()
    types: dict[int, dict[str, int]] = {}
    for position, type_, n in counted:
        types.setdefault(position, {})[type_] = n
    return types


def _limit(ref: str, told: tuple[str, str, str], seen: dict[str, int]) -> tuple[str, str, str]:
    """Believe JSON's own types over what the text looks like: "12.5" in quotes is text."""
    texts, total = seen.get("VARCHAR", 0), sum(seen.values())
    if not total:
        return ref, "VARCHAR", NOTHING
    if texts <= (1 - TYPE_SHARE) * total or told[2] == "TIMESTAMP":
        return told
    return ref, "VARCHAR", "VARCHAR"


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
