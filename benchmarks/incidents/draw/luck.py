"""The dice of one case and what they are thrown about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from benchmarks.incidents.faults.slices import Condition
from rca.demo.cascade import Cascade
from rca.demo.domain import Domain, ModelSpec
from rca.demo.extent import Extent
from rca.demo.table import is_text

T = TypeVar("T")

MANY = 200
"""A text column with more distinct values is free text or an id."""


@dataclass(frozen=True)
class Luck:
    """Random choices about one trained system.

    Parameters
    ----------
    label_delay
        Days until a label is usually known.
    """

    cascade: Cascade
    rng: np.random.Generator
    label_delay: float = 0.0

    @property
    def domain(self) -> Domain:
        """Return the system."""
        return self.cascade.domain

    @property
    def final(self) -> ModelSpec:
        """Return the model whose answers the business uses."""
        return self.domain.final

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of the things."""
        return things[int(self.rng.integers(len(things)))]

    def chance(self, p: float) -> bool:
        """Return True with probability p."""
        return bool(self.rng.random() < p)

    def between(self, low: float, high: float) -> float:
        """Return a number, uniformly."""
        return float(self.rng.uniform(low, high))

    def inputs(self, *, text: bool | None = None) -> list[str]:
        """Return the columns that sources deliver to models, vectors left out unless `text` is None."""
        pool, domain = self.cascade.pool, self.domain
        return [
            name
            for name in domain.columns
            if domain.readers(name)
            and name not in domain.segments
            and (text is None or (pool[name].ndim == 1 and text == is_text(pool[name])))
        ]

    def weighted(self, names: Sequence[str]) -> str | None:
        """Return one of the columns, the likelier the more it matters; None of none."""
        if not names:
            return None
        weight = np.array([self.cascade.importance(name) for name in names]) ** 0.75 + 1e-6
        return str(self.rng.choice(list(names), p=weight / weight.sum()))

    def number(self) -> str | None:
        """Return a numeric input."""
        return self.weighted(self.inputs(text=False))

    def text(self) -> str | None:
        """Return a categorical input; free text and ids are left out."""
        return self.weighted([name for name in self.inputs(text=True) if 1 < len(self.categories(name)) <= MANY])

    def column(self) -> str | None:
        """Return any input, vectors left out."""
        return self.weighted([*self.inputs(text=False), *self.inputs(text=True)])

    def vector(self) -> str | None:
        """Return a vector input, if the system has one."""
        return self.weighted([name for name in self.inputs() if self.cascade.pool[name].ndim > 1])

    def categories(self, name: str) -> dict[str, float]:
        """Return a text column's categories and their shares, the most frequent first."""
        values = self.cascade.pool[name]
        known = values[[value is not None for value in values]].astype(str)
        texts, counts = np.unique(known, return_counts=True)
        order = np.argsort(-counts)
        return {str(texts[i]): float(counts[i] / max(len(values), 1)) for i in order}

    def idle(self, busy: set[str]) -> str | None:
        """Return an input without much influence that nothing else happens to."""
        names = sorted((*self.inputs(text=False), *self.inputs(text=True)), key=self.cascade.importance)
        free = [name for name in names[: max(2, len(names) // 3)] if name not in busy]
        return self.one_of(free) if free else None

    def segment(self, low: float = 0.15, high: float = 0.85) -> tuple[str, str] | None:
        """Return a segment column and a value of it that holds such a share of the traffic, if there is one."""
        pool = self.cascade.pool
        texts = [name for name in self.domain.segments if pool[name].ndim == 1 and is_text(pool[name])]
        if not texts:
            return None
        name = self.one_of(texts)
        large = [value for value, share in self.categories(name).items() if low < share < high]
        return (name, self.one_of(large)) if large else None

    def condition(self, busy: set[str], low: float = 0.15, high: float = 0.6) -> Condition | None:
        """Return a condition on a logged column that holds for such a share of the traffic."""
        pool = self.cascade.pool
        logged = [*self.domain.segments, *(name for name in self.final.inputs if name in self.domain.columns)]
        free = [name for name in dict.fromkeys(logged) if name not in busy and pool[name].ndim == 1]
        texts = [name for name in free if is_text(pool[name])]
        names = texts if texts and self.chance(2 / 3) else free
        if not names:
            return None
        name = self.one_of(names)
        if is_text(pool[name]):
            large = [value for value, share in self.categories(name).items() if low < share < high]
            return Condition(name, value=self.one_of(large)) if large else None
        return self.interval(name, low, high)

    def interval(self, name: str, low: float, high: float) -> Condition | None:
        """Return a condition on a number that holds for such a share of the traffic, ends at round values."""
        values = self.cascade.pool[name]
        finite = values[np.isfinite(values)]
        begin, share = self.rng.uniform(0, 1 - low), self.rng.uniform(low, high)
        ends = [float(f"{x:.3g}") for x in np.quantile(finite, [begin, min(begin + share, 1.0)])]
        one = Condition(name, low=ends[0], high=ends[1])
        if begin + share >= 1:
            one = Condition(name, low=ends[0])
        held = float(one.mask({name: values}).mean())
        return one if low <= held <= high else None

    def extent(self, *, ramp: float = 0.3, sliced: float = 0.25, share: float = 1.0, labels: bool = True) -> Extent:
        """Return an extent; `ramp` and `sliced` are the chances of a gradual onset and of a slice."""
        grows = self.between(1.0, 4.0) if self.chance(ramp) else 0.0
        onset = (self.label_delay if labels else 0.0) + grows + self.between(1.2, 5.0)
        column, value = (self.segment() if self.chance(sliced) else None) or (None, None)
        return Extent(onset=onset, ramp=grows, share=share, column=column, value=value)
