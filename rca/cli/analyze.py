"""`rca analyze`: from a bundle or a database to the answer."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from rca.cli.output import out, print_json, shown_progress
from rca.errors import InputError

if TYPE_CHECKING:
    from schemas.analysis import Analysis
    from schemas.incident import Incident

SHOWN = 5


def analyze(
    bundle: Path | None = None,
    /,
    *,
    db: Path | None = None,
    incident: str | None = None,
    node: str | None = None,
    metric: str | None = None,
    detected_at: str | None = None,
    top: int | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    ranker: Literal["auto", "heuristic", "supervised"] = "auto",
    jobs: int = 1,
) -> None:
    """Explain an incident.

    Parameters
    ----------
    bundle
        Folder with the files of an incident.
    db
        DuckDB database of `rca ingest`; with a bundle, the bundle is landed there first.
    incident
        Id of the incident to explain; default: all of them.
    node
        Node whose metric went wrong, when there is no incident.json.
    metric
        The metric that went wrong, such as auc or latency_p95.
    detected_at
        When it was noticed, ISO 8601; UTC unless it says otherwise.
    top
        How many causes to show; default 5 on the terminal, all of them with --json.
    json
        Print JSON: one line for each incident.
    ranker
        Which ranker orders the causes; auto: the one that is current in the database, else the one that is shipped.
    jobs
        Processes that explain the incidents of a database.
    """
    if top is not None and top < 1:
        raise InputError(f"--top {top} shows nothing", mend="give at least 1")
    asked = ad_hoc(node, metric, detected_at)
    if asked and incident:
        raise InputError("--incident and --node name two incidents", mend="give one of them")
    if jobs < 1:
        raise InputError(f"--jobs {jobs} leaves nobody to do it", mend="give at least 1")
    if jobs == 1:
        show(answers(bundle, db, incident, asked, ranker), top, as_json=json)
        return
    if db is None or bundle is not None or incident or asked:
        raise InputError("--jobs explains all incidents of a database", mend="give --db alone")
    from rca.many import analyse_many

    with shown_progress() as progress:
        found = analyse_many(db, jobs, ranker=ranker, progress=progress)
    show(found, top, as_json=json)


def ad_hoc(node: str | None, metric: str | None, detected_at: str | None) -> "Incident | None":
    """Return the incident that the options describe, or None when they describe none."""
    given = {"--node": node, "--metric": metric, "--detected-at": detected_at}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return None
    if missing:
        raise InputError("an incident needs --node, --metric and --detected-at", mend=f"add {', '.join(missing)}")
    from pydantic import ValidationError

    from schemas.incident import Incident

    try:
        return Incident.model_validate(
            {"id": f"{node}-{metric}", "node": node, "metric": metric, "detected_at": detected_at}
        )
    except ValidationError as error:
        raise InputError(
            f"--detected-at {detected_at!r} is no time", mend="write it as 2026-03-04T10:00:00Z"
        ) from error


def answers(
    bundle: Path | None,
    db: Path | None,
    incident_id: str | None,
    asked: "Incident | None",
    ranker: Literal["auto", "heuristic", "supervised"] = "auto",
) -> "list[Analysis]":
    """Return one answer for each incident asked about."""
    if bundle is None and db is None:
        raise InputError("nothing to analyse", mend="give a bundle's folder, or --db with an ingested database")
    if bundle is None and db is not None and not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    from rca.analyse import analyse_bundle, analyse_database

    options: dict[str, Any] = {"incident_id": incident_id, "ranker": ranker} | ({"incident": asked} if asked else {})
    with shown_progress() as progress:
        if bundle is not None:
            return analyse_bundle(bundle, db=db, progress=progress, **options)
        assert db is not None  # noqa: S101 - said to the type checker; refused above
        return analyse_database(db, progress=progress, **options)


def show(found: "Iterable[Analysis]", top: int | None, *, as_json: bool) -> None:
    """Print the answers: JSON Lines, or reports one below the other."""
    if as_json:
        for analysis in found:
            causes = analysis.causes if top is None else analysis.causes[:top]
            print_json(analysis.model_copy(update={"causes": causes}).model_dump_json())
        return
    from rca.report import render

    console = out()
    for place, analysis in enumerate(found):
        if place:
            console.rule(style="dim")
        render(analysis, console, top=SHOWN if top is None else top)
