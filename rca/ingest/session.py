"""One ingest under way: the connection, the register of files, and the quarantine."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from rca.ingest.files import SourceFile
from rca.ingest.report import Tally
from rca.warehouse.store import literal
from schemas.system import System

RAW_VALUES_KEPT = 10_000
"""Raw values kept in quarantine per file, column and reason; the count beyond is exact, the values are not kept."""

Progress = Callable[[str, int, int], None]


OWN_FAULTS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
    duckdb.TransactionException,
)
"""Errors that no file causes: they are not to be mistaken for damaged data."""


class Unreadable(Exception):
    """A whole file that cannot be used; the text says why and how to mend it."""


class Undone(Exception):
    """A file failed inside the caller's transaction, which cannot be half undone: `cause` says why."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def unreadable(error: Exception, what: str = "cannot be read") -> Unreadable:
    """Return why a file cannot be used; an error that is not the file's is raised again."""
    if isinstance(error, Unreadable):
        return error
    if isinstance(error, OWN_FAULTS):
        raise error
    mend = "correct its types" if isinstance(error, duckdb.ConversionException) else "it is damaged: write it again"
    return Unreadable(f"{what} ({str(error).splitlines()[0][:160]}); {mend}")


@dataclass(slots=True)
class Session:
    """What every source needs to land its files."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    system: System
    progress: Progress = field(default=lambda _stage, _done, _total: None)
    tally: Tally = field(default_factory=Tally)
    aside: Counter[int] = field(default_factory=Counter)
    enclosed: bool = False
    """Whether all is landed within a transaction of the caller's: then one bad file undoes everything."""

    def run(self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Execute one statement."""
        return self.connection.execute(sql, parameters) if parameters is not None else self.connection.execute(sql)

    def scalar(self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> Any:
        """Return the first value of the first row."""
        row = self.run(sql, parameters).fetchone()
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all or nothing: a crash leaves no half file."""
        if self.enclosed:
            try:
                yield
            except Exception as error:
                raise Undone(error) from error
            return
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def known_digests(self) -> set[str]:
        """Return the digests of all files already ingested."""
        return {row[0] for row in self.run("SELECT digest FROM files").fetchall()}

    def new_file_ids(self, n: int) -> range:
        """Return n consecutive, never used ids of files."""
        first = self.scalar("SELECT min(id) FROM (SELECT nextval('file_ids') AS id FROM range(?))", [n])
        return range(first, first + n)

    def register(self, files: dict[int, SourceFile], source: str, node: str | None, counted: str) -> None:
        """Enter landed files.

        Parameters
        ----------
        files
            file_id -> file.
        counted
            SQL giving the columns file_id, rows, first ts, last ts; a file that it leaves out has no rows.
        """
        self.run(
            f"""INSERT INTO files (file_id, source, node, path, digest, rows, quarantined, first_ts, last_ts)
                SELECT file_id, $source, $node, path, digest, coalesce(n, 0), aside, first_ts, last_ts
                FROM (SELECT unnest($ids::INTEGER[]) AS file_id, unnest($paths::VARCHAR[]) AS path,
                             unnest($digests::VARCHAR[]) AS digest, unnest($asides::BIGINT[]) AS aside)
                LEFT JOIN ({counted}) AS counted(file_id, n, first_ts, last_ts) USING (file_id) ORDER BY file_id""",
            {
                "source": source,
                "node": node,
                "ids": list(files),
                "paths": [file.name for file in files.values()],
                "digests": [file.digest for file in files.values()],
                "asides": [self.aside[file_id] for file_id in files],
            },
        )
        rows = self.scalar("SELECT sum(rows) FROM files WHERE file_id BETWEEN ? AND ?", [min(files), max(files)])
        self.tally.add(source, "files", len(files))
        self.tally.add(source, "rows", int(rows))
        self.tally.add(source, "quarantined", sum(self.aside[file_id] for file_id in files))

    def reject_file(self, file: SourceFile, source: str, node: str | None, reason: str) -> None:
        """Set a whole file aside; it is registered with no rows, so that it is not tried again unchanged."""
        declared = self.system.by_id.get(node or "")
        if declared and declared.sensitive:  # a reader's error may quote the value that it stumbled over
            reason = re.sub(r" \(.*\)", "", reason)
        if self.enclosed:
            raise Undone(Unreadable(reason))
        with self.transaction():
            file_id = self.new_file_ids(1)[0]
            self.run("INSERT INTO quarantine VALUES (?, ?, NULL, NULL, NULL, ?)", [file_id, file.name, reason])
            self.aside[file_id] += 1
            self.register({file_id: file}, source, node, f"SELECT {file_id}, 0, NULL, NULL")
        self.tally.warn(f"{file.name}: {reason}")

    def set_aside(self, rows: str, files: dict[int, str], reason: str, column: str | None = None) -> dict[int, int]:
        """Quarantine rows or values.

        Parameters
        ----------
        rows
            SQL giving the columns `file_id`, `row`, `raw` of what is set aside.
        files
            file_id -> relative path.

        Returns
        -------
        dict
            file_id -> exact number set aside, also where only a part of the raw values is kept.
        """
        self.run(f"CREATE OR REPLACE TEMP TABLE aside AS {rows}")
        counts = dict(self.run("SELECT file_id, count(*) FROM aside GROUP BY file_id ORDER BY file_id").fetchall())
        if not counts:
            return {}
        self.aside.update(counts)
        paths = " ".join(f"WHEN {file_id} THEN {literal(files[file_id])}" for file_id in counts)
        self.run(
            f"""INSERT INTO quarantine
                SELECT file_id, CASE file_id {paths} END, "row", $column, raw, $reason FROM aside
                QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY "row") <= {RAW_VALUES_KEPT}
                ORDER BY file_id, "row" """,
            {"column": column, "reason": reason},
        )
        for file_id, n in counts.items():
            if n > RAW_VALUES_KEPT:
                text = f"{reason} ({n} in all; only the first {RAW_VALUES_KEPT} are kept)"
                self.run(
                    "INSERT INTO quarantine VALUES (?, ?, NULL, ?, NULL, ?)", [file_id, files[file_id], column, text]
                )
        return counts

    def set_aside_rejects(self, file_id: int, name: str, rejects: Sequence[tuple[int, str | None, str]]) -> None:
        """Quarantine the rows that a reader could not parse."""
        if not rejects:
            return
        kept = rejects[:RAW_VALUES_KEPT]
        self.run(
            """INSERT INTO quarantine
               SELECT ?, ?, unnest(?::BIGINT[]), NULL, unnest(?::VARCHAR[]), unnest(?::VARCHAR[])""",
            [file_id, name, *(list(part) for part in zip(*kept, strict=True))],
        )
        if len(rejects) > len(kept):
            text = f"rows that cannot be parsed ({len(rejects)} in all; only the first {len(kept)} are kept)"
            self.run("INSERT INTO quarantine VALUES (?, ?, NULL, NULL, NULL, ?)", [file_id, name, text])
        self.aside[file_id] += len(rejects)
