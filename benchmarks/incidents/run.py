"""Make cases, and answer them by every method, in parallel processes."""

import os
import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.incidents.ablation import ABLATIONS
from benchmarks.incidents.baselines import baselines
from benchmarks.incidents.job import Job
from benchmarks.incidents.report import ENGINE
from benchmarks.incidents.score import Result, score_case

Progress = Callable[[str, int, int], None]
MARKER = ".rca-bench"
"""Marks a folder that this benchmark made and may write again."""


@dataclass(frozen=True)
class Methods:
    """Who answers: the engine, the baselines, or the engine with one idea off.

    Parameters
    ----------
    baselines, nannyml_python
        Whether the baselines answer too; an interpreter that has NannyML, for its ranker itself.
    ablations
        Whether the engine answers again with each idea switched off.
    """

    baselines: bool = True
    nannyml_python: str | None = None
    ablations: bool = False

    @property
    def families(self) -> dict[str, frozenset[str] | None]:
        """Return method -> the families that it can name, None for all."""
        others = baselines(self.nannyml_python) if self.baselines else {}
        return {ENGINE: None} | {name: baseline.families for name, baseline in others.items()}


def parallel(task: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], processes: int) -> Iterator[Any]:
    """Yield what a task returns for each tuple of arguments, as it comes.

    Processes are started afresh: a copied one would inherit the locks of this one's threads. With one
    process it is this one.
    """
    if processes == 1:
        yield from (task(*each) for each in arguments)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        pending = [pool.submit(task, *each) for each in arguments]
        try:
            for done in as_completed(pending):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def make_one(job: Job) -> str:
    """Write one case; return in words what happened, also when it failed."""
    from benchmarks.incidents.case import make_case  # noqa: PLC0415 - answering needs no models to be trained

    shutil.rmtree(job.folder, ignore_errors=True)
    try:
        return make_case(job)
    except Exception as problem:  # noqa: BLE001 - one case that cannot be made must not end the run
        shutil.rmtree(job.folder, ignore_errors=True)
        place = traceback.extract_tb(problem.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return f"{job.name} {job.family}: not made, {type(problem).__name__} at {where}: {problem}"


def make_all(jobs: Sequence[Job], processes: int, progress: Progress | None = None) -> list[str]:
    """Write every case; return what happened in words, sorted."""
    said = []
    for done, line in enumerate(parallel(make_one, ((job,) for job in jobs), processes), 1):
        said.append(line)
        if progress:
            progress("making incidents", done, len(jobs))
    return sorted(said)


def answer_one(folder: Path, methods: Methods) -> dict[str, Result]:
    """Return every method's scored answer to one case."""
    found = {ENGINE: score_case(folder)}
    if methods.baselines:
        found |= {name: score_case(folder, ask) for name, ask in baselines(methods.nannyml_python).items()}
    if methods.ablations:
        for name, without in ABLATIONS.items():
            with without():
                found[f"without {name}"] = score_case(folder)
    return found


def answer_all(
    folders: Sequence[Path], methods: Methods, processes: int, progress: Progress | None = None
) -> dict[str, list[Result]]:
    """Return method -> the scored answers to all cases, in the order of their names."""
    by_method: dict[str, list[Result]] = {}
    tasks = parallel(answer_one, ((folder, methods) for folder in folders), processes)
    for done, found in enumerate(tasks, 1):
        for name, result in found.items():
            by_method.setdefault(name, []).append(result)
        if progress:
            progress("explaining incidents", done, len(folders))
    return {name: sorted(results, key=lambda result: result.case) for name, results in by_method.items()}


def cases_in(out: Path, tables: Iterable[str]) -> list[Path]:
    """Return the cases already written of some tables."""
    found = (folder for table in tables for folder in sorted((out / table).glob("*")) if folder.is_dir())
    return [folder for folder in found if folder.with_name(folder.name + ".truth.json").exists()]


def claim(out: Path) -> None:
    """Take a folder for cases; refuse one that holds something else.

    Raises
    ------
    FileExistsError
        When the folder has files that no benchmark wrote.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise FileExistsError(17, "is not empty and was not made by this benchmark", str(out))
    out.mkdir(parents=True, exist_ok=True)
    (out / MARKER).touch()


def few_processes() -> int:
    """Return how many processes to use when nobody says."""
    return os.cpu_count() or 1
