"""Land the files of one source one by one: skip what was seen, set aside what cannot be read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import duckdb

from rca.ingest.files import SourceFile, describe, discover
from rca.ingest.relation import Relation, open_file
from rca.ingest.session import Session, Unreadable, unreadable

Land = Callable[[Session, int, SourceFile, Relation], str]
"""Land one relation under a file id; return SQL giving one row: rows landed, first ts, last ts."""


LandFile = Callable[[Session, int, SourceFile], str]
"""The same for a file that is still to be opened."""


def land_files(session: Session, source: str, land: LandFile) -> None:
    """Land every new file of a source in a transaction of its own."""
    paths, others = discover(session.folder, source)
    for path in others:
        name = path.relative_to(session.folder).as_posix()
        session.tally.warn(f"{name}: not Parquet, CSV or JSON Lines; it was left out")
    known = session.known_digests()
    for done, file in enumerate(describe(session.folder, paths, source)):
        session.progress(source, done, len(paths))
        if file.digest in known:
            session.tally.add(source, "skipped", 1)
            continue
        known.add(file.digest)
        land_file(session, source, file, land)


def land_file(session: Session, source: str, file: SourceFile, land: LandFile) -> None:
    """Land one file; one that cannot be read is set aside whole."""
    try:
        with session.transaction():
            file_id = session.new_file_ids(1)[0]
            session.register(
                {file_id: file}, source, None, f"SELECT {file_id}, * FROM ({land(session, file_id, file)})"
            )
    except (Unreadable, duckdb.Error) as error:
        session.reject_file(file, source, None, str(unreadable(error)))


def of_table(land: Land) -> LandFile:
    """Return how to land a file that is a table, from how to land its relation."""

    def _open_and_land(session: Session, file_id: int, file: SourceFile) -> str:
        relation = open_file(session, file.path)
        session.set_aside_rejects(file_id, file.name, relation.rejects[0])
        return land(session, file_id, file, relation)

    return _open_and_land


@dataclass(frozen=True, slots=True)
class Bad:
    """Rows that cannot be used: the SQL condition, the raw text to keep, the reason, and the column at fault."""

    condition: str
    raw: str
    reason: str
    column: str


def set_aside_where(session: Session, file_id: int, file: SourceFile, staged: str, checks: Iterable[Bad]) -> str:
    """Quarantine each row of a staged table for the first check that it fails.

    Returns
    -------
    str
        The SQL condition that all other rows meet.
    """
    good = "TRUE"
    for bad in checks:
        fails = f"coalesce({bad.condition}, FALSE)"
        session.set_aside(
            f"""SELECT {file_id} AS file_id, row_index + 1 AS "row", {bad.raw} AS raw
                FROM {staged} WHERE {good} AND {fails}""",
            {file_id: file.name},
            f"the row {bad.reason}",
            bad.column,
        )
        good = f"{good} AND NOT {fails}"
    return good
