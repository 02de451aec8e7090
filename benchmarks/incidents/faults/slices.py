"""Slices of one or two conditions, written as CONTRACT section 3 writes them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a text column equals `value`, or a numeric column lies in [low, high].

    An open end is None; at least one end of a numeric condition is closed.
    """

    column: str
    value: str | None = None
    low: float | None = None
    high: float | None = None

    def mask(self, columns: Columns) -> Mask:
        """Return the rows that meet the condition, shape (N,)."""
        values = columns[self.column]
        if self.value is not None:
            return np.asarray(values == self.value)
        inside = np.isfinite(values)
        if self.low is not None:
            inside = inside & (values >= self.low)
        if self.high is not None:
            closed = self.low is not None
            inside = inside & (values <= self.high if closed else values < self.high)
        return inside

    def __str__(self) -> str:
        """Return the condition in the contract's grammar."""
        if self.value is not None:
            return f"{self.column}={self.value}"
        if self.low is None:
            return f"{self.column}<{self.high:g}"
        if self.high is None:
            return f"{self.column}>={self.low:g}"
        return f"{self.column} in [{self.low:g},{self.high:g}]"


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that meet all of some conditions on different columns."""

    conditions: tuple[Condition, ...]

    def mask(self, columns: Columns) -> Mask:
        """Return the rows of the slice, shape (N,)."""
        return np.logical_and.reduce([condition.mask(columns) for condition in self.conditions])

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the conditions are about."""
        return tuple(condition.column for condition in self.conditions)

    @property
    def predicate(self) -> str:
        """Return the slice in the contract's grammar, columns in alphabetical order."""
        return " & ".join(str(condition) for condition in sorted(self.conditions, key=lambda one: one.column))
