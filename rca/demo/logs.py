"""Write the prediction logs: daily Parquet batches per model, each with the schema of its day."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.cascade import Model
from rca.demo.domain import Columns, ModelSpec
from rca.demo.extent import days
from rca.demo.table import take
from rca.demo.world import Rewrite, World

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]


def ids(prefix: str, n: int) -> NDArray[np.object_]:
    """Return n distinct ids."""
    return np.char.add(prefix, np.char.mod("%07x", np.arange(n) * 2654435761 % 2**28)).astype(object)


def trace_ids(n: int) -> NDArray[np.object_]:
    """Return n distinct OpenTelemetry trace ids: 32 hexadecimal digits."""
    number = np.arange(1, n + 1, dtype=np.int64)
    scattered = np.char.mod("%08x", number * 2654435761 % 2**32)  # an odd factor modulo 2**32: no two alike
    return np.char.add("5f0c3a1b9d7e4426a1c80e33", scattered).astype(object)


def production_log(world: World, role: str, label_delay: float) -> Columns:
    """Return one model's production rows, reserved columns first."""
    spec = world.domain.model(role)
    label = world.columns[spec.target].copy()
    label[world.ts >= world.moment(label_delay)] = np.nan
    n = len(world.ts)
    log: Columns = {
        "ts": world.ts,
        "request_id": ids("req-", n),
        "trace_id": trace_ids(n),
        "model_version": world.versions[role],
        "split": np.full(n, "production", dtype=object),
        "prediction": world.predictions[role].round(6),
        "label": label,
    }
    return log | {name: world.columns[name] for name in logged_columns(world, spec)}


def logged_columns(world: World, spec: ModelSpec) -> tuple[str, ...]:
    """Return a model's inputs and the segments, in the order in which they are logged."""
    segments = tuple(name for name in world.domain.segments if name not in spec.inputs)
    return (*spec.inputs, *segments)


def training_log(world: World, role: str, rows: int) -> Columns:
    """Return a sample of training (two thirds) and validation rows, dated to the month before production."""
    cascade, spec = world.cascade, world.domain.model(role)
    rng = world.rng("training sample", role)
    parts = []
    for split, columns, share in (("train", cascade.trained_on, 2 / 3), ("validation", cascade.validation, 1 / 3)):
        n = len(columns[spec.target])
        chosen = rng.permutation(n)[: max(int(rows * share), 1)]
        parts.append(take(columns, chosen) | {"split": np.full(len(chosen), split, dtype=object)})
    both = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    model: Model = cascade.upstream if role == "upstream" else cascade.downstream
    n = len(both["split"])
    log: Columns = {
        "ts": np.sort(world.start - (rng.random(n) * days(30).astype(int)).astype("timedelta64[us]") - days(2)),
        "request_id": ids("train-", n),
        "model_version": np.full(n, world.versions[role][0], dtype=object),
        "split": both["split"],
        "prediction": model.predict(both).round(6),
        "label": both[spec.target],
    }
    return log | {name: both[name] for name in logged_columns(world, spec)}


def to_table(columns: Columns) -> "pa.Table":
    """Return the columns as an Arrow table: null for NaN, times in UTC."""
    import pyarrow as pa

    arrays: dict[str, Any] = {}
    for name, values in columns.items():
        if values.dtype.kind == "M":
            arrays[name] = pa.array(values, type=pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
        elif values.dtype == object:
            arrays[name] = pa.array(values, type=pa.string())
        else:
            arrays[name] = pa.array(values, from_pandas=True)
    return pa.table(arrays)


def batches(world: World, table: "pa.Table", rewrites: list[Rewrite]) -> Iterator[tuple[str, "pa.Table"]]:
    """Yield (name, rows) per day; a day on which the schema changes has two batches."""
    midnights = np.arange(world.start.astype("datetime64[D]"), world.end + days(1), np.timedelta64(1, "D"))
    cuts = np.unique(np.concatenate([midnights.astype("datetime64[us]"), *[[r.start] for r in rewrites]]))
    places = np.searchsorted(world.ts, cuts)
    for begin, first, last in zip(cuts[:-1], places[:-1], places[1:], strict=True):
        if last > first:
            part = table.slice(first, last - first)
            for rewrite in rewrites:
                if begin >= rewrite.start:
                    part = rewritten(part, rewrite, slice(first, last))
            at_midnight = begin == begin.astype("datetime64[D]")
            yield str(begin.astype("datetime64[D]")) + ("" if at_midnight else "-b"), part


def rewritten(table: "pa.Table", rewrite: Rewrite, rows: slice) -> "pa.Table":
    """Return the batch as the changed schema has it."""
    position = table.schema.get_field_index(rewrite.column)
    if rewrite.values is None:
        return table.remove_column(position)
    values = to_table({rewrite.name: rewrite.values[rows]}).column(0)
    return table.set_column(position, rewrite.name, values)


def write_logs(world: World, folder: Path, *, role: str, label_delay: float, trained_rows: int) -> None:
    """Write `predictions/<node>/*.parquet` of one model."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    spec = world.domain.model(role)
    target = folder / "predictions" / spec.node
    target.mkdir(parents=True, exist_ok=True)
    log = production_log(world, role, label_delay)
    rewrites = [rewrite for rewrite in world.rewrites if rewrite.column in log]
    for name, part in batches(world, to_table(log), rewrites):
        pq.write_table(part, target / f"{name}.parquet", compression="zstd")
    if trained_rows:
        pq.write_table(to_table(training_log(world, role, trained_rows)), target / "training.parquet")
