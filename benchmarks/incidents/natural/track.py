"""Write the natural events, let every method answer them, and say event by event what it said."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.incidents.natural import bank, counts, taxi
from benchmarks.incidents.natural.bundle import write_event
from benchmarks.incidents.report import ENGINE, comparison, markdown, misses, named, summary
from benchmarks.incidents.run import Methods, Progress, answer_all, cases_in, claim, parallel
from benchmarks.incidents.score import Result
from benchmarks.incidents.track import Outcome

EVENTS = {event.name: event for event in (*taxi.EVENTS, *bank.EVENTS, *counts.EVENTS)}
FOLDER = "natural"
HEAD = ("event", "reported", "first answer", "confidence", "none of these", "accepted at rank")


@dataclass(frozen=True)
class Options:
    """What to run; events are the same every time."""

    out: Path
    jobs: int = 2
    score_only: bool = False
    methods: Methods = field(default_factory=Methods)


@dataclass(frozen=True)
class NaturalOutcome(Outcome):
    """Scored answers to the natural events."""

    def markdown(self, listed: int = 0) -> str:
        """Return a line an event, then the methods beside each other."""
        engine = self.by_method[ENGINE]
        parts = [summary(engine), markdown(HEAD, [line(result) for result in engine])]
        if len(self.by_method) > 1:
            parts.append(comparison(self.by_method, self.families))
        wrong = misses(engine, listed)
        return "\n\n".join([*parts, *([f"```\n{wrong}\n```"] if wrong else [])])


def line(result: Result) -> tuple[str, ...]:
    """Return what was answered to one event."""
    first = result.causes[0] if result.causes else None
    found = [right.index(True) + 1 for right in result.hits["exact"] if True in right]
    rank = "nothing is wrong" if result.calm else str(found[0]) if found else "never"
    told = named(first) if first else result.error or "no cause"
    confidence = f"{first['confidence']:.2f}" if first else "-"
    return result.case, result.symptom, told, confidence, f"{result.none_of_these:.2f}", rank


def write_one(name: str, out: Path) -> str:
    """Write one event's bundle; return its name."""
    folder = out / FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    write_event(EVENTS[name], folder)
    return name


def run(options: Options, progress: Progress | None = None) -> NaturalOutcome:
    """Write the events unless they are there, and let every method answer them."""
    if not options.score_only:
        claim(options.out)
        (options.out / FOLDER).mkdir(exist_ok=True)
        written = parallel(write_one, ((name, options.out) for name in EVENTS), options.jobs)
        for done, name in enumerate(written, 1):
            if progress:
                progress(f"serving {name}", done, len(EVENTS))
    folders = cases_in(options.out, [FOLDER])
    by_method = answer_all(folders, options.methods, options.jobs, progress) if folders else {ENGINE: []}
    return NaturalOutcome(by_method, {"track": "natural"}, options.methods.families)
