"""Ingest a whole bundle."""

from collections.abc import Callable
from pathlib import Path

from rca.bundle import INCIDENT_FILES, SYSTEM_FILES, read_bundle
from rca.errors import InputError
from rca.ingest.changes import ingest_changes
from rca.ingest.documents import store_documents
from rca.ingest.histograms import ingest_histograms
from rca.ingest.kpis import ingest_kpis
from rca.ingest.lineage import ingest_lineage
from rca.ingest.predictions import ingest_predictions
from rca.ingest.report import IngestReport
from rca.ingest.session import Session
from rca.ingest.traces import ingest_traces
from rca.warehouse.store import Warehouse

SOURCES: dict[str, Callable[[Session], None]] = {
    "predictions": ingest_predictions,
    "histograms": ingest_histograms,
    "traces": ingest_traces,
    "kpis": ingest_kpis,
    "changes": ingest_changes,
    "lineage": ingest_lineage,
}


def ingest_bundle(
    warehouse: Warehouse, folder: Path, progress: Callable[[str, int, int], None] | None = None
) -> IngestReport:
    """Land all files of a bundle; what was landed before is skipped, what is bad is set aside with its reason.

    Parameters
    ----------
    progress
        Called with what is being landed, how many of its files are done, and how many there are.

    Raises
    ------
    BundleError
        When the folder or one of its documents is missing or malformed.
    InputError
        When no file of the bundle holds any usable row.
    """
    bundle = read_bundle(Path(folder))
    session = Session(warehouse.connection, bundle.folder, bundle.system)
    if progress:
        session.progress = progress
    for note in (*bundle.notes, *_unknown_files(bundle.folder)):
        session.tally.warn(note)
    store_documents(session, bundle)
    for ingest in SOURCES.values():
        ingest(session)
    _refuse_nothing(session)
    return session.tally.report()


def _unknown_files(folder: Path) -> list[str]:
    known = {*SYSTEM_FILES, *INCIDENT_FILES, *SOURCES}
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))
    return [
        f"{path.name}: not a part of a bundle; it was left out (a bundle holds {', '.join(SOURCES)})"
        for path in entries
        if path.name not in known
        and path.name.split(".")[0] not in SOURCES
        and path.suffix.lower() not in {".md", ".txt"}
    ]


def _refuse_nothing(session: Session) -> None:
    if session.scalar("SELECT count(*) FROM files WHERE rows > 0"):
        return
    bad = session.run("SELECT path, reason FROM quarantine ORDER BY file_id LIMIT 1").fetchone()
    if bad:
        raise InputError(f"nothing in the bundle can be used: {bad[1]}", file=session.folder / bad[0])
    raise InputError(
        "the bundle holds no evidence",
        file=session.folder,
        mend=f"add at least one of {', '.join(SOURCES)} beside system.yaml",
    )
