"""Slice predicates (CONTRACT section 3): read one, and say which logged rows it selects.

`column=value`, `column in [a,b]`, `column>=x`, `column<x`, `column is null`, joined by ` & `.
Two predicates name the same slice when they select the same rows, however they are written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.files import Files, quoted

SAME_ROWS = 0.9
"""Jaccard similarity from which two sets of rows are the same slice."""

ENDS = 2
"""Two numbers in brackets are the ends of a range, both included; more are a set."""

RIGHT_SIDE = re.compile(r"\s*(?:(is null)|(in)\s*\[(.*)\]|(>=|<|=)\s*(.*))\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on one column: `form` is `=`, `in`, `>=`, `<` or `is null`."""

    column: str
    form: str
    values: tuple[str, ...] = ()


def read_condition(text: str, columns: Iterable[str]) -> Condition | None:
    """Return the condition that a text states about one of the columns; None when it states none."""
    for column in sorted((name for name in columns if text.strip().startswith(name)), key=len, reverse=True):
        found = RIGHT_SIDE.fullmatch(text.strip()[len(column) :])
        if found:
            null, several, inside, form, value = found.groups()
            if several:
                return Condition(column, "in", tuple(part.strip() for part in inside.split(",")))
            return Condition(column, null or form, () if null else (value.strip(),))
    return None


def read_predicate(text: str, columns: Iterable[str]) -> tuple[Condition, ...] | None:
    """Return a predicate's conditions; None when the text is no predicate about these columns.

    A value may itself hold ` & `: what states no condition belongs to the part before it.

    >>> read_predicate("country=DE & hour in [22,23]", {"country", "hour"})
    (Condition(column='country', form='=', values=('DE',)), Condition(column='hour', form='in', values=('22', '23')))
    """
    known, parts = tuple(columns), list[str]()
    for part in text.split(" & "):
        if parts and read_condition(part, known) is None:
            parts[-1] += f" & {part}"
        else:
            parts.append(part)
    conditions = [read_condition(part, known) for part in parts]
    return None if None in conditions else tuple(one for one in conditions if one is not None)


def number(text: str) -> float | None:
    """Return a number, None where the text is none."""
    try:
        return float(text)
    except ValueError:
        return None


def equals(column: str, value: str) -> tuple[str, list[str]]:
    """Return SQL, and its values, for rows with a value: the same text, or the same number written otherwise."""
    sql = f"(CAST({column} AS VARCHAR) = ? OR TRY_CAST({column} AS DOUBLE) = TRY_CAST(? AS DOUBLE))"
    return sql, [value, value]


def to_sql(condition: Condition) -> tuple[str, list[str]]:
    """Return a condition as SQL that is true or false, never null, and the values of its question marks."""
    name, values = quoted(condition.column), condition.values
    if condition.form == "is null":
        return f"{name} IS NULL", []
    numeric = f"TRY_CAST({name} AS DOUBLE)"
    numbers = all(number(value) is not None for value in values)
    if condition.form in {">=", "<"}:
        left, right = (numeric, "CAST(? AS DOUBLE)") if numbers else (f"CAST({name} AS VARCHAR)", "?")
        real = f" AND NOT isnan({numeric})" if numbers else ""
        return f"coalesce({left} {condition.form} {right}{real}, false)", list(values)
    if condition.form == "in" and numbers and len(values) == ENDS:
        return f"coalesce({numeric} BETWEEN CAST(? AS DOUBLE) AND CAST(? AS DOUBLE), false)", list(values)
    each = [equals(name, value) for value in values]
    return f"coalesce({' OR '.join(sql for sql, _ in each)}, false)", [value for _, some in each for value in some]


def select(files: Files, node: str, predicates: Iterable[str]) -> list[NDArray[np.bool_] | None]:
    """Return which of a model's logged production rows each predicate selects, (N,); None where it cannot be read."""
    columns = files.columns(node)
    read = [read_predicate(text, columns) for text in predicates]
    parts, values = ["true"], list[str]()
    for conditions in read:
        each = [to_sql(condition) for condition in conditions or ()]
        parts.append(" AND ".join(sql for sql, _ in each) or "false")
        values += [value for _, some in each for value in some]
    live = "WHERE coalesce(split, 'production') = 'production'" if "split" in columns else ""
    listed = ", ".join(f"({part}) AS p{place}" for place, part in enumerate(parts))
    found = files.connection.execute(f"SELECT {listed} FROM {files.logs(node)} {live}", values).fetchnumpy()
    masks = [np.asarray(found[f"p{place}"], dtype=bool) for place in range(1, len(parts))]
    return [mask if conditions else None for mask, conditions in zip(masks, read, strict=True)]


def jaccard(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the rows in both over the rows in either, 0 when there are none."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0


def same_slices(files: Files, node: str, truth: str, others: Iterable[str]) -> dict[str, bool]:
    """Return which predicates select the same production rows of a model as the true one."""
    names = list(dict.fromkeys(others))
    right, *masks = select(files, node, [truth, *names])
    return {
        name: name == truth or (right is not None and mask is not None and jaccard(right, mask) >= SAME_ROWS)
        for name, mask in zip(names, masks, strict=True)
    }
