"""Slice predicates: conditions on columns, and how they are written.

`column=value`, `column in [a,b]`, `column>=x`, `column<x`, `column is null`, joined by ` & `, columns in alphabetical
order. Numbers are the shortest ones that select the same rows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.evidence import BoolArray, FloatArray

MOST_DECIMALS = 15


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on one column.

    Parameters
    ----------
    value
        A category, verbatim, or the text of a number.
    low, high
        Closed ends of a range.
    below
        Open upper end.
    values
        Several categories, any of which will do.

    With none of them the column is null.

    Examples
    --------
    >>> str(Condition("hour", low=22, high=23)), str(Condition("country", value="DE")), str(Condition("age"))
    ('hour in [22,23]', 'country=DE', 'age is null')
    >>> str(Condition("country", values=("FR", "DE")))
    'country in [DE,FR]'
    """

    column: str
    value: str | None = None
    low: float | None = None
    high: float | None = None
    below: float | None = None
    values: tuple[str, ...] = ()

    def mask(self, values: NDArray[Any]) -> BoolArray:
        """Return which of a column's raw values (N,) meet the condition: numbers with NaN, or objects with None."""
        if self.values:
            known = self.values if values.dtype == object else [float(value) for value in self.values]
            return np.asarray(np.isin(values, known))
        if values.dtype != object:
            return self._among(values.astype(float))
        if self.value is None:
            return np.asarray(values == None)  # noqa: E711 - element by element
        return np.asarray(values == self.value)

    def _among(self, values: FloatArray) -> BoolArray:
        if self.value is not None:
            return np.asarray(values == float(self.value))
        ends = (self.low, self.high, self.below)
        if ends == (None, None, None):
            return np.isnan(values)
        inside = ~np.isnan(values)
        if self.low is not None:
            inside &= values >= self.low
        if self.high is not None:
            inside &= values <= self.high
        return inside if self.below is None else np.asarray(inside & (values < self.below))

    def __str__(self) -> str:
        """Return the condition as the contract writes it."""
        if self.values:
            return f"{self.column} in [{','.join(sorted(self.values))}]"
        if self.value is not None:
            return f"{self.column}={self.value}"
        if self.low is not None and self.high is not None:
            return f"{self.column} in [{number(self.low)},{number(self.high)}]"
        if self.low is not None:
            return f"{self.column}>={number(self.low)}"
        return f"{self.column} is null" if self.below is None else f"{self.column}<{number(self.below)}"


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that meet some conditions on different columns, these in alphabetical order."""

    conditions: tuple[Condition, ...]

    def mask(self, columns: Mapping[str, NDArray[Any]]) -> BoolArray:
        """Return which rows (N,) of some columns' raw values lie in the slice."""
        return np.asarray(np.logical_and.reduce([one.mask(columns[one.column]) for one in self.conditions]))

    def __str__(self) -> str:
        """Return the predicate."""
        return " & ".join(str(one) for one in sorted(self.conditions, key=lambda one: one.column))


def number(value: float) -> str:
    """Return a number that parses back to the same float, without needless zeros.

    Examples
    --------
    >>> number(22.0), number(0.1), number(1e-7)
    ('22', '0.1', '1e-07')
    """
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def shortest_up_to(value: float, above: float) -> float:
    """Return the number with the fewest decimals in (above, value], nearest to the value.

    Examples
    --------
    >>> shortest_up_to(0.30000000000000004, 0.21)
    0.3
    >>> shortest_up_to(22.0, 21.0)
    22.0
    """
    for decimals in range(MOST_DECIMALS + 1):
        scale = 10.0**decimals
        short = math.floor(value * scale) / scale if abs(value * scale) < 1e15 else value
        if above < short <= value:
            return short
    return value


def shortest_from(value: float, below: float) -> float:
    """Return the number with the fewest decimals in [value, below), nearest to the value.

    Examples
    --------
    >>> shortest_from(0.30000000000000004, 0.9)
    0.4
    """
    return -shortest_up_to(-value, -below)


def range_condition(column: str, values: FloatArray, low: float, high: float) -> Condition:
    """Return the shortest condition that selects those of a column's known values which lie in [low, high].

    Parameters
    ----------
    values
        (N,) sorted finite values of the column.
    """
    first, last = np.searchsorted(values, low, side="left"), np.searchsorted(values, high, side="right") - 1
    low, high = float(values[first]), float(values[last])
    if low == high:
        return Condition(column, value=number(low))
    start = shortest_up_to(low, float(values[first - 1])) if first > 0 else None
    if last == len(values) - 1:
        return Condition(column, low=low if start is None else start)
    following = float(values[last + 1])
    if start is None:
        return Condition(column, below=shortest_up_to(following, high))
    return Condition(column, low=start, high=shortest_from(high, following))
