"""A condition that several categories of a column meet: those in which errors grew alike."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from candidates.measures.predicates import Condition
from candidates.measures.slice_scan import Items, Search
from schemas.evidence import BoolArray, ColumnProfile

MOST = 6
"""Categories of one condition."""
LARGER = 1.1
"""Factor by which a set must be worth more than its first category alone."""


@dataclass(frozen=True, slots=True)
class Sets:
    """By condition (a one-dimensional slice) of a slice: the rows (N,) and the condition of several categories.

    `cost`: nats that naming these sets takes beyond naming one category of each.
    """

    inside: Mapping[int, BoolArray] = field(default_factory=dict)
    condition: Mapping[int, Condition] = field(default_factory=dict)
    cost: float = 0.0


def sets_of(search: Search, items: Items, profiles: Mapping[str, ColumnProfile]) -> Sets:
    """Return a slice's single categories widened by others, as long as that is worth it; at most one of them is."""
    found = [made for item in items if (made := _widened(search, items, item, profiles)) is not None]
    return max(found, key=lambda made: made[0])[1] if found else Sets()


def _widened(
    search: Search, items: Items, item: int, profiles: Mapping[str, ColumnProfile]
) -> tuple[float, Sets] | None:
    """Return what the widened slice is worth, and the set; None where one category alone is best."""
    contrast, space = search.contrast, search.space
    profile = profiles[space.name(item)]
    if space.is_run(item) or profile.kind != "category" or not _name(search, profile, item):
        return None
    known = int((space.column == space.column[item]).sum())
    others = search.inside(tuple(i for i in items if i != item))
    names, inside, extra = [_name(search, profile, item)], space.inside(item), 0.0
    alone = best = float(contrast.one(others & inside, contrast.cost(items), len(items)).worth[0])
    able = [other for other in search.categories(items, item) if _name(search, profile, other)]
    for other in able[: MOST - 1]:
        wider = inside | space.inside(other)
        more = math.log(2) + math.log(math.comb(known, len(names) + 1)) - math.log(known)
        worth = float(contrast.one(others & wider, contrast.cost(items) + more, len(items)).worth[0])
        if worth > best:
            names, inside, extra, best = [*names, _name(search, profile, other)], wider, more, worth
    if best < LARGER * alone or len(names) < 2 or _looks_like_a_range(names):
        return None
    condition = Condition(profile.column, values=tuple(sorted(names)))
    return best, Sets({item: np.asarray(inside)}, {item: condition}, extra)


def _name(search: Search, profile: ColumnProfile, item: int) -> str:
    """Return a category as it may stand in a list; empty for what is none, or would break the list."""
    place = search.space.bin(item)
    name = profile.labels[place] if profile.roles[place] == "category" else ""
    return "" if set(name) & set(",[]&") or name != name.strip() else name


def _looks_like_a_range(names: list[str]) -> bool:
    try:
        return len(names) == 2 and bool([float(name) for name in names])
    except ValueError:
        return False
