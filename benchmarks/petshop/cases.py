"""The recorded issues: what is given, what is asked, and which may be tuned on."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from rca.errors import InputError
from schemas.evidence import FloatArray, IntArray

DATA = Path(__file__).parents[1] / "data" / "petshop"
HALVES = ("tune", "held-out", "all")
SPLITS = {"tune": ("train",), "held-out": ("test",), "all": ("train", "test")}
"""Only the published training issues, eight of each traffic, were tuned on."""

NORMAL = "noissue"
Key = tuple[str, str, str]
"""Node, metric, statistic."""


@dataclass(frozen=True)
class Table:
    """Rows of one recording: times `ts` (T,), seconds since 1970, and per key values (T,), NaN where not recorded."""

    ts: IntArray
    value: dict[Key, FloatArray]

    def rows(self, first: int, last: int) -> "Table":
        """Return the rows [first, last)."""
        return Table(self.ts[first:last], {key: value[first:last] for key, value in self.value.items()})


@dataclass(frozen=True)
class Issue:
    """One issue: the graph's calls (caller, callee), what is complained of, the normal and the abnormal rows."""

    name: str
    traffic: str
    split: str
    calls: tuple[tuple[str, str], ...]
    target: Key
    normal: Table
    abnormal: Table
    root: str

    @property
    def group(self) -> str:
        """Return the group that figures are reported by: traffic and metric."""
        return f"{self.traffic}, {self.target[1]}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return all nodes of the graph and of the rows, ordered."""
        named = {node for call in self.calls for node in call}
        return tuple(sorted(named | {key[0] for table in (self.normal, self.abnormal) for key in table.value}))


def read_issues(data: Path = DATA, half: str = "all") -> tuple[Issue, ...]:
    """Return the issues of a half, ordered by name.

    Raises
    ------
    InputError
        When a table is missing.
    """
    for name in ("graph", "labels", "metrics"):
        if not (data / f"{name}.parquet").is_file():
            raise InputError(
                f"no {name}.parquet", file=data, mend="make it with python -m benchmarks.petshop.make_data"
            )
    with duckdb.connect() as connection:
        labels = connection.execute(
            "SELECT * FROM read_parquet(?) WHERE split IN (SELECT unnest(?)) ORDER BY traffic, split, issue",
            [str(data / "labels.parquet"), list(SPLITS[half])],
        ).fetchall()
        graph, tables = _calls(connection, data), _tables(connection, data)
    return tuple(
        Issue(
            name=f"{traffic}-{split}-{issue}".replace("_traffic", "").replace("issue_", ""),
            traffic=traffic.removesuffix("_traffic"),
            split=split,
            calls=graph[traffic],
            target=(node, metric, statistic),
            normal=tables[traffic, NORMAL, NORMAL],
            abnormal=tables[traffic, split, issue],
            root=root,
        )
        for traffic, split, issue, node, metric, statistic, root in labels
    )


def by_group(issues: Iterable[Issue]) -> dict[str, list[str]]:
    """Return group -> names of its issues, ordered."""
    found: dict[str, list[str]] = {}
    for issue in issues:
        found.setdefault(issue.group, []).append(issue.name)
    return dict(sorted(found.items()))


def _calls(connection: duckdb.DuckDBPyConnection, data: Path) -> dict[str, tuple[tuple[str, str], ...]]:
    rows = connection.execute(
        "SELECT traffic, caller, callee FROM read_parquet(?) ORDER BY ALL", [str(data / "graph.parquet")]
    ).fetchall()
    return {traffic: tuple((a, b) for t, a, b in rows if t == traffic) for traffic in {row[0] for row in rows}}


def _tables(connection: duckdb.DuckDBPyConnection, data: Path) -> dict[tuple[str, str, str], Table]:
    """Return (traffic, split, issue) -> its rows."""
    found = connection.execute(
        """
        -- a row is one recorded series with its times
        SELECT traffic, split, issue, node, metric, statistic, list(ts ORDER BY ts), list(value ORDER BY ts)
        FROM read_parquet(?) GROUP BY ALL ORDER BY ALL
        """,
        [str(data / "metrics.parquet")],
    ).fetchall()
    times: dict[tuple[str, str, str], set[int]] = {}
    for *where, _, _, _, ts, _ in found:
        times.setdefault(tuple(where), set()).update(ts)
    tables = {where: Table(np.array(sorted(ts), dtype=np.int64), {}) for where, ts in times.items()}
    for traffic, split, issue, node, metric, statistic, ts, value in found:
        table = tables[traffic, split, issue]
        row = np.full(len(table.ts), np.nan)
        row[np.searchsorted(table.ts, ts)] = value
        table.value[node, metric, statistic] = row
    return tables
