"""Read a bundle's files (CONTRACT section 1) without the engine: for scoring, and for the baselines."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import yaml
from numpy.typing import NDArray

RESERVED = {"ts", "request_id", "trace_id", "model_version", "query_id", "split", "prediction", "label", "label_ts"}
UNUSED = ("attribution_", "proba_")
LATENCY = "latency_"


def quoted(name: str) -> str:
    """Return a column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Files:
    """One bundle of Parquet and JSON files whose columns have the default names."""

    folder: Path

    @cached_property
    def system(self) -> dict[str, Any]:
        """Return `system.yaml`."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "system.yaml").read_text(encoding="utf-8"))
        return found

    @cached_property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Return the declared nodes by id."""
        return {node["id"]: node for node in self.system["nodes"]}

    @cached_property
    def incident(self) -> dict[str, Any]:
        """Return `incident.json`."""
        found: dict[str, Any] = json.loads((self.folder / "incident.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def changes(self) -> list[dict[str, Any]]:
        """Return the change events, earliest first, `ts` as a time."""
        file = self.folder / "changes.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        events = [json.loads(line) for line in lines if line.strip()]
        return sorted(({**event, "ts": moment(event["ts"])} for event in events), key=lambda event: event["ts"])

    @cached_property
    def detected(self) -> np.datetime64:
        """Return when the incident was noticed."""
        return moment(self.incident["detected_at"])

    @cached_property
    def models(self) -> list[str]:
        """Return the models that log, the reported one first, then those that feed it."""
        logging = [node for node in self.nodes if any((self.folder / "predictions" / node).glob("*.parquet"))]
        return sorted(logging, key=lambda node: (node != self.model, logging.index(node)))

    @cached_property
    def model(self) -> str:
        """Return the reported model; of another node's incident the last model on the way to it, else the last."""
        node = self.incident["node"]
        if self.nodes.get(node, {}).get("kind") == "model":
            return str(node)
        feeding = [edge["from"] for edge in self.system["edges"] if edge["to"] == node]
        models = [name for name, known in self.nodes.items() if known["kind"] == "model"]
        return next((name for name in feeding if name in models), models[-1] if models else "")

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a database of its own, of one thread: many cases are read at once."""
        return duckdb.connect(config={"threads": 1})

    def logs(self, node: str) -> str:
        """Return SQL for a model's log, all batches; a column's type is the widest of them."""
        path = str(self.folder / "predictions" / node / "*.parquet").replace("'", "''")
        return f"read_parquet('{path}', union_by_name = true)"

    def columns(self, node: str) -> dict[str, str]:
        """Return every column of a model's log, and its type."""
        rows = self.connection.execute(f"DESCRIBE SELECT * FROM {self.logs(node)}").fetchall()
        return {row[0]: row[1] for row in rows}

    def batches(self, node: str) -> list[str]:
        """Return the files of a model's log that have production rows, earliest first."""
        live = "WHERE coalesce(split, 'production') = 'production'" if "split" in self.columns(node) else ""
        logs = self.logs(node).replace("union_by_name = true", "union_by_name = true, filename = true")
        query = f"SELECT filename FROM {logs} {live} GROUP BY filename ORDER BY min(ts), filename"
        return [row[0] for row in self.connection.execute(query).fetchall()]

    def batch_schema(self, file: str) -> dict[str, str]:
        """Return the columns and types of one file."""
        rows = self.connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
        return {row[0]: row[1] for row in rows}

    def inputs(self, node: str) -> dict[str, str]:
        """Return the columns of a model's log that are neither reserved nor vectors, and their types."""
        return {
            name: kind
            for name, kind in self.columns(node).items()
            if name not in RESERVED and not name.startswith(UNUSED) and not kind.endswith("]")
        }

    def producer(self, node: str, column: str) -> str:
        """Return which node delivers a model's column; the model itself where no edge says so."""
        edges = (edge for edge in self.system["edges"] if edge["to"] == node and column in (edge.get("columns") or ()))
        return str(next((edge["from"] for edge in edges), node))

    def series(self, node: str, metric: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return times and values, (N,), of a metric in kpis.parquet, or of a service's spans; empty when absent."""
        recorded = self._rows("kpis.parquet", "ts, value", "node = ? AND metric = ?", [node, metric])
        if recorded[0].size or not metric.startswith(LATENCY):
            return recorded
        return self._rows("traces/*.parquet", '"start" AS ts, duration_ms AS value', "service = ?", [node])

    def _rows(self, file: str, wanted: str, where: str, values: list[str]) -> tuple[NDArray[Any], NDArray[Any]]:
        if not any(self.folder.glob(file)):
            return np.empty(0, "datetime64[us]"), np.empty(0)
        query = f"SELECT {wanted} FROM read_parquet('{self.folder / file}') WHERE {where} ORDER BY 1"
        found = self.connection.execute(query, values).fetchnumpy()
        return as_times(found["ts"]), filled(found["value"])


def moment(text: str) -> np.datetime64:
    """Return a UTC time."""
    return np.datetime64(text.replace("Z", "").replace("+00:00", ""), "us")


def as_times(values: NDArray[Any]) -> NDArray[np.datetime64]:
    """Return times in microseconds, NaT for null."""
    times = np.ma.asarray(values).astype("datetime64[us]")
    return np.asarray(np.ma.filled(times, np.datetime64("NaT")))


def filled(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers, NaN for null."""
    return np.asarray(np.ma.filled(np.ma.asarray(values).astype(float), np.nan))
