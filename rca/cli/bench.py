"""`rca bench`: how good the answers are, on incidents whose causes are known."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rca.cli.output import print_lines, shown_progress, to_json
from rca.errors import InputError, UnknownName

Track = Literal["incidents", "natural", "ablation", "nezha", "petshop", "ranker", "speed"]


@Parameter(name="*")
@dataclass(frozen=True)
class Drawn:
    """Which incidents are injected.

    Parameters
    ----------
    tables
        Systems to break; default: those of --half.
    half
        Which tables: those that weights may be tuned on, or those held out.
    cases
        Incidents per table; default: each family once.
    seed
        Another number draws other incidents.
    only_families
        Inject only these families.
    quiet
        Nothing but the fault happens: no distractors, all evidence there.
    """

    tables: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None
    half: Literal["tune", "held-out", "all"] = "held-out"
    cases: int | None = None
    seed: int = 1
    only_families: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None
    quiet: Annotated[bool, Parameter(negative="")] = False


@Parameter(name="*")
@dataclass(frozen=True)
class Curve:
    """How the ranker's learning curves are made.

    Parameters
    ----------
    splits
        ranker: how often its incidents are split anew into labelled ones and ones asked about.
    plot
        ranker: SVG file for the learning curves; speed: for what the profile costs by the number of rows.
    """

    splits: int = 20
    plot: Path | None = None


@Parameter(name="*")
@dataclass(frozen=True)
class Speed:
    """What is measured of the speed.

    Parameters
    ----------
    short
        speed: small sizes, once; to see that everything runs. Its figures say nothing.
    peers
        speed: folder of the environments of other drift monitors, made by `uv` where they are missing; default: none.
    rows
        speed: rows of each of two periods of one more profile; 50000000 makes a hundred million.
    """

    short: Annotated[bool, Parameter(negative="")] = False
    peers: Path | None = None
    rows: int | None = None


EACH_ONCE = Drawn()
FULL_SPEED = Speed()
TWENTY_SPLITS = Curve()


def bench(
    track: Track = "incidents",
    /,
    *,
    drawn: Drawn = EACH_ONCE,
    out_folder: Annotated[Path | None, Parameter(name="--out")] = None,
    jobs: int | None = None,
    score_only: Annotated[bool, Parameter(negative="")] = False,
    baselines: bool = True,
    nannyml_python: Path | None = None,
    rcaeval_python: Path | None = None,
    data: Path | None = None,
    misses: int = 0,
    curve: Curve = TWENTY_SPLITS,
    speed: Speed = FULL_SPEED,
    json: Path | None = None,
    markdown: Path | None = None,
) -> int:
    """Run a benchmark.

    Parameters
    ----------
    track
        incidents: faults injected into real tables; natural: dated events that really happened; ablation: the injected
        ones with one idea off at a time; nezha, petshop: faults recorded in shops of ten services (from traces) and
        of forty components (from metrics); ranker: how well the ranker learns from reviewers; speed: what all costs.
    out_folder
        Folder in which the incidents are kept; default: none are.
    jobs
        Processes; default: one per core.
    score_only
        Explain the incidents that --out already holds.
    baselines
        Let simple rankings answer the same incidents.
    nannyml_python
        Interpreter of an environment that has NannyML, to ask its ranker itself.
    rcaeval_python
        petshop: interpreter of an environment that has RCAEval, to ask its methods themselves.
    data
        nezha: folder of recorded cases; default: the few of the repository (`benchmarks/data/nezha/SOURCES.md` tells
        how to bring the rest). petshop: folder of the tables; default: the repository's.
    misses
        How many wrong answers to list.
    json
        File for the figures and every answer; of speed written anew whenever a step ends.
    markdown
        File for the tables.
    """
    _check(cases=drawn.cases, jobs=jobs, splits=curve.splits, rows=speed.rows)
    if track == "speed":
        outcome = _speed(speed, json, curve.plot)
    elif track in ("nezha", "petshop"):
        asked = {"rcaeval": _interpreter(rcaeval_python, "RCAEval")} if track == "petshop" else {}
        outcome = _recorded(track, data, drawn.half, peers=baselines, **asked)
    elif track == "ranker":
        outcome = _learning(curve, jobs)
    else:
        common = _common(track, jobs, nannyml_python, score_only=score_only, baselines=baselines)
        outcome = _incidents(track, out_folder, drawn, common)
    return _tell(outcome, misses, json, markdown)


def _common(track: Track, jobs: int | None, nannyml: Path | None, *, score_only: bool, baselines: bool) -> Any:
    run = _benchmarks("benchmarks.incidents.run")
    methods = run.Methods(baselines and track != "ablation", _interpreter(nannyml), track == "ablation")
    return {"jobs": jobs or run.few_processes(), "score_only": score_only, "methods": methods}


def _speed(asked: Speed, kept: Path | None, plot: Path | None) -> Any:
    track = _benchmarks("benchmarks.speed.run")
    with shown_progress() as progress:
        return track.run(track.Options(asked.short, asked.peers, asked.rows, kept, plot), progress)


def _incidents(track: Track, out_folder: Path | None, drawn: Drawn, common: dict[str, Any]) -> Any:
    if common["score_only"] and out_folder is None:
        raise InputError("--score-only needs incidents that are there", mend="give their folder with --out")
    with _folder(out_folder) as folder, shown_progress() as progress:
        return (_natural if track == "natural" else _injected)(folder, drawn, common, progress)


def _recorded(name: str, data: Path | None, half: str, **asked: Any) -> Any:
    track = _benchmarks(f"benchmarks.{name}.track")
    given = {"data": data} if data else {}
    with shown_progress() as progress:
        return track.run(track.Options(half=half, **given, **asked), progress)


def _learning(curve: Curve, jobs: int | None) -> Any:
    track, run = _benchmarks("benchmarks.ranker.track"), _benchmarks("benchmarks.incidents.run")
    jobs = jobs or run.few_processes()
    with shown_progress() as progress:
        return track.run(track.Options(seeds=curve.splits, jobs=jobs, plot=curve.plot), progress)


def _natural(folder: Path, _: Drawn, common: dict[str, Any], progress: Any) -> Any:
    track = _benchmarks("benchmarks.incidents.natural.track")
    return track.run(track.Options(folder, **common), progress)


def _injected(folder: Path, drawn: Drawn, common: dict[str, Any], progress: Any) -> Any:
    track = _benchmarks("benchmarks.incidents.track")
    options = track.Options(
        folder,
        tables=_known("table", drawn.tables, track.DOMAINS) or track.HALVES[drawn.half],
        families=_known("family", drawn.only_families, track.FAMILIES),
        seed=drawn.seed,
        distractors=not drawn.quiet,
        **({"cases": drawn.cases} if drawn.cases else {}),
        **common,
    )
    return track.run(options, progress)


def _benchmarks(name: str) -> Any:
    """Return a module of the benchmarks, which are part of the repository and not of the installed package."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.partition(".")[0] != "benchmarks":
            what = f"the benchmarks need {missing!r}, which is not installed"
            raise InputError(what, mend="run them in the repository with its development group: uv sync") from error
        raise InputError(
            "the benchmarks are not here: they come with the repository, not with the installed package",
            mend="run `uv run rca bench` in a checkout of it",
        ) from error


def _check(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise InputError(f"--{name} {number} leaves nothing to do", mend="give at least 1")


def _known(what: str, names: list[str] | None, known: Any) -> tuple[str, ...]:
    for name in names or ():
        if name not in known:
            raise UnknownName(what, name, known)
    return tuple(names or ())


def _interpreter(python: Path | None, package: str = "NannyML") -> str | None:
    if python is not None and not python.is_file():
        raise InputError("no such interpreter", file=python, mend=f"give the python of an environment with {package}")
    return None if python is None else str(python.absolute())


@contextmanager
def _folder(out_folder: Path | None) -> Iterator[Path]:
    if out_folder is not None:
        yield out_folder
        return
    with TemporaryDirectory(prefix="rca-bench-") as scratch:
        yield Path(scratch) / "cases"


def _tell(outcome: Any, misses: int, json: Path | None, markdown: Path | None) -> int:
    """Print and keep the figures; return the exit status: 1 where a step of the benchmark failed."""
    text = outcome.markdown(misses) + "\n"
    print_lines(text)
    sys.stdout.flush()
    if json is not None:
        json.write_text(to_json(outcome.as_json()), encoding="utf-8")
    if markdown is not None:
        markdown.write_text(text, encoding="utf-8")
    return 1 if getattr(outcome, "failed", ()) else 0
