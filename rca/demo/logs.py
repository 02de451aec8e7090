"""Write the prediction logs: daily Parquet batches per model, each with the schema of its day."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.arrow import to_table
from rca.demo.domain import Columns, Domain, Model, ModelSpec
from rca.demo.extent import days
from rca.demo.scenario import Evidence
from rca.demo.table import is_text, take
from rca.demo.world import Rewrite, World

if TYPE_CHECKING:
    import pyarrow as pa


def ids(prefix: str, n: int) -> NDArray[np.object_]:
    """Return n distinct ids."""
    return np.char.add(prefix, np.char.mod("%07x", np.arange(n) * 2654435761 % 2**28)).astype(object)


def trace_ids(n: int) -> NDArray[np.object_]:
    """Return n distinct OpenTelemetry trace ids: 32 hexadecimal digits."""
    number = np.arange(1, n + 1, dtype=np.int64)
    scattered = np.char.mod("%08x", number * 2654435761 % 2**32)  # an odd factor modulo 2**32: no two alike
    return np.char.add("5f0c3a1b9d7e4426a1c80e33", scattered).astype(object)


def answers(model: Model, prediction: NDArray[Any]) -> Columns:
    """Return a model's predictions as logged: `prediction`, of several classes also `proba_<class>`."""
    if model.spec.task == "embedding":
        return {}
    if not model.classes:
        return {"prediction": prediction.round(6)}
    likeliest = np.array(model.classes, dtype=object)[prediction.argmax(axis=1)]
    each = {f"proba_{name}": prediction[:, place].round(6) for place, name in enumerate(model.classes)}
    return {"prediction": likeliest} | each


def outcomes(world: World, node: str, evidence: Evidence) -> Columns:
    """Return the labels known at the end of the log, and when they became known."""
    if not evidence.labels or node not in world.labels:
        return {}
    label, known = world.labels[node].copy(), world.labelled()
    label[~known] = None if is_text(label) else np.nan
    if not evidence.label_ts:
        return {"label": label}
    return {"label": label, "label_ts": np.where(known, world.label_ts(), np.datetime64("NaT"))}


def production_log(world: World, node: str, evidence: Evidence) -> Columns:
    """Return one model's production rows before any is lost or repeated, reserved columns first."""
    n = len(world.ts)
    log: Columns = {
        "ts": world.ts,
        "request_id": ids("req-", n),
        "trace_id": trace_ids(n),
        "model_version": world.versions[node],
        "split": np.full(n, "production", dtype=object),
    }
    log |= answers(world.cascade.models[node], world.predictions[node]) | outcomes(world, node, evidence)
    domain = world.domain
    return log | {name: world.columns[name] for name in logged_columns(domain, domain.spec(node))}


def logged_columns(domain: Domain, spec: ModelSpec) -> tuple[str, ...]:
    """Return a model's inputs and the segments, in the order in which they are logged."""
    segments = tuple(name for name in domain.segments if name not in spec.inputs)
    return (*(name for name in spec.inputs if name not in domain.hidden), *segments)


def training_sample(world: World, node: str, evidence: Evidence) -> Columns:
    """Return some training rows and half as many validation rows, with their `split`."""
    cascade, rng = world.cascade, world.rng("training sample", node)
    parts = []
    for split, columns, share in (("train", cascade.trained_on, 2 / 3), ("validation", cascade.validation, 1 / 3)):
        n = len(next(iter(columns.values())))
        chosen = rng.permutation(n)[: max(int(evidence.trained_rows * share), 1)]
        if split in evidence.splits:
            parts.append(take(columns, chosen) | {"split": np.full(len(chosen), split, dtype=object)})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def training_log(world: World, node: str, evidence: Evidence) -> Columns:
    """Return rows of training time, dated to the month before production, with the first version's answers."""
    rows, rng = training_sample(world, node, evidence), world.rng("training times", node)
    domain, model = world.domain, world.cascade.models[node]
    n = len(rows["split"])
    before = (rng.random(n) * days(30).astype(int)).astype("timedelta64[us]")
    log: Columns = {
        "ts": np.sort(world.start - before - days(2)),
        "request_id": ids("train-", n),
        "model_version": np.full(n, world.versions[node][0], dtype=object),
        "split": rows["split"],
    }
    log |= answers(model, model.predict(rows))
    if evidence.labels and node in world.labels:
        log["label"] = rows[model.spec.target]
    return log | {name: rows[name] for name in logged_columns(domain, model.spec)}


def received(world: World, node: str, evidence: Evidence) -> NDArray[np.int64]:
    """Return the requests that a model's log has, repeated ones several times, without those of its gaps."""
    rows = world.logged()
    for gap in evidence.gaps:
        if gap.source == node:
            ts = world.ts[rows]
            rows = rows[(ts < world.moment(gap.onset)) | (ts >= world.moment(gap.until))]
    return rows


def batches(world: World, log: Columns, rows: NDArray[np.int64], hours: int) -> Iterator[tuple[str, "pa.Table"]]:
    """Yield (name, rows) per so many hours; a batch within which the schema changes is two."""
    rewrites = [rewrite for rewrite in world.rewrites if rewrite.column in log]
    table, ts = to_table(log), world.ts[rows]
    first_day = world.start.astype("datetime64[D]").astype("datetime64[us]")
    regular = np.arange(first_day, world.end + days(hours / 24), days(hours / 24))
    cuts = np.unique(np.concatenate([regular, *([r.start] if r.end is None else [r.start, r.end] for r in rewrites)]))
    places = np.searchsorted(ts, cuts)
    for begin, first, last in zip(cuts[:-1], places[:-1], places[1:], strict=True):
        if last > first:
            part = table.take(rows[first:last])
            for rewrite in rewrites:
                if rewrite.holds(begin):
                    part = rewritten(part, rewrite, rows[first:last])
            yield batch_name(begin, hours, whole=begin in regular), part


def batch_name(begin: np.datetime64, hours: int, *, whole: bool) -> str:
    """Return a batch's name: its day, with the hour where a day has several, and to the second if it was cut."""
    if not whole:
        return str(begin.astype("datetime64[s]")).replace(":", "")
    return str(begin.astype("datetime64[D]" if hours % 24 == 0 else "datetime64[h]"))


def rewritten(table: "pa.Table", rewrite: Rewrite, rows: NDArray[np.int64]) -> "pa.Table":
    """Return the batch as the changed schema has it."""
    position = table.schema.get_field_index(rewrite.column)
    if rewrite.values is None:
        return table.remove_column(position)
    values = to_table({rewrite.name: rewrite.values[rows]}).column(0)
    return table.set_column(position, rewrite.name, values)


def write_logs(world: World, folder: Path, node: str, evidence: Evidence) -> None:
    """Write `predictions/<node>/*.parquet` of one model."""
    import pyarrow.parquet as pq

    target = folder / "predictions" / node
    target.mkdir(parents=True, exist_ok=True)
    log = production_log(world, node, evidence)
    for name, part in batches(world, log, received(world, node, evidence), evidence.batch_hours):
        pq.write_table(part, target / f"{name}.parquet", compression="zstd")
    if evidence.trained_rows and evidence.splits:
        pq.write_table(to_table(training_log(world, node, evidence)), target / "training.parquet")
