"""Write what was pulled as the files of a bundle, without what was delivered before, and land them."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rca.ingest import IngestReport, ingest_bundle
from rca.ingest.documents import load_system
from rca.pulls.known import RESERVED, Known, known_of_folder, unseen
from rca.pulls.pulled import Document, Pulled
from rca.warehouse import Warehouse

KEY = ["node", "metric", "ts", "series"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a pull added: files written (relative to the folder), and rows in them by kind."""

    files: tuple[str, ...]
    changes: int
    kpis: int
    histograms: int


def deliver(pulled: Pulled, folder: Path, known: Known | None = None) -> Delivery:
    """Write what is new as files of a bundle: `changes/`, `kpis/` and `histograms/`.

    Parameters
    ----------
    folder
        Made if it is missing.
    known
        What was delivered before; by default what the folder holds.

    Returns
    -------
    Delivery
        Nothing written where nothing is new. A file is named by its content: equal content, equal file.
    """
    known = known_of_folder(folder) if known is None else known
    changes = unseen(pulled.changes, known)
    kpis = _new_points(pulled.kpis, known)
    bins = _new_windows(pulled.histograms, known)
    names = []
    if changes:
        names.append(_write_lines(folder / "changes", pulled.source, changes))
    for table, kind in ((kpis, "kpis"), (bins, "histograms")):
        if table is not None and table.num_rows:
            names.append(_write_table(folder / kind, pulled.source, table))
    files = tuple(name.relative_to(folder).as_posix() for name in names)
    return Delivery(files, len(changes), kpis.num_rows if kpis else 0, bins.num_rows if bins else 0)


def land(
    pulled: Pulled,
    warehouse: Warehouse,
    known: Known,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Delivery, IngestReport]:
    """Land what is new in a database, by the ordinary way of files.

    Raises
    ------
    InputError
        When the database holds no system yet.
    """
    system = load_system(warehouse)
    with tempfile.TemporaryDirectory(prefix="rca-pull-") as name:
        folder = Path(name)
        delivery = deliver(pulled, folder, known)
        if not delivery.files:
            return delivery, IngestReport(())
        document = system.model_dump(mode="json", by_alias=True, exclude_none=True)
        (folder / "system.json").write_text(json.dumps(document), encoding="utf-8")
        return delivery, ingest_bundle(warehouse, folder, progress)


def _new_points(kpis: pa.Table | None, known: Known) -> pa.Table | None:
    """Return the values that are new; of a value pulled twice the first stays."""
    if kpis is None or known.points is None or not kpis.num_rows:
        return kpis
    seen = known.points.cast(pa.schema([*((name, pa.string()) for name in KEY[:2]), ("ts", TS), (KEY[3], pa.string())]))
    keyed = kpis.append_column("series", _series(kpis))
    fresh = keyed.join(seen, keys=KEY, join_type="left anti")
    return fresh.sort_by([(name, "ascending") for name in KEY]).drop_columns(["series"])


TS = pa.timestamp("us")


def _series(kpis: pa.Table) -> pa.Array:
    """Return (rows,) the dimensions as one text, as `known.SERIES` spells them."""
    labels = sorted(set(kpis.column_names) - set(RESERVED))
    rows = zip(*(kpis[label].to_pylist() for label in labels), strict=True) if labels else ((),) * kpis.num_rows
    made: dict[tuple[str | None, ...], str] = {}
    return pa.array(
        [made.get(row) or made.setdefault(row, _spelled(labels, row)) for row in rows],
        pa.string(),
    )


def _spelled(labels: list[str], row: tuple[str | None, ...]) -> str:
    return "\n".join(sorted(f"{name}={value}" for name, value in zip(labels, row, strict=True) if value is not None))


def _new_windows(bins: pa.Table | None, known: Known) -> pa.Table | None:
    """Return the histograms of hours that are new: counts of the same hour would add up."""
    if bins is None or not known.windows:
        return bins
    hours = zip(*(bins[name].to_pylist() for name in ("node", "column", "window_start")), strict=True)
    fresh = [
        (node, column, start.replace(minute=0, second=0, microsecond=0)) not in known.windows
        for node, column, start in hours
    ]
    return bins.filter(pa.array(fresh, pa.bool_()))


def _write_lines(folder: Path, source: str, changes: tuple[Document, ...]) -> Path:
    text = "".join(json.dumps(change, ensure_ascii=False, sort_keys=True) + "\n" for change in changes)
    return _write(folder, f"{source}-{{}}.jsonl", text.encode())


def _write_table(folder: Path, source: str, table: pa.Table) -> Path:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return _write(folder, f"{source}-{{}}.parquet", sink.getvalue().to_pybytes())


def _write(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name.format(hashlib.sha256(content).hexdigest()[:16])
    part = path.with_name(f".{path.name}")  # hidden until it is whole: a reader must not see half a file
    part.write_bytes(content)
    part.replace(path)
    return path
