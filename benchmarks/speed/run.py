"""`rca bench speed`: what everything costs, each step in a process of its own, with medians and ratios of one run.

Figures are kept as steps end: one that fails is a row that says why, and the others are measured all the same.
"""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.speed import peers
from benchmarks.speed.data import DRIFTED, write
from benchmarks.speed.measure import in_process, medians
from benchmarks.speed.plot import draw
from benchmarks.speed.stages import STAGES
from benchmarks.speed.tables import tables

Progress = Callable[..., None]
PROFILE, STEPS, STAGE = "benchmarks.speed.profile", "benchmarks.speed.steps", "benchmarks.speed.stages"
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
    kept
        File that is written anew with the figures so far whenever a step ends.
    plot
        SVG file for what the profile costs by the number of rows.
    """

    short: bool = False
    peers: Path | None = None
    rows: int | None = None
    kept: Path | None = None
    plot: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """The figures of a run, and the steps that failed."""

    figures: dict[str, Any]
    failed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return all figures."""
        return self.figures

    def markdown(self, _: int = 0) -> str:
        """Return the tables."""
        return tables(self.figures)


@dataclass
class Run:
    """Figures under way: each step's are kept before the next one begins."""

    sizes: Sizes
    progress: Progress | None
    kept: Path | None
    figures: dict[str, Any]
    failed: list[str] = field(default_factory=list)

    def step(self, work: Callable[[], dict[str, Any]], *names: str) -> dict[str, Any]:
        """Do a step and put its figures, or the error that ended it, under some names, one in the other."""
        said = " ".join(names)
        if self.progress:
            self.progress(said)
        try:
            found = work()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            self.failed.append(said)
            found = {"error": str(error)}
        place = self.figures
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = found
        if self.kept:
            self.kept.write_text(json.dumps(self.figures, indent=2), encoding="utf-8")
        return found

    def profile(self, folder: Path, rows: int, repeats: int, *names: str) -> None:
        """Measure reading and profiling so many rows of each period, the steps in turn."""
        if "error" in self.step(lambda: {"files": len(write(folder, rows))}, *names, "data"):
            return
        runs: dict[str, list[dict[str, Any]]] = {step: [] for step in PROFILED}
        for again in range(repeats + 1):
            for step in PROFILED if again else ("bins",):  # the bins first, for those that need them
                self.step(partial(_once_more, runs[step], PROFILE, step, folder), *names, step)

    def ratios(self) -> None:
        """Add what the profile costs beside reading every column once, where both were measured."""
        found = self.figures["profile"]
        floor = found.get("floor", {}).get("cpu_s")
        for name, step in (("profile_over_read_cpu_ratio", "hours"), ("whole_over_read_cpu_ratio", "whole")):
            if floor and "cpu_s" in found.get(step, {}):
                self.figures[name] = round(found[step]["cpu_s"] / floor, 2)

    def answer(self, folder: Path, rows: int) -> None:
        """Measure landing a log, explaining an incident of it, and what each stage of that holds."""
        names = ("answer", str(rows))
        if "error" in self.step(partial(in_process, STEPS, "land", folder, rows), *names, "land"):
            return
        self.step(partial(_often, self.sizes.repeats, STEPS, "answer", folder), *names, "answer")
        for stage in STAGES:
            self.step(partial(in_process, STAGE, stage, folder), "stages", str(rows), stage)

    def others(self) -> None:
        """Measure what needs no log."""
        sizes = self.sizes
        for step, *arguments in (
            ("spans", sizes.spans),
            ("slices", sizes.slice_rows, 50),
            ("graph", sizes.nodes, sizes.edges),
            ("catalogue", sizes.models, sizes.columns),
            ("incidents", sizes.incidents, os.cpu_count() or 1),
            ("start",),
        ):
            again = sizes.repeats if step in ("spans", "slices") else 1
            self.step(partial(_often, again, STEPS, step, *arguments), step)


def _often(times: int, module: str, *asked: object) -> dict[str, Any]:
    """Return the medians of a step that is measured so many times, and what it was measured `of`."""
    step, *of = asked
    return {**medians([in_process(module, step, *of) for _ in range(times)]), "of": [str(one) for one in of]}


def _once_more(runs: list[dict[str, Any]], module: str, *asked: object) -> dict[str, Any]:
    """Measure a step once more; return the medians of all its runs so far."""
    runs.append(in_process(module, *asked))
    return medians(runs)


def run(options: Options, progress: Progress | None) -> Outcome:
    """Measure everything."""
    sizes = SHORT if options.short else FULL
    figures: dict[str, Any] = {"machine": machine(), "rows": sizes.rows, "repeats": sizes.repeats, "drifted": DRIFTED}
    made = Run(sizes, progress, options.kept, figures)
    with tempfile.TemporaryDirectory(prefix="rca-speed-") as scratch:
        place = Path(scratch)
        made.profile(place / "data", sizes.rows, sizes.repeats, "profile")
        made.ratios()
        if options.peers is not None:
            made.step(partial(peers.measure, options.peers, place / "data"), "peers")
        for rows in (*sizes.more_rows, *((options.rows,) if options.rows else ())):
            made.profile(place / "more", rows, 1, "linear", str(2 * rows))
            shutil.rmtree(place / "more")
        for rows in sizes.answer_rows:
            made.answer(place / f"answer-{rows}", rows)
    made.others()
    if options.plot is not None and "cpu_s" in figures["profile"].get("hours", {}):
        draw(figures, options.plot)
    return Outcome(figures, tuple(made.failed))


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
