"""Erasure: the rows of one subject leave the log, what was set aside of it, and the counts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from rca.errors import InputError, UnknownName
from rca.ingest.sensitive import stored_sensitive, token_of
from rca.metrics.buckets import naive
from rca.profile import update_profile
from rca.profile.update import count_anew, recount
from rca.warehouse import Warehouse
from rca.warehouse.store import quote

SHORTEST = 4
"""A value at least this long is also looked for inside texts (kept answers, lines set aside); a shorter one is in too
many words."""

ERASED = "(erased)"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed, or would be.

    Parameters
    ----------
    rows
        Rows of the model's log.
    spans
        Spans that carry the value in an attribute of the column's name.
    set_aside
        Raw texts in quarantine.
    answers
        Kept answers in which the value was replaced.
    rolled_up
        Whether older rows were rolled up before: their counts cannot tell subjects apart, and stay.
    """

    rows: int
    spans: int
    set_aside: int
    answers: int
    rolled_up: bool
    dry_run: bool


def erase(
    warehouse: Warehouse,
    node: str,
    column: str,
    value: str,
    *,
    now: datetime,
    who: str = "",
    dry_run: bool = False,
) -> Erased:
    """Delete all rows of a model's log in which a column has a value, and every trace of these rows.

    The counts are made anew for the hours concerned. The file may hold what was deleted until it is written anew:
    `rca.warehouse.rewrite.rewrite`.

    Raises
    ------
    UnknownName
        When the model has no log, or no such column.
    InputError
        When the value is empty, or the column keeps rounded numbers only.
    """
    if not value:
        raise InputError("an empty value names no subject", mend="give --value")
    update_profile(warehouse)
    log = _log(warehouse, node, column)
    stored = log.stored(value)
    with warehouse.transaction():
        found = Erased(
            log.count(stored),
            log.spans(value),
            log.set_aside(stored),
            len(log.answers(stored)),
            log.has("rollups"),
            dry_run,
        )
        if not dry_run:
            warehouse.connection.execute(f"DELETE FROM spans WHERE {SPANS}", log.attribute(value))
            _erase(warehouse, log, stored)
            _audit(warehouse, log, found, now, who)
    return found


def _erase(warehouse: Warehouse, log: "_Log", value: str) -> None:
    run, asked = warehouse.connection.execute, log.asked(value)
    hours = [
        hour
        for (hour,) in run(
            f"""SELECT DISTINCT date_trunc('hour', ts) AS hour FROM {log.table} WHERE {log.matches}
                AND NOT EXISTS (FROM rollups WHERE node = $node AND start <= ts AND stop > ts) ORDER BY hour""",
            asked | {"node": log.node},
        ).fetchall()
    ]
    run(f"UPDATE quarantine SET raw = NULL WHERE {log.aside}", asked | {"node": log.node})
    run(f"DELETE FROM {log.table} WHERE {log.matches}", asked)
    for key, *texts in log.answers(value):
        told = [text and text.replace(_quoted(value), ERASED) for text in texts]
        run("UPDATE analyses SET document = ?, proposed = ?, shadow = ? WHERE id = ?", [*told, key])
    _count(warehouse, log, value, hours)


def _count(warehouse: Warehouse, log: "_Log", value: str, hours: Sequence[datetime]) -> None:
    """Count the hours anew; where the value itself is the name of a bin, make the bins anew, or rename it."""
    named = any(
        warehouse.connection.execute(
            f"SELECT 1 FROM {table} WHERE node = ? AND column_name = ? AND category = ? LIMIT 1",
            [log.node, log.column, value],
        ).fetchone()
        for table in ("bins", "rare_categories")
    )
    if named and not log.has("rollups") and log.has("profile_references"):
        count_anew(warehouse, [log.node])
        return
    recount(warehouse, log.node, hours)
    if named:
        for table in ("bins", "rare_categories"):
            warehouse.connection.execute(
                f"UPDATE {table} SET category = ? WHERE node = ? AND column_name = ? AND category = ?",
                [ERASED, log.node, log.column, value],
            )


def _audit(warehouse: Warehouse, log: "_Log", found: Erased, now: datetime, who: str) -> None:
    """Note that it was done, and not whose rows they were."""
    detail = json.dumps({"rows": found.rows, "spans": found.spans, "set_aside": found.set_aside})
    warehouse.connection.execute(
        "INSERT INTO audit (noted_at, account, method, path, status, detail) VALUES (?, ?, 'ERASE', ?, 200, ?)",
        [naive(now), who, f"predictions/{log.node}?column={log.column}", detail],
    )


SPANS = "json_extract_string(attributes, $path) = $value"


@dataclass(frozen=True, slots=True)
class _Log:
    """One model's table and the column that names the subject."""

    connection: duckdb.DuckDBPyConnection
    node: str
    table: str
    column: str
    physical: str
    type: str

    @property
    def matches(self) -> str:
        name = quote(self.physical)
        if self.type == "VARCHAR":
            return f"{name} = $value"
        return f"(CAST({name} AS VARCHAR) = $value OR {name} = TRY_CAST($value AS {self.type}))"

    @property
    def aside(self) -> str:
        """What was set aside of the subject's rows, and lines of the model's files that name it."""
        within = f"raw = $value OR (length($value) >= {SHORTEST} AND contains(raw, $value))"
        own = f'(file_id, "row") IN (SELECT _file, _row FROM {self.table} WHERE {self.matches})'
        files = "file_id IN (SELECT file_id FROM files WHERE node = $node)"
        return f"raw IS NOT NULL AND {files} AND ({within} OR {own})"

    def stored(self, value: str) -> str:
        """Return the value as the log has it: of a sensitive column its token."""
        if self.column not in stored_sensitive(self.connection, self.node):
            return value
        if self.type != "VARCHAR":
            raise InputError(
                f"{self.column} of {self.node} is sensitive: only rounded numbers are stored, which name no subject",
                mend="name the subject by another column",
            )
        return token_of(self.connection, value)

    def asked(self, value: str) -> dict[str, Any]:
        return {"value": value}

    def attribute(self, value: str) -> dict[str, Any]:
        escaped = self.column.replace("\\", "\\\\").replace('"', '\\"')
        return {"path": f'$."{escaped}"', "value": value}

    def count(self, value: str) -> int:
        return self._number(f"SELECT count(*) FROM {self.table} WHERE {self.matches}", self.asked(value))

    def spans(self, value: str) -> int:
        return self._number(f"SELECT count(*) FROM spans WHERE {SPANS}", self.attribute(value))

    def set_aside(self, value: str) -> int:
        return self._number(
            f"SELECT count(*) FROM quarantine WHERE {self.aside}", self.asked(value) | {"node": self.node}
        )

    def answers(self, value: str) -> list[tuple[str, str, str, str | None]]:
        """Return the kept answers that name the value: id, answer, candidates, what another ranker would have said."""
        if len(value) < SHORTEST:
            return []
        parts = [f"CAST({name} AS VARCHAR)" for name in ("document", "proposed", "shadow")]
        named = " OR ".join(f"contains({part}, $1)" for part in parts)
        return self.connection.execute(
            f"SELECT id, {', '.join(parts)} FROM analyses WHERE {named}", [_quoted(value)]
        ).fetchall()

    def has(self, table: str) -> bool:
        return bool(self._number(f"SELECT count(*) FROM {table} WHERE node = $node", {"node": self.node}))

    def _number(self, sql: str, parameters: dict[str, Any]) -> int:
        row = self.connection.execute(sql, parameters).fetchone()
        return int(row[0]) if row else 0


def _log(warehouse: Warehouse, node: str, column: str) -> _Log:
    tables = dict(warehouse.connection.execute("SELECT node, table_name FROM prediction_tables").fetchall())
    if node not in tables:
        raise UnknownName("model with a log", node, tables)
    columns = {
        name: (physical, kept)
        for name, physical, kept in warehouse.connection.execute(
            "SELECT column_name, physical, type FROM prediction_columns WHERE node = ?", [node]
        ).fetchall()
    }
    if column not in columns:
        raise UnknownName(f"column of {node}", column, columns)
    return _Log(warehouse.connection, node, quote(tables[node]), column, *columns[column])


def _quoted(value: str) -> str:
    """Return the value as it stands inside a JSON text."""
    return json.dumps(value, ensure_ascii=False)[1:-1]
