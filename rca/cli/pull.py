"""`rca pull`: fetch from the tools that a team already has."""

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from rca.cli.output import out, print_json, shown_progress, to_json
from rca.errors import InputError

if TYPE_CHECKING:
    from rca.pulls import Known, Pulled
    from rca.pulls.deliver import Delivery

Json = Annotated[bool, Parameter(negative="")]
Pairs = Annotated[tuple[str, ...], Parameter(negative="")]
TOKEN = "RCA_PROMETHEUS_TOKEN"  # noqa: S105 (the name of a variable)


def pull_mlflow(
    uri: str,
    /,
    *,
    db: Path | None = None,
    out: Path | None = None,
    node: Pairs = (),
    model: Pairs = (),
    since: str | None = None,
    deploy_on: Literal["alias", "registration"] = "alias",
    artifacts: str | None = None,
    json: Json = False,
) -> None:
    """Pull versions, aliases, metrics and signatures.

    Parameters
    ----------
    uri
        The tracking server, or its database: http://HOST:PORT, sqlite:///mlflow.db.
    db
        DuckDB database to land the changes in.
    out
        Folder to write the files to instead.
    node
        MODEL=NODE where a registered model's node has another name; may be given several times.
    model
        Only this registered model; may be given several times.
    since
        Leave out versions registered before, UTC.
    deploy_on
        What counts as a deployment: a moved alias (or stage), or each new version.
    artifacts
        Where models' files may be read besides the tracking server's own store, s3://bucket/models, say.
    json
        Print what was pulled as JSON.
    """
    from rca.pulls.mlflow import pull_mlflow as pull

    def ask(known: "Known") -> "Pulled":
        return pull(
            uri,
            now=datetime.now(UTC),
            nodes=_pairs(node, "--node"),
            models=model,
            since=_utc(since, "--since"),
            known=known.changes(),
            deploy_on=deploy_on,
            artifacts=artifacts,
        )

    _pull(ask, db, out, json)


def pull_prometheus(
    url: str,
    /,
    *,
    queries: Path,
    db: Path | None = None,
    out: Path | None = None,
    since: str | None = None,
    until: str | None = None,
    json: Json = False,
) -> None:
    """Pull metrics over time.

    Parameters
    ----------
    url
        The server: http://HOST:PORT. RCA_PROMETHEUS_TOKEN holds its bearer token, if it wants one.
    queries
        YAML file: a list of {node, metric, query, step}.
    db
        DuckDB database to land the values in.
    out
        Folder to write the files to instead.
    since
        From when, UTC; by default where the last pull ended, at first two weeks ago.
    until
        Until when, UTC; by default a minute ago.
    json
        Print what was pulled as JSON.
    """
    from rca.pulls.prometheus import pull_prometheus as pull
    from rca.pulls.queries import read_queries

    asked = read_queries(queries)

    def ask(known: "Known") -> "Pulled":
        return pull(
            url,
            asked,
            now=datetime.now(UTC),
            since=_utc(since, "--since"),
            until=_utc(until, "--until"),
            latest=known.latest(),
            token=os.environ.get(TOKEN) or None,
        )

    _pull(ask, db, out, json)


def pull_dvc(
    repository: Path,
    /,
    *,
    before: str,
    after: str = "HEAD",
    node: str,
    map: Pairs = (),  # noqa: A002
    at: str | None = None,
    db: Path | None = None,
    out: Path | None = None,
    json: Json = False,
) -> None:
    """Pull what changed between two git revisions.

    Parameters
    ----------
    repository
        Git work tree with dvc.lock, params.yaml or .dvc files.
    before
        Commit, tag or branch to start from.
    after
        Commit, tag or branch to end at.
    node
        Node of the changes that --map says nothing of.
    map
        STAGE=NODE or PATH=NODE; may be given several times.
    at
        When `after` went live, UTC: all differences are then one change of that moment. By default each commit is one.
    db
        DuckDB database to land the changes in.
    out
        Folder to write the files to instead.
    json
        Print what was pulled as JSON.
    """
    from rca.pulls.dvc import pull_dvc as pull

    _pull(
        lambda _: pull(repository, before, after, node=node, nodes=_pairs(map, "--map"), at=_utc(at, "--at")),
        db,
        out,
        json,
    )


def pull_whylogs(
    files: tuple[Path, ...],
    /,
    *,
    node: str,
    model_version: str | None = None,
    db: Path | None = None,
    out: Path | None = None,
    json: Json = False,
) -> None:
    """Pull histograms from whylogs profiles.

    Parameters
    ----------
    files
        Profiles, as whylogs writes them (.bin).
    node
        The model that they are of.
    model_version
        Its version.
    db
        DuckDB database to land the histograms in.
    out
        Folder to write the files to instead.
    json
        Print what was pulled as JSON.
    """
    from rca.pulls.whylogs import pull_whylogs as pull

    if not files:
        raise InputError("no profile is named", mend="give the .bin files that whylogs writes")
    _pull(lambda known: pull(files, node=node, model_version=model_version, edges=known.edges(node)), db, out, json)


def _pull(ask: "Callable[[Known], Pulled]", db: Path | None, folder: Path | None, json: bool) -> None:
    """Ask a tool, then write or land what is new."""
    if (db is None) == (folder is None):
        raise InputError("say where to: --db FILE or --out FOLDER", mend="give one of them")
    pulled, delivery, warnings = _land(ask, db) if db else _write(ask, folder or Path())
    notes = (*pulled.notes, *warnings)
    if json:
        print_json(to_json({"source": pulled.source, **asdict(delivery), "notes": notes}))
    else:
        _show(pulled, delivery, notes, db or folder or Path())


def _write(ask: "Callable[[Known], Pulled]", folder: Path) -> "tuple[Pulled, Delivery, tuple[str, ...]]":
    from rca.pulls import deliver, known_of_folder

    with known_of_folder(folder) as known:
        pulled = ask(known)
        return pulled, deliver(pulled, folder, known), ()


def _land(ask: "Callable[[Known], Pulled]", db: Path) -> "tuple[Pulled, Delivery, tuple[str, ...]]":
    from rca.ingest.documents import load_system
    from rca.profile import update_profile
    from rca.pulls import Known, land
    from rca.warehouse import Warehouse

    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    with Warehouse(db) as warehouse, shown_progress() as progress:
        nodes = load_system(warehouse).by_id
        pulled = ask(Known(warehouse))
        delivery, report = land(pulled, warehouse, progress)
        update_profile(warehouse, progress=progress)
    return pulled, delivery, (*report.warnings, *_undeclared(pulled, set(nodes)))


def _undeclared(pulled: "Pulled", nodes: set[str]) -> tuple[str, ...]:
    """Return a note on nodes that the system does not declare: nothing is told of them."""
    named = {str(change["node"]) for change in pulled.changes}
    for table in (pulled.kpis, pulled.histograms):
        named |= {str(node) for node in table["node"].unique().to_pylist()} if table is not None else set()
    absent = sorted(named - nodes)
    if not absent:
        return ()
    return (f"system.yaml declares no node {', '.join(absent[:10])}: what was pulled of it is kept but not looked at",)


def _show(pulled: "Pulled", delivery: "Delivery", notes: tuple[str, ...], place: Path) -> None:
    from rich.text import Text

    from rca.report.words import clean

    console = out()
    counts = {"changes": delivery.changes, "values": delivery.kpis, "bins": delivery.histograms}
    brought = ", ".join(f"{n:,} {what}" for what, n in counts.items() if n) or "nothing new"
    console.print(f"{pulled.source}: {brought}", soft_wrap=True)
    for note in notes:
        console.print(Text.assemble(("Note: ", "yellow"), clean(note)), soft_wrap=True)
    console.print(f"In {clean(place)}.", soft_wrap=True)


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in texts]
    for text, (name, _, node) in zip(texts, pairs, strict=True):
        if not name or not node:
            raise InputError(f"{option} {text!r} is not NAME=NODE", mend=f"write {option} fraud_model=fraud-scorer")
    return {name: node for name, _, node in pairs}


def _utc(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text!r} is no time", mend="write it as 2026-03-04T10:00:00Z") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
