"""Which cases to make: families in turn, and a family's mechanisms in turn."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.incidents.draw import DRAWS, FAMILIES
from benchmarks.incidents.tables import DOMAINS

UPSTREAM = "upstream_model_change"
"""A family for which a system needs a second model."""


@dataclass(frozen=True)
class Job:
    """One case to make: `<out>/<table>/<table>-NNN/` and its right answer beside it.

    `mechanism`: tried first; None for any. `distractors`: False leaves the system quiet and the
    evidence complete, to show how much harder they make it.
    """

    table: str
    out: Path
    number: int
    family: str
    seed: int
    mechanism: str | None = None
    distractors: bool = True

    @property
    def name(self) -> str:
        """Return the case's name, which says nothing about its cause."""
        return f"{self.table}-{self.number:03d}"

    @property
    def folder(self) -> Path:
        """Return where the bundle goes."""
        return self.out / self.table / self.name


def plan(table: str, out: Path, cases: int, seed: int, *, distractors: bool = True) -> list[Job]:
    """Return the jobs of one table; tables begin at different mechanisms, so that few cases cover many."""
    shift, seen = sum(map(ord, table)), Counter[str]()
    jobs = []
    for number in range(cases):
        family = FAMILIES[number % len(FAMILIES)]
        if family == UPSTREAM and len(DOMAINS[table].models) == 1:
            family = "model_change"
        mechanisms = [*DRAWS.get(family, {})]
        mechanism = mechanisms[(seen[family] + shift) % len(mechanisms)] if mechanisms else None
        seen[family] += 1
        jobs.append(Job(table, out, number, family, seed, mechanism, distractors))
    return jobs
