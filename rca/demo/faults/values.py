"""Wrong values: nulls, units, frozen feeds, sentinels, misjoined keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.table import is_text
from rca.demo.world import Stage, Truth, World

Values = NDArray[Any]
Corrupt = Callable[[Values, NDArray[np.bool_], float, np.random.Generator], None]


def _null(values: Values, mask: NDArray[np.bool_], _: float, __: np.random.Generator) -> None:
    values[mask] = None if is_text(values) else np.nan


def _scale(values: Values, mask: NDArray[np.bool_], factor: float, _: np.random.Generator) -> None:
    values[mask] *= factor


def _sentinel(values: Values, mask: NDArray[np.bool_], value: float, _: np.random.Generator) -> None:
    values[mask] = value


def _frozen(values: Values, mask: NDArray[np.bool_], quantile: float, _: np.random.Generator) -> None:
    """Hold one valid value: the healthy rows' value at a quantile (text: their most frequent one)."""
    healthy = values[~mask]
    if is_text(values):
        texts, counts = np.unique(healthy[[value is not None for value in healthy]].astype(str), return_counts=True)
        values[mask] = str(texts[counts.argmax()])
    else:
        values[mask] = np.sort(healthy[np.isfinite(healthy)])[int(quantile * (np.isfinite(healthy).sum() - 1))]


def _misjoined(values: Values, mask: NDArray[np.bool_], _: float, rng: np.random.Generator) -> None:
    values[mask] = rng.permutation(values[mask])


KINDS: dict[str, Corrupt] = {
    "null_burst": _null,
    "unit_change": _scale,
    "out_of_range": _sentinel,
    "frozen": _frozen,
    "misjoined": _misjoined,
}
"""How values go wrong. `amount`: the factor, the sentinel, or the quantile held; unused otherwise."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """One column's values are wrong from the onset on, wherever the column is read."""

    column: str
    kind: str
    extent: Extent
    amount: float = 0.0
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Corrupt the touched requests' values."""
        purpose = f"{self.kind} {self.column}"
        mask = world.touched(self.extent, purpose)
        KINDS[self.kind](world.columns[self.column], mask, self.amount, world.rng(purpose))

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("data_quality", domain.producer(self.column), self.column, self.kind, self.extent.predicate)
