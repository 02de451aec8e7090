"""The ranker's benchmark from beginning to end, as `rca bench ranker` runs it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.incidents.run import parallel
from benchmarks.ranker import tables
from benchmarks.ranker.calibrations import SIZES as CALIBRATED
from benchmarks.ranker.calibrations import compared
from benchmarks.ranker.curve import PLAIN, SIZES, Point, Start, points, split
from benchmarks.ranker.plot import draw
from benchmarks.ranker.pool import FILES, read_pool
from benchmarks.ranker.pretrain import learned, lessons, taught
from benchmarks.ranker.robust import Answered, answered, new_family
from benchmarks.ranker.speed import INCIDENTS, speed
from rankers.model import Model
from rankers.pretrained.cases import Case

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    """What to run.

    Parameters
    ----------
    pool
        Files of incidents.
    seeds
        How often the held-out incidents are split anew into labelled ones and ones asked about.
    sizes
        Numbers of labels.
    families
        Families never labelled to ask about; None: each.
    timed
        Incidents to time learning on.
    jobs
        Processes.
    plot
        File for the learning curve, SVG; None draws none.
    """

    pool: tuple[Path, ...] = FILES
    seeds: int = 20
    sizes: tuple[int, ...] = SIZES
    families: tuple[str, ...] | None = None
    timed: int = INCIDENTS
    jobs: int = 2
    plot: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """All that was measured."""

    cases: dict[str, int]
    curve: list[Point]
    calibrations: list[dict[str, Any]]
    sites: list[Answered]
    families: list[dict[str, Any]]
    speed: dict[str, Any] = field(default_factory=dict)

    def markdown(self, _: int = 0) -> str:
        """Return the tables."""
        said = ", ".join(f"{count} {half}" for half, count in self.cases.items())
        return "\n\n".join(
            [
                f"Incidents in the pool: {said}.",
                tables.curve(self.curve),
                tables.calibrations(self.calibrations),
                tables.sites(self.sites),
                tables.families(self.families),
                tables.speed(self.speed),
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "cases": self.cases,
            "curve": [asdict(each) for each in self.curve],
            "calibrations": self.calibrations,
            "sites": [asdict(each) for each in self.sites],
            "families": self.families,
            "speed": self.speed,
        }


@lru_cache(maxsize=1)
def _pool(files: tuple[Path, ...]) -> list[Case]:
    return read_pool(files)


@lru_cache(maxsize=1)
def _start(files: tuple[Path, ...]) -> Model:
    """Return the start that ships, learned anew: from the tables for tuning of this pool."""
    return learned(lessons(_pool(files)))


def one_seed(
    files: tuple[Path, ...], seed: int, sizes: tuple[int, ...]
) -> tuple[list[Point], list[dict[str, Any]], list[Answered]]:
    """Return what one split gives."""
    cases = _pool(files)
    parts = split(cases, seed)
    most = max(sizes)
    return (
        list(points(parts, {"heuristic": Start(PLAIN), "pretrained": Start(_start(files), taught(cases))}, sizes)),
        compared(parts, PLAIN, tuple(size for size in CALIBRATED if size <= most)),
        list(answered(parts, Start(_start(files), taught(cases)))) if most >= 100 else [],  # noqa: PLR2004 - fewer labels show nothing of this
    )


def _one_family(files: tuple[Path, ...], family: str) -> dict[str, Any]:
    return new_family(_pool(files), family)


def run(options: Options, progress: Progress | None = None) -> Outcome:
    """Measure everything."""
    cases = read_pool(options.pool)
    found = []
    for done, each in enumerate(
        parallel(one_seed, ((options.pool, seed, options.sizes) for seed in range(options.seeds)), options.jobs), 1
    ):
        found.append(each)
        if progress:
            progress("learning curves", done, options.seeds)
    every = sorted({case.injected for case in cases if case.half == "held-out" and case.roots == 1})
    injected = every if options.families is None else options.families
    families = list(parallel(_one_family, ((options.pool, family) for family in injected), options.jobs))
    if progress:
        progress("speed", 0, 0)
    outcome = Outcome(
        cases={half: sum(case.half == half for case in cases) for half in ("tune", "held-out")},
        curve=sorted(chain.from_iterable(each[0] for each in found), key=lambda p: (p.start, p.size, p.seed)),
        calibrations=list(chain.from_iterable(each[1] for each in found)),
        sites=list(chain.from_iterable(each[2] for each in found)),
        families=sorted(families, key=lambda row: str(row["family"])),
        speed=speed(cases, _start(options.pool), options.timed),
    )
    if options.plot:
        draw(outcome.curve, options.plot)
    return outcome
