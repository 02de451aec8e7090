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
from rca.pulls.known import Known
from rca.pulls.pulled import Document, Pulled
from rca.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a pull added: files written (relative to the folder), and rows in them by kind."""

    files: tuple[str, ...]
    changes: int
    kpis: int
    histograms: int


def deliver(pulled: Pulled, folder: Path, known: Known) -> Delivery:
    """Write what is new as files of a bundle: `changes/`, `kpis/` and `histograms/`.

    Parameters
    ----------
    folder
        Made if it is missing.
    known
        What was delivered before.

    Returns
    -------
    Delivery
        Nothing written where nothing is new. A file is named by its content: equal content, equal file.
    """
    changes = known.unseen_changes(pulled.changes)
    kpis = known.unseen_points(pulled.kpis) if pulled.kpis is not None else None
    bins = known.unseen_bins(pulled.histograms) if pulled.histograms is not None else None
    names = [_write_lines(folder / "changes", pulled.source, changes)] if changes else []
    for table, kind in ((kpis, "kpis"), (bins, "histograms")):
        if table is not None and table.num_rows:
            names.append(_write_table(folder / kind, pulled.source, table))
    files = tuple(name.relative_to(folder).as_posix() for name in names)
    return Delivery(files, len(changes), *(0 if table is None else table.num_rows for table in (kpis, bins)))


def land(
    pulled: Pulled,
    warehouse: Warehouse,
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
        delivery = deliver(pulled, folder, Known(warehouse))
        if not delivery.files:
            return delivery, IngestReport(())
        document = system.model_dump(mode="json", by_alias=True, exclude_none=True)
        (folder / "system.json").write_text(json.dumps(document), encoding="utf-8")
        return delivery, ingest_bundle(warehouse, folder, progress)


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
