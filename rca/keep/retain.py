"""Retention: old raw rows leave, once they are in the profile; what metrics need of them is kept as counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from rca.errors import InputError
from rca.keep.periods import Period, floor_hour, inside, united, without
from rca.keep.spare import open_incidents
from rca.metrics.buckets import naive
from rca.profile import update_profile
from rca.warehouse import Warehouse
from rca.warehouse.store import quote

Progress = Callable[[str, int, int], None]
DIGITS = 4
"""Significant digits kept of removed rows' predictions; of a probability also those of its distance from 1."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """How many days each kind of raw row is kept; None for ever."""

    raw_days: int | None = None
    spans_days: int | None = None
    kpis_days: int | None = None


@dataclass(frozen=True, slots=True)
class Retained:
    """What was removed, or would be.

    Parameters
    ----------
    rows
        Model -> removed production rows.
    spans, kpis
        Removed spans, and values of metrics.
    before
        What is older was removed: kind of row -> moment.
    spared
        Open incidents because of which older rows were kept.
    """

    rows: dict[str, int]
    spans: int
    kpis: int
    before: dict[str, datetime]
    spared: tuple[str, ...]
    dry_run: bool


def retain(
    warehouse: Warehouse,
    horizon: Horizon,
    *,
    now: datetime,
    spare_open: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Retained:
    """Remove raw rows that are older than a horizon.

    Production rows of models are rolled up: they stay in the profile, by hour, with how often each prediction came
    with each label. Training and validation rows are kept: they are what the model is compared with. Rows that an open
    incident is about are kept unless `spare_open` is False. Files stay registered, so what was removed is not landed
    again.

    Raises
    ------
    InputError
        When a number of days is below 1, or none is given.
    """
    before = _cutoffs(horizon, now)
    update_profile(warehouse, progress)
    spared = open_incidents(warehouse) if spare_open else {}
    told: set[str] = set()
    rows: dict[str, int] = {}
    with warehouse.transaction():
        tables = warehouse.connection.execute("SELECT node, table_name, task FROM prediction_tables ORDER BY node")
        for done, (node, table, task) in enumerate(tables.fetchall() if "raw" in before else []):
            if progress:
                progress(f"rolling up {node}", done, 0)
            log = _Log(warehouse.connection, node, quote(table), task, before["raw"])
            told |= {name for name, period in spared.items() if log.count([period])}
            rows[node] = log.roll_up(list(spared.values()), naive(now), dry_run=dry_run)
        spans, kpis = (
            _remove(warehouse.connection, kind, column, before.get(kind), dry_run=dry_run)
            for kind, column in (("spans", "start"), ("kpis", "ts"))
        )
    moments = {kind: moment.replace(tzinfo=UTC) for kind, moment in before.items()}
    return Retained(rows, spans, kpis, moments, tuple(sorted(told)), dry_run)


def _cutoffs(horizon: Horizon, now: datetime) -> dict[str, datetime]:
    days = {"raw": horizon.raw_days, "spans": horizon.spans_days, "kpis": horizon.kpis_days}
    given = {kind: n for kind, n in days.items() if n is not None}
    if not given:
        raise InputError("nothing says what is to be removed", mend="give --raw-days, --spans-days or --kpis-days")
    for kind, n in given.items():
        if n < 1:
            raise InputError(f"--{kind}-days {n} leaves nothing to look at", mend="give at least 1")
    return {kind: floor_hour(naive(now) - timedelta(days=n)) for kind, n in given.items()}


def _remove(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, before: datetime | None, *, dry_run: bool
) -> int:
    if before is None:
        return 0
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {column} < ?", [before]).fetchone()
    if not dry_run:
        connection.execute(f"DELETE FROM {table} WHERE {column} < ?", [before])
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class _Log:
    """One model's table and the moment before which its rows are old."""

    connection: duckdb.DuckDBPyConnection
    node: str
    table: str
    task: str
    before: datetime

    @property
    def old(self) -> str:
        return f"split = 'production' AND ts < TIMESTAMP '{self.before}'"

    def count(self, periods: list[Period]) -> int:
        row = self.connection.execute(
            f"SELECT count(*) FROM {self.table} WHERE {self.old} AND {inside(periods, 'ts')}"
        ).fetchone()
        return int(row[0]) if row else 0

    def roll_up(self, spared: list[Period], now: datetime, *, dry_run: bool) -> int:
        row = self.connection.execute(f"SELECT min(ts) FROM {self.table} WHERE {self.old}").fetchone()
        if row is None or row[0] is None:
            return 0
        periods = without((floor_hour(row[0]), self.before), spared)
        removed = self.count(periods)
        if dry_run or not removed:
            return removed
        chosen = f"{self.old} AND {inside(periods, 'ts')}"
        self._keep_outcomes(chosen)
        self.connection.execute(f"DELETE FROM {self.table} WHERE {chosen}")
        self._note(periods, removed, now)
        return removed

    def _keep_outcomes(self, chosen: str) -> None:
        prediction, label = _kept_outcome(self.task)
        self.connection.execute(
            f"""INSERT INTO rolled_outcomes
                SELECT $node, date_trunc('hour', ts) AS hour, coalesce(model_version, '') AS version,
                       {prediction} AS said, {label} AS truth, count(*)
                FROM {self.table} WHERE {chosen}
                GROUP BY hour, version, said, truth ORDER BY hour, version, said, truth""",
            {"node": self.node},
        )

    def _note(self, periods: list[Period], removed: int, now: datetime) -> None:
        """Note the periods with those of before, as the fewest; the first carries how many rows there were in all."""
        known = self.connection.execute("SELECT start, stop, rows FROM rollups WHERE node = ?", [self.node]).fetchall()
        total = removed + sum(rows for *_, rows in known)
        self.connection.execute("DELETE FROM rollups WHERE node = ?", [self.node])
        for place, (start, stop) in enumerate(united([*periods, *((start, stop) for start, stop, _ in known)])):
            self.connection.execute(
                "INSERT INTO rollups VALUES (?, ?, ?, ?, ?)", [self.node, start, stop, 0 if place else total, now]
            )


def _kept_outcome(task: str) -> tuple[str, str]:
    """Return SQL of what is kept of a row's prediction and label, as text."""
    if task == "multiclass":
        return "prediction", "label"
    if task == "binary":
        near_one = f"1 - {_rounded('1 - prediction')}"
        said = f"CASE WHEN prediction > 0.5 AND prediction <= 1 THEN {near_one} ELSE {_rounded('prediction')} END"
        return f"CAST({said} AS VARCHAR)", "CAST(label AS VARCHAR)"
    # an error may be far smaller than what it is the error of: it keeps digits of its own
    said = _rounded("prediction")
    truth = f"CASE WHEN isfinite(prediction) THEN {said} - {_rounded('(prediction - label)')} ELSE label END"
    return f"CAST({said} AS VARCHAR)", f"CAST({truth} AS VARCHAR)"


def _rounded(value: str) -> str:
    places = f"CAST({DIGITS - 1} - floor(log10(abs({value}))) AS INTEGER)"
    return f"CASE WHEN {value} = 0 OR NOT isfinite({value}) THEN {value} ELSE round({value}, {places}) END"
