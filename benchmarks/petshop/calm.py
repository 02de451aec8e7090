"""Normal rows as if they were an issue: nothing is wrong, so nothing should be blamed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from benchmarks.petshop.cases import Issue

ROWS = 5
"""Rows of an issue in the published tables."""

HISTORY = 288
"""A day of rows before: the first stretch that is asked about has so much of a baseline."""

EACH = 15
"""Stretches for every traffic and metric."""


def calm_issues(issues: Iterable[Issue], each: int = EACH) -> Iterator[Issue]:
    """Yield, for every traffic and target, as many stretches of the normal rows, evenly spread, as if abnormal.

    Their normal rows are those before. `root` is empty: no node is at fault.
    """
    for group, first in {(one.traffic, one.target): one for one in reversed(list(issues))}.items():
        room = len(first.normal.ts) - HISTORY - ROWS
        for number in range(each):
            at = HISTORY + room * number // max(each - 1, 1)
            yield replace(
                first,
                name=f"{group[0]}-calm-{group[1][1]}-{number}",
                split="calm",
                normal=first.normal.rows(0, at),
                abnormal=first.normal.rows(at, at + ROWS),
                root="",
            )
