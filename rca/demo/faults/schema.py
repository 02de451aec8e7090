"""Schema changes: what a producer calls, types or encodes differently from one batch to the next."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Rewrite, Stage, Truth, World


def _truth(domain: Domain, column: str, mechanism: str, extent: Extent) -> Truth:
    return Truth("schema_change", domain.producer(column), column, mechanism, extent.predicate)


def _rewrite(world: World, extent: Extent, column: str, name: str, values: NDArray[Any] | None) -> Rewrite:
    """Return what batches log while the effect lasts."""
    whole = Rewrite(column, world.moment(extent.onset), name, values)
    return replace(whole, end=world.moment(extent.until)) if extent.until else whole


def _forget(world: World, column: str, extent: Extent) -> None:
    """Let the models read null while the effect lasts."""
    mask = extent.active(world.ts, world.end)
    values = world.columns[column]
    values[mask] = None if values.dtype == object else np.nan


@dataclass(frozen=True, slots=True)
class Rename:
    """The column arrives under another name; the model, which asks for the old one, reads null."""

    column: str
    to: str
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Log the values under the new name and let the models read null."""
        values = world.columns[self.column].copy()
        _forget(world, self.column, self.extent)
        world.rewrites.append(_rewrite(world, self.extent, self.column, self.to, values))

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return _truth(domain, self.column, "renamed", self.extent)


@dataclass(frozen=True, slots=True)
class Drop:
    """The column no longer arrives."""

    column: str
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Null the column and leave it out of the batches."""
        _forget(world, self.column, self.extent)
        world.rewrites.append(_rewrite(world, self.extent, self.column, self.column, None))

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return _truth(domain, self.column, "dropped", self.extent)


@dataclass(frozen=True, slots=True)
class Retype:
    """A numeric column arrives as text that the model's parser reads in part or not at all.

    `style`: `comma` ("12,5", never parsed), `unit` ("12.5 EUR", never parsed), `garbage` (a share
    of the values, `extent.share`, is "n/a" or "#REF!"; the rest are numbers in text).
    """

    column: str
    style: Literal["comma", "unit", "garbage"]
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Null what cannot be parsed and remember the texts for the batches."""
        values = world.columns[self.column]
        mask = self.extent.active(world.ts, world.end)
        texts = np.full(len(values), None, dtype=object)
        present = mask & np.isfinite(values)
        numbers = np.char.mod("%.10g", values[present])
        garbled = np.ones(len(numbers), dtype=bool)
        if self.style == "garbage":
            garbled = world.touched(self.extent, f"retype {self.column}")[present]
            texts[present] = np.where(garbled, np.where(np.arange(len(numbers)) % 3, "n/a", "#REF!"), numbers)
        elif self.style == "comma":
            texts[present] = np.char.replace(np.char.mod("%.2f", values[present]), ".", ",")
        else:
            texts[present] = np.char.add(numbers, " EUR")
        values[np.flatnonzero(present)[garbled]] = np.nan
        world.rewrites.append(_rewrite(world, self.extent, self.column, self.column, texts))

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return _truth(domain, self.column, "retyped", self.extent)


def _encode(texts: NDArray[np.str_], style: str) -> NDArray[np.str_]:
    if style == "lower":
        lowered = np.char.lower(texts)
        return np.char.replace(lowered, " ", "_") if (lowered == texts).all() else lowered
    if style == "code":
        known, position = np.unique(texts, return_inverse=True)
        return np.char.mod("%02d", np.arange(1, len(known) + 1))[position]
    return np.char.add("v2:", texts)


@dataclass(frozen=True, slots=True)
class Recode:
    """A text column's categories are written differently, so that the model knows none of them.

    `style`: `lower` (lower case), `code` (numbers in text), `prefix`.
    """

    column: str
    style: Literal["lower", "code", "prefix"]
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Replace the touched requests' categories."""
        values = world.columns[self.column]
        mask = world.touched(self.extent, f"recode {self.column}")
        rows = np.flatnonzero(mask & np.array([value is not None for value in values]))
        everything = np.concatenate([values[rows], np.unique(values[values != None].astype(str))])  # noqa: E711
        values[rows] = _encode(everything.astype(str), self.style)[: len(rows)].astype(object)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return _truth(domain, self.column, "recoded", self.extent)
