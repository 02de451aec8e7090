"""Columns marked sensitive: what is kept of their values is enough to count and compare, and is not the value.

A text becomes a token, the same for the same text, made with a key of this database's own. A number, and the age of a
moment, is rounded to the middle of one of four steps to a doubling: steps that do not depend on the data, so that the
order in which rows come changes nothing.
"""

import secrets
from collections.abc import Iterable

import duckdb

from rca.ingest.types import kind_of
from rca.warehouse.store import literal

STEPS = 4
"""Per doubling: a number is kept to about a tenth."""

TOKEN_DIGITS = 16
KEY = "sensitive_key"


def reduced_type(kept: str) -> str:
    """Return the type in which a sensitive column of a kept type is stored."""
    kinds = {"numeric": "DOUBLE", "boolean": "VARCHAR", "category": "VARCHAR", "vector": "DOUBLE[]"}
    return kinds.get(kind_of(kept), kept)


def reduced(connection: duckdb.DuckDBPyConnection, value: str, stored: str, ts: str) -> str:
    """Return SQL of what is stored of a value; null stays null.

    Parameters
    ----------
    value
        SQL of the value, of the type `stored`.
    ts
        SQL of the row's time: of a moment, only its age then is kept, rounded.
    """
    kind = kind_of(stored)
    if kind == "numeric":
        return _step(value)
    if kind == "vector":
        return f"list_transform({value}, lambda x: {_step('x')})"
    if kind == "timestamp":
        age = f"CAST(epoch_us({ts}) - epoch_us({value}) AS DOUBLE)"
        return f"({ts} - to_microseconds(CAST({_step(age)} AS BIGINT)))"
    return token(connection, value)


def _step(value: str) -> str:
    size = f"pow(2, (floor(log2(abs({value})) * {STEPS}) + 0.5) / {STEPS})"
    return f"CASE WHEN {value} = 0 OR NOT isfinite({value}) THEN {value} ELSE sign({value}) * {size} END"


def token(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return SQL of the token of a text, given as SQL."""
    return f"('~' || substr(sha256({literal(_key(connection))} || {text}), 1, {TOKEN_DIGITS}))"


def token_of(connection: duckdb.DuckDBPyConnection, value: str) -> str:
    """Return the token under which a text is stored."""
    row = connection.execute(f"SELECT {token(connection, '$1')}", [value]).fetchone()
    return str(row[0]) if row else ""


def _key(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the key of the database, made the first time."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", [KEY]).fetchone()
    if row:
        return str(row[0])
    made = secrets.token_hex(32)
    connection.execute("INSERT INTO meta VALUES (?, ?)", [KEY, made])
    return made


def stored_sensitive(connection: duckdb.DuckDBPyConnection, node: str) -> frozenset[str]:
    """Return the columns of a node of which no raw value is stored; they stay so, whatever system.yaml says later."""
    rows = connection.execute("SELECT column_name FROM sensitive_columns WHERE node = ?", [node]).fetchall()
    return frozenset(name for (name,) in rows)


def note_sensitive(connection: duckdb.DuckDBPyConnection, node: str, columns: Iterable[str]) -> None:
    """Note columns of a node of which no raw value is stored from now on."""
    for name in sorted(set(columns) - stored_sensitive(connection, node)):
        connection.execute("INSERT INTO sensitive_columns VALUES (?, ?)", [node, name])
