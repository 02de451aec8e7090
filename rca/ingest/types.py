"""Kinds of columns, the type kept for each, and SQL that converts any observed type to a kept one.

Few types are kept: BIGINT, DOUBLE, BOOLEAN, VARCHAR, TIMESTAMP (UTC), FLOAT[] and DOUBLE[].
"""

import re
from typing import Literal

Kind = Literal["numeric", "boolean", "category", "timestamp", "vector"]

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
FLOATS = {"FLOAT", "DOUBLE"}
WIDE = {"HUGEINT", "UHUGEINT", "UBIGINT"}
NOTHING = '"NULL"'
"""DuckDB's name for the type of a column that never held a value."""

_LIST = re.compile(r"^([A-Z]+(?:\(\d+,\d+\))?)\[\d*\]$")


def is_number(type_: str) -> bool:
    """Return whether a DuckDB type is a number."""
    return type_ in INTEGERS | FLOATS | WIDE or type_.startswith("DECIMAL")


def is_time(type_: str) -> bool:
    """Return whether a DuckDB type is a date or a moment."""
    return type_ == "DATE" or type_.startswith("TIMESTAMP")


def kind_of(type_: str) -> Kind:
    """Return the kind of a column of this DuckDB type."""
    if is_number(type_):
        return "numeric"
    if type_ == "BOOLEAN":
        return "boolean"
    if is_time(type_):
        return "timestamp"
    inner = _LIST.match(type_)
    return "vector" if inner and is_number(inner[1]) else "category"


def kept_type(types: list[str]) -> str:
    """Return the type kept for columns observed with these types, all of one kind."""
    kind = kind_of(types[0])
    if kind == "numeric":
        return "BIGINT" if set(types) <= INTEGERS else "DOUBLE"
    if kind == "vector":
        return "FLOAT[]" if all(type_.startswith("FLOAT[") for type_ in types) else "DOUBLE[]"
    return {"boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "category": "VARCHAR"}[kind]


def as_text(ref: str, type_: str) -> str:
    """Return SQL for a value as text: 1 and 1.0 are both '1'; nested values are JSON."""
    if type_ == "VARCHAR":
        return ref
    if type_ in FLOATS or type_.startswith("DECIMAL"):
        return f"regexp_replace(CAST({ref} AS VARCHAR), '\\.0+$', '')"
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION")):
        return f"CAST(to_json({ref}) AS VARCHAR)"
    return f"CAST({ref} AS VARCHAR)"


def as_number(ref: str, type_: str) -> str:
    """Return SQL for a value as DOUBLE; NULL when it is not a number."""
    if is_number(type_):
        return f"CAST({ref} AS DOUBLE)"
    if type_ == "BOOLEAN":
        return f"CAST(CAST({ref} AS TINYINT) AS DOUBLE)"
    return f"TRY_CAST({as_text(ref, type_)} AS DOUBLE)"


def as_truth(ref: str, type_: str) -> str:
    """Return SQL for a value as BOOLEAN: true/false, yes/no, 1/0; NULL for anything else."""
    if type_ == "BOOLEAN":
        return ref
    text = f"lower(trim({as_text(ref, type_)}))"
    return (
        f"CASE WHEN {text} IN ('true', 't', 'yes', 'y', '1') THEN TRUE "
        f"WHEN {text} IN ('false', 'f', 'no', 'n', '0') THEN FALSE END"
    )


def as_target(ref: str, type_: str) -> str:
    """Return SQL for a prediction or label as a finite DOUBLE: numbers, or truth values as 0/1."""
    number = as_number(ref, type_)
    if not is_number(type_) and type_ != "BOOLEAN":
        number = f"coalesce({number}, CAST(CAST({as_truth(ref, type_)} AS TINYINT) AS DOUBLE))"
    if type_ in INTEGERS or type_ == "BOOLEAN":
        return number
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def as_class(ref: str, type_: str) -> str:
    """Return SQL for a class as text: the class 1, 1.0 and '1.0' are all '1'."""
    return f"regexp_replace({as_text(ref, type_)}, '^([+-]?\\d+)\\.0+$', '\\1')"


def as_time(ref: str, type_: str) -> str:
    """Return SQL for a moment as TIMESTAMP in UTC; NULL when it is none.

    Naive times are UTC (the session's time zone is UTC). Numbers are seconds, milli-, micro- or nanoseconds
    since 1970, told apart by magnitude: each range covers years 1973 to 5138.
    """
    if type_ in {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"}:
        return f"CASE WHEN isfinite({ref}) THEN CAST({ref} AS TIMESTAMP) END"
    if type_ == "TIMESTAMP_NS":
        return f"CAST({ref} AS TIMESTAMP)"
    if is_time(type_):
        # with an offset, in micro- or nanoseconds; DuckDB has no direct way from the latter
        return f"CAST(CAST({ref} AS TIMESTAMPTZ) AS TIMESTAMP)"
    if is_number(type_):
        return _from_epoch(ref, type_)
    if type_ == "BOOLEAN" or kind_of(type_) == "vector":
        return f"CASE WHEN {ref} IS NULL THEN CAST(NULL AS TIMESTAMP) END"
    text = f"trim({as_text(ref, type_)})"
    plain = f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    tight = f"CAST(TRY_CAST(regexp_replace({text}, ' ([+-]\\d)', '\\1') AS TIMESTAMPTZ) AS TIMESTAMP)"
    digits = (
        f"CASE WHEN regexp_full_match({text}, '\\d{{9,19}}(\\.\\d+)?') "
        f"THEN {_from_epoch(f'TRY_CAST({text} AS DOUBLE)', 'DOUBLE')} END"
    )
    found = f"coalesce({plain}, {tight}, {digits})"
    return f"CASE WHEN isfinite({found}) THEN {found} END"


def _from_epoch(ref: str, type_: str) -> str:
    micro = [("1e11", "* 1000000"), ("1e14", "* 1000"), ("1e17", "* 1"), ("1e20", "// 1000")]
    value = f"TRY_CAST({ref} AS BIGINT)"
    if type_ not in INTEGERS | WIDE:
        micro[-1] = ("1e20", "/ 1000")
        value = f"CAST({ref} AS DOUBLE)"
    cases = " ".join(
        f"WHEN abs({value}) < {limit} THEN make_timestamp(TRY_CAST({value} {scale} AS BIGINT))"
        for limit, scale in micro
    )
    return f"CASE {cases} END"


def convert(ref: str, type_: str, kept: str) -> str:
    """Return SQL that converts a value to the kept type; NULL when it does not fit."""
    if type_ == NOTHING:
        return f"CAST(NULL AS {kept})"
    ways = {"VARCHAR": as_text, "DOUBLE": as_number, "BOOLEAN": as_truth, "TIMESTAMP": as_time, "BIGINT": _as_integer}
    if kept in ways:
        return ways[kept](ref, type_)
    return f"CAST({ref} AS {kept})" if kind_of(type_) == "vector" else f"TRY_CAST({as_text(ref, type_)} AS {kept})"


def _as_integer(ref: str, type_: str) -> str:
    exact = type_ in INTEGERS or type_ == "BOOLEAN"
    return f"CAST({ref} AS BIGINT)" if exact else f"TRY_CAST({as_text(ref, type_)} AS BIGINT)"


def is_lossless(type_: str, kept: str) -> bool:
    """Return whether every value of the observed type has a place in the kept type."""
    if type_ == NOTHING or kept == "VARCHAR" or (kind_of(type_) == "vector" and kept.endswith("]")):
        return True
    if kept == "BIGINT":
        return type_ in INTEGERS | {"BOOLEAN"}
    if kept == "DOUBLE":
        return is_number(type_) or type_ == "BOOLEAN"
    return kept == type_ or (kept == "TIMESTAMP" and is_time(type_))
