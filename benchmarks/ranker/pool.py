"""The pool: what the ranker saw of injected incidents, those it learned from and those held out.

The former ship with the package (`rankers/pretrained/lessons.parquet`), the latter are in
`benchmarks/data/candidates.parquet`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rankers import pretrained
from rankers.pretrained.cases import Case, read_cases, write_cases

LESSONS = Path(pretrained.__file__).parent / pretrained.LESSONS
HELD_OUT = Path(__file__).parents[1] / "data" / "candidates.parquet"
FILES = (LESSONS, HELD_OUT)


def read_pool(files: Iterable[Path] = FILES) -> list[Case]:
    """Return the cases of some files, sorted by name."""
    return sorted((case for file in files for case in read_cases(file)), key=lambda case: case.name)


def write_pool(cases: Sequence[Case], files: tuple[Path, Path] = FILES) -> None:
    """Write the cases of the tables for tuning, and those of the tables held out."""
    for file, half in zip(files, ("tune", "held-out"), strict=True):
        write_cases([case for case in cases if case.half == half], file)
