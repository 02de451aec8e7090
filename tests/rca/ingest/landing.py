"""Small bundles written by hand, and what the warehouse holds after landing them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from rca.ingest import IngestReport, ingest_bundle
from rca.warehouse import Warehouse

DAY = datetime(2026, 1, 1)  # noqa: DTZ001 (naive on purpose: taken as UTC)
SYSTEM = """
nodes:
  - {id: m, kind: model, task: binary, segments: [country]}
  - {id: k, kind: kpi}
  - {id: feed, kind: dataset}
edges:
  - {from: feed, to: m, columns: [amount]}
  - {from: m, to: k}
"""


def bundle(folder: Path, system: str = SYSTEM) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "system.yaml").write_text(system)
    return folder


def times(n: int, start: datetime = DAY) -> list[datetime]:
    return [start + timedelta(minutes=k) for k in range(n)]


def columns(n: int = 4, **others: Any) -> dict[str, Any]:
    """The columns of a small log; one given as None is left out."""
    base: dict[str, Any] = {
        "ts": times(n),
        "prediction": [k / n for k in range(n)],
        "label": [k % 2 for k in range(n)],
        "amount": [float(k) for k in range(n)],
    }
    return {name: values for name, values in {**base, **others}.items() if values is not None}


def parquet(path: Path, **data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(pa.table(data), path)
    return path


def batch(folder: Path, name: str, n: int = 4, **others: Any) -> Path:
    return parquet(folder / "predictions" / "m" / f"{name}.parquet", **columns(n, **others))


def text(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(path: Path, *documents: Any) -> Path:
    return text(path, "".join(json.dumps(document, default=str) + "\n" for document in documents))


class Landed:
    """An in-memory warehouse with a bundle in it."""

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self.warehouse = Warehouse(path)
        self.folder = folder
        self.report: IngestReport = self.again()

    def again(self) -> IngestReport:
        self.report = ingest_bundle(self.warehouse, self.folder)
        return self.report

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(sql, list(parameters)).fetchall()

    def column(self, name: str, node: str = "m") -> list[Any]:
        """The values of a column, by the name that the files give it, in the order of the rows."""
        (table,) = self.rows("SELECT table_name FROM prediction_tables WHERE node = ?", node)[0]
        found = self.rows("SELECT physical FROM prediction_columns WHERE node = ? AND column_name = ?", node, name)
        physical = (found[0][0] if found else name).replace('"', '""')
        return [row[0] for row in self.rows(f'SELECT "{physical}" FROM {table} ORDER BY _file, _row')]

    def kept(self, name: str) -> tuple[Any, ...]:
        return self.rows("SELECT role, kind, type FROM prediction_columns WHERE column_name = ?", name)[0]

    def quarantine(self) -> list[tuple[Any, ...]]:
        return self.rows('SELECT path, "row", column_name, raw, reason FROM quarantine ORDER BY ALL')

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        tables = self.rows("SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY ALL")
        return {name: sorted(self.rows(f"FROM {name}"), key=repr) for (name,) in tables}
