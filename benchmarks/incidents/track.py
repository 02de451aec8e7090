"""The benchmark from beginning to end, as `rca bench` runs it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.incidents.draw import FAMILIES
from benchmarks.incidents.job import Job, plan
from benchmarks.incidents.report import ENGINE, as_json, comparison, misses, summary, table
from benchmarks.incidents.run import Methods, Progress, answer_all, cases_in, claim, make_all
from benchmarks.incidents.score import Result
from benchmarks.incidents.tables import DOMAINS, HELD_OUT, TUNE

HALVES = {"tune": TUNE, "held-out": HELD_OUT, "all": tuple(DOMAINS)}


@dataclass(frozen=True)
class Options:
    """What to run; `cases` per table, `families` empty for all."""

    out: Path
    tables: tuple[str, ...] = HELD_OUT
    cases: int = len(FAMILIES)
    seed: int = 1
    jobs: int = 2
    families: tuple[str, ...] = ()
    distractors: bool = True
    score_only: bool = False
    methods: Methods = field(default_factory=Methods)


@dataclass(frozen=True)
class Outcome:
    """Scored answers by method, how the cases were made, and which could not be."""

    by_method: dict[str, list[Result]]
    made: dict[str, Any]
    families: dict[str, frozenset[str] | None]
    notes: tuple[str, ...] = ()

    def markdown(self, listed: int = 0) -> str:
        """Return the tables, and up to `listed` misses in words."""
        engine = self.by_method[ENGINE]
        parts = [summary(engine), table(engine)]
        if len(self.by_method) > 1:
            parts.append(comparison(self.by_method, self.families))
        wrong = misses(engine, listed)
        return "\n\n".join([*parts, *self.notes, *([f"```\n{wrong}\n```"] if wrong else [])])

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return as_json(self.by_method, self.made | {"notes": list(self.notes)})


def jobs_of(options: Options) -> list[Job]:
    """Return the cases to make."""
    cycles = options.cases if not options.families else options.cases * len(FAMILIES)
    found: list[Job] = []
    for name in options.tables:
        planned = plan(name, options.out, cycles, options.seed, distractors=options.distractors)
        wanted = (job for job in planned if not options.families or job.family in options.families)
        found += islice(wanted, options.cases)
    return found


def not_made(said: Sequence[str], folders: Sequence[Path]) -> tuple[str, ...]:
    """Return what was said of the cases that are not there."""
    there = {folder.name for folder in folders}
    return tuple(line for line in said if line.split(" ", 1)[0] not in there)


def make(options: Options, progress: Progress | None = None) -> list[str]:
    """Write the cases; return what happened in words."""
    claim(options.out)
    jobs = jobs_of(options)
    for job in jobs:
        job.folder.parent.mkdir(exist_ok=True)
    return make_all(jobs, options.jobs, progress)


def run(options: Options, progress: Progress | None = None) -> Outcome:
    """Make the cases unless they are there, and let every method answer them."""
    said = [] if options.score_only else make(options, progress)
    folders = cases_in(options.out, options.tables)
    if not options.score_only:
        wanted = {job.name for job in jobs_of(options)}
        folders = [folder for folder in folders if folder.name in wanted]
    by_method = answer_all(folders, options.methods, options.jobs, progress) if folders else {ENGINE: []}
    made = {key: value for key, value in asdict(options).items() if key not in {"out", "methods"}}
    return Outcome(by_method, made, options.methods.families, not_made(said, folders))
