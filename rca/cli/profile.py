"""`rca profile`: count a log where it lies, on this machine or on a Spark cluster."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from rca.cli.output import out, print_json, shown_progress, to_json
from rca.errors import InputError, UnknownName

if TYPE_CHECKING:
    from schemas.system import Node, System

Task = Literal["binary", "multiclass", "regression", "ranking"]


def profile(
    *,
    source: Annotated[str, Parameter(name="--input")],
    out_path: Annotated[Path, Parameter(name="--out")],
    node: str,
    engine: Literal["duckdb", "spark"] = "duckdb",
    system: Path | None = None,
    task: Task | None = None,
    column: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    bins: Path | None = None,
    since: str | None = None,
    until: str | None = None,
    remote: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Count a log where it lies.

    Parameters
    ----------
    source
        Parquet file, folder or pattern of a model's logged predictions; with --engine spark also a table.
    out_path
        Histogram file to write (.parquet), or the folder for it.
    node
        The model whose log this is.
    engine
        duckdb: on this machine; spark: on the cluster of --remote or of spark-submit.
    system
        Folder with a system.yaml, for the node's task, columns, features and segments.
    task
        What the model predicts, where no system.yaml says so.
    column
        Names that the source uses, as ts=event_time or label=is_fraud.
    bins
        File of bins: taken from it where it is there, else made from the rows and written to it. Counts compare only
        over the same bins, so keep it.
    since
        Count only rows from this hour on, ISO 8601; UTC unless it says otherwise.
    until
        Count only rows before this hour.
    remote
        Spark Connect server, sc://HOST:15002.
    json
        Print what was counted as JSON.
    """
    described, declared = _described(node, system, task, column or [])
    first, last = _hour("--since", since), _hour("--until", until)
    if first and last and first >= last:
        raise InputError("--since does not lie before --until", mend="exchange them")
    from rca.profile.engines import open_engine
    from rca.profile.lake import profile_lake

    with open_engine(engine, source, remote) as opened, shown_progress() as progress:
        report = profile_lake(opened, described, declared, out_path, bins=bins, hours=(first, last), progress=progress)
    if json:
        print_json(to_json({"engine": engine, **report}))
    else:
        _show(node, report)


def _show(node: str, report: dict[str, Any]) -> None:
    from rca.report.words import clean

    counted = f"{report['rows']:,} rows of {clean(node)} in {report['columns']} columns and {report['hours']} hours"
    lines = [f"{counted}: {report['bins']:,} bins in {clean(report['path'])}."]
    if report["left_out"]:
        lines.append(f"Note: left out, as no histogram carries them: {clean(', '.join(report['left_out']))}")
    lines.append("Next: put it into histograms/ of a bundle, and `rca ingest` or `rca analyze` that.")
    for line in lines:
        out().print(line, soft_wrap=True)


def _described(node: str, system: Path | None, task: Task | None, columns: list[str]) -> "tuple[Node, System]":
    """Return the node with its task and the names of its columns, and the system that declares it."""
    from schemas.system import Node, System

    declared = System(nodes=(Node(id=node, kind="model"),), edges=())
    if system is not None:
        from rca.bundle import read_bundle

        declared = read_bundle(system).system
        if node not in declared.by_id:
            raise UnknownName("node", node, declared.by_id, file=system)
    found = declared.by_id[node]
    task = task or found.task
    if task is None:
        raise InputError(f"what {node!r} predicts is not known", mend="give --task, or --system with its task")
    return found.model_copy(update={"task": task, "columns": {**found.columns, **_names(columns)}}), declared


def _names(columns: list[str]) -> dict[str, str]:
    from schemas.system import RESERVED_COLUMNS

    names = {}
    for given in columns:
        reserved, mark, name = given.partition("=")
        if not mark or not name:
            raise InputError(f"--column {given!r} names no column", mend="write ts=event_time, say")
        if reserved not in RESERVED_COLUMNS:
            raise UnknownName("reserved column", reserved, RESERVED_COLUMNS)
        names[reserved] = name
    return names


def _hour(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text!r} is no time", mend="write it as 2026-03-04T10:00Z") from error
    moment = given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given
    if moment != moment.replace(minute=0, second=0, microsecond=0):
        raise InputError(f"{option} {text} is no whole hour", mend="cells are kept by the hour: give one")
    return moment
