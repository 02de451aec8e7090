"""`rca bench speed`: what everything costs, each step in a process of its own, with medians and ratios of one run."""

import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.speed import peers
from benchmarks.speed.data import DRIFTED, write
from benchmarks.speed.measure import in_process, medians
from benchmarks.speed.tables import tables

Progress = Callable[..., None]
PROFILE, STEPS = "benchmarks.speed.profile", "benchmarks.speed.steps"
PROFILED = ("floor", "bins", "whole", "hours")


@dataclass(frozen=True)
class Sizes:
    """How much is measured; rows are of each of two periods."""

    rows: int
    repeats: int
    more_rows: tuple[int, ...]
    answer_rows: tuple[int, ...]
    spans: int
    slice_rows: int
    nodes: int
    edges: int
    models: int
    columns: int
    incidents: int


FULL = Sizes(
    rows=1_000_000,
    repeats=5,
    more_rows=(2_000_000, 5_000_000),
    answer_rows=(100_000, 1_000_000),
    spans=10_000_000,
    slice_rows=1_000_000,
    nodes=100_000,
    edges=1_000_000,
    models=10_000,
    columns=500,
    incidents=1_000,
)
SHORT = Sizes(
    rows=20_000,
    repeats=1,
    more_rows=(),
    answer_rows=(5_000,),
    spans=50_000,
    slice_rows=20_000,
    nodes=2_000,
    edges=10_000,
    models=20,
    columns=20,
    incidents=4,
)


@dataclass(frozen=True)
class Options:
    """What to measure.

    Parameters
    ----------
    short
        Small sizes, once: to see that everything runs. Its figures say nothing.
    peers
        Folder of the peers' environments, made where they are missing; None leaves peers out.
    rows
        Rows of each period of one more run of the profile, 50_000_000 for a hundred million in all.
    """

    short: bool = False
    peers: Path | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Outcome:
    """The figures of a run."""

    figures: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return all figures."""
        return self.figures

    def markdown(self, _: int = 0) -> str:
        """Return the tables."""
        return tables(self.figures)


def run(options: Options, progress: Progress | None) -> Outcome:
    """Measure everything."""
    sizes = SHORT if options.short else FULL
    more = (*sizes.more_rows, *((options.rows,) if options.rows else ()))
    figures: dict[str, Any] = {"machine": machine(), "rows": sizes.rows, "repeats": sizes.repeats, "drifted": DRIFTED}

    def say(what: str) -> None:
        if progress:
            progress(what)

    with tempfile.TemporaryDirectory(prefix="rca-speed-") as scratch:
        place = Path(scratch)
        say("profile")
        figures["profile"] = profile(place / "data", sizes.rows, sizes.repeats)
        floor = figures["profile"]["floor"]
        for name, step in (("profile_over_read_cpu_ratio", "hours"), ("whole_over_read_cpu_ratio", "whole")):
            figures[name] = round(figures["profile"][step]["cpu_s"] / max(floor["cpu_s"], 1e-3), 2)
        if options.peers is not None:
            say("peers")
            figures["peers"] = peers.measure(options.peers, place / "data")
        figures["linear"] = {}
        for rows in more:
            say(f"profile of {2 * rows:,} rows")
            figures["linear"][2 * rows] = profile(place / f"data-{rows}", rows, 1, keep=False)
        figures["answer"] = {
            rows: answer(place / f"answer-{rows}", rows, sizes.repeats, say) for rows in sizes.answer_rows
        }
    for step, arguments in (
        ("spans", (sizes.spans,)),
        ("slices", (sizes.slice_rows, 50)),
        ("graph", (sizes.nodes, sizes.edges)),
        ("catalogue", (sizes.models, sizes.columns)),
        ("incidents", (sizes.incidents, os.cpu_count() or 1)),
        ("start", ()),
    ):
        say(step)
        again = sizes.repeats if step in ("spans", "slices") else 1
        figures[step] = medians([in_process(STEPS, step, *arguments) for _ in range(again)])
        figures[step]["of"] = arguments
    return Outcome(figures)


def profile(folder: Path, rows: int, repeats: int, *, keep: bool = True) -> dict[str, Any]:
    """Return the figures of reading and profiling, steps taken in turn."""
    paths = write(folder, rows)
    runs = {step: [] for step in PROFILED}  # type: dict[str, list[dict[str, Any]]]
    in_process(PROFILE, "bins", folder)
    for _ in range(repeats):
        for step in PROFILED:
            runs[step].append(in_process(PROFILE, step, folder))
    if not keep:
        for path in paths:
            path.unlink()
    return {step: medians(found) for step, found in runs.items()}


def answer(folder: Path, rows: int, repeats: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of landing a log and of explaining an incident of it."""
    say(f"answer over {2 * rows:,} rows")
    landed = in_process(STEPS, "land", folder, rows)
    return {"land": landed, "answer": medians([in_process(STEPS, "answer", folder) for _ in range(repeats)])}


def machine() -> dict[str, Any]:
    """Return what the figures were taken on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }
