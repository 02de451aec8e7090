"""JSON Lines (and JSON arrays) as staged lines, and as columns: one per key of the objects."""

from pathlib import Path

import duckdb

from rca.ingest.session import Session, unreadable
from rca.ingest.text import (
    ALL_TYPES,
    LINE_BYTES,
    TYPE_SHARE,
    Reject,
    StagedText,
    first_bytes,
    new_table,
    open_text,
    read_rows,
    tell_types,
)
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
        return table, _stage_array(session, path, table)
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


def _stage_array(session: Session, path: Path, table: str) -> tuple[Reject, ...]:
    try:
        session.run(
            f"""CREATE TEMP TABLE {table} AS
                SELECT CAST(json AS VARCHAR) AS line, row_number() OVER () - 1 AS row_index
                FROM read_json_objects({literal(str(path))}, format='array', maximum_object_size={LINE_BYTES})"""
        )
    except duckdb.Error as error:
        raise unreadable(error, "is not valid JSON") from error
    with open_text(path) as stream:
        tail = stream.read()[-200:].rstrip()
    if tail.endswith(b"]"):
        return ()
    # the reader takes an array that breaks off for one that ends
    rows = session.scalar(f"SELECT count(*) FROM {table}")
    return (Reject(rows + 1, tail.decode(errors="replace"), "the JSON array breaks off here; write the file again"),)


def stage_json(session: Session, path: Path) -> StagedText:
    """Stage JSON objects with one text column per key, in the order in which the keys first appear."""
    lines, rejects = stage_lines(session, path)
    others = session.run(
        f"""SELECT row_index + 1, line, 'not a JSON object; write one object a line'
            FROM {lines} WHERE json_type(line) <> 'OBJECT' ORDER BY row_index"""
    ).fetchall()
    rejects += tuple(Reject(*row) for row in others)
    objects = f"(SELECT line, row_index FROM {lines} WHERE json_type(line) = 'OBJECT')"
    names = _keys(session, objects)
    refs = [f"c{position}" for position in range(len(names))]
    # JSON pointers, because a path with dots cannot name every key
    pointers = "[" + ", ".join(literal(_pointer(name)) for name in names) + "]::VARCHAR[]"
    fields = ", ".join(["row_index", *(f"cell[{place}] AS {ref}" for place, ref in enumerate(refs, 1))])
    table = new_table()
    session.run(
        f"""CREATE TEMP TABLE {table} AS SELECT {fields}
            FROM (SELECT row_index, json_extract_string(line, {pointers}) AS cell FROM {objects})"""
    )
    rows = session.scalar(f"SELECT count(*) FROM {table}")
    seen = _json_types(session, objects, pointers)
    told = tell_types(session, table, refs, rows, [_possible(seen.get(place, {})) for place in range(len(refs))])
    session.run(f"DROP TABLE {lines}")
    typed = [
        _limit(ref, column, seen.get(place, {})) for place, (ref, column) in enumerate(zip(refs, told, strict=True))
    ]
    columns = tuple(
        (name, *column, ref if column[1] == "TIMESTAMP" else None)
        for name, ref, column in zip(names, refs, typed, strict=True)
    )
    return StagedText(f"(SELECT *, 0 AS file_index FROM {table})", columns, rows, rejects)


def _keys(session: Session, objects: str) -> list[str]:
    found = session.run(
        f"""WITH alike AS (  -- a row is all objects with the same keys
                SELECT json_keys(line) AS keys, min(row_index) AS first FROM {objects} GROUP BY keys),
            keys AS (SELECT first, unnest(keys) AS key, generate_subscripts(keys, 1) AS place FROM alike)
            SELECT key FROM keys GROUP BY key ORDER BY min(first), min(place), key"""
    ).fetchall()
    return [name for (name,) in found]


def _json_types(session: Session, objects: str, pointers: str) -> dict[int, dict[str, int]]:
    """Return per key how many values have which JSON type."""
    counted = session.run(
        f"""WITH alike AS (  -- a row is all objects whose values have the same types
                SELECT json_type(line, {pointers}) AS types, count(*) AS n FROM {objects} GROUP BY types),
            values_ AS (SELECT unnest(types) AS type, generate_subscripts(types, 1) - 1 AS position, n FROM alike)
            SELECT position, type, CAST(sum(n) AS BIGINT) FROM values_ WHERE type IS NOT NULL AND type <> 'NULL'
            GROUP BY position, type"""
    ).fetchall()
    types: dict[int, dict[str, int]] = {}
    for position, type_, n in counted:
        types.setdefault(position, {})[type_] = n
    return types


def _possible(seen: dict[str, int]) -> frozenset[str]:
    """Return which types are to be counted of values of these JSON types; no other could be believed."""
    if seen.keys() <= {"BIGINT", "UBIGINT", "DOUBLE"}:
        return frozenset({"BIGINT", "DOUBLE"})
    if seen.keys() == {"VARCHAR"}:
        return frozenset({"TIMESTAMP"})
    return ALL_TYPES


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
