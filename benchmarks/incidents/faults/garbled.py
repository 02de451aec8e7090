"""Garbled values: broken encodings, cut texts, digits that moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.table import is_text
from rca.demo.world import Stage, Truth, World

DIGITS = 10.0
SIGN_LOST = 0.3
"""Share of the garbled numbers that change their sign."""


def garble_texts(texts: NDArray[np.object_], rng: np.random.Generator) -> NDArray[np.object_]:
    """Return each distinct text broken in one of several ways, so that the number of categories grows."""
    known, place = np.unique(texts.astype(str), return_inverse=True)
    variants = [
        np.array([f"\ufffd{text[1:]}" for text in known], dtype=object),
        np.array([text[:1] for text in known], dtype=object),
        np.array([f"{text}\u00c3\u00a9" for text in known], dtype=object),
        np.array(["?" * max(len(text), 1) for text in known], dtype=object),
    ]
    return np.stack(variants)[rng.integers(len(variants), size=len(texts)), place]


def garble_numbers(numbers: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the numbers with the decimal point moved by one or two places either way, or the sign lost."""
    factor = DIGITS ** rng.choice([-2, -1, 1, 2], size=len(numbers))
    return np.asarray(numbers * factor * np.where(rng.random(len(numbers)) < SIGN_LOST, -1, 1))


@dataclass(frozen=True, slots=True)
class Garbled:
    """The touched values are broken; each in its own way. Of a vector the components are mixed up."""

    column: str
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Break the touched requests' values."""
        rng = world.rng("garbled", self.column)
        values = world.columns[self.column]
        rows = np.flatnonzero(world.touched(self.extent, f"garbled {self.column}"))
        if values.ndim > 1:
            values[rows] = rng.permuted(values[rows], axis=1)
        elif is_text(values):
            rows = rows[values[rows] != None]  # noqa: E711 - element by element
            values[rows] = garble_texts(values[rows], rng)
        else:
            values[rows] = garble_numbers(values[rows], rng)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("data_quality", domain.producer(self.column), self.column, "garbled", self.extent.predicate)
