"""Train on the time before, serve the rest in the order of time, and write what would have been logged."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import yaml
from numpy.typing import NDArray

from benchmarks.incidents.natural.event import Event, Moments
from rca.demo.arrow import to_table
from rca.demo.boosting import BoostedModel, fit_boosting
from rca.demo.domain import Columns
from rca.demo.table import take

SEED = 0
HELD_BACK = 0.2
"""Share of the rows of training time that the model is not trained on: its validation rows."""

LOGGED_TRAINING = 2000


def split(event: Event, columns: Columns) -> NDArray[np.object_]:
    """Return `train`, `validation`, `production` or None for each row, (N,)."""
    ts: Moments = columns["ts"]
    parts = np.full(ts.size, None, dtype=object)
    first, last = (np.datetime64(moment) for moment in event.served)
    parts[(ts >= first) & (ts < last)] = "production"
    held_back = np.random.default_rng(SEED).random(ts.size) < HELD_BACK
    trained = event.trained(ts)
    parts[trained] = np.where(held_back[trained], "validation", "train")
    return parts


def log_of(event: Event, columns: Columns, parts: NDArray[np.object_], model: BoostedModel) -> Columns:
    """Return the rows that are logged: all that are served, and a sample of those of training time."""
    order = np.random.default_rng(SEED).permutation(parts.size)
    rows = np.flatnonzero(parts == "production")
    for name in ("train", "validation"):
        rows = np.append(rows, order[parts[order] == name][:LOGGED_TRAINING])
    rows = rows[np.argsort(columns["ts"][rows], kind="stable")]
    logged = take(columns, rows)
    reserved: Columns = {
        "ts": logged["ts"],
        "split": parts[rows],
        "model_version": np.full(rows.size, "1", dtype=object),
    }
    answers: Columns = {"prediction": model.predict(logged), "label": logged[event.spec.target]}
    named = (*event.spec.inputs, *event.segments)
    return reserved | answers | {name: logged[name] for name in dict.fromkeys(named)}


def write_log(event: Event, log: Columns, folder: Path) -> None:
    """Write the log: one file of training rows, one for each stretch of time served."""
    folder.mkdir(parents=True)
    live = log["split"] == "production"
    pq.write_table(to_table(take(log, ~live)), folder / "training.parquet", compression="zstd")
    stretch = log["ts"].astype(f"datetime64[{event.batch}]")
    for one in np.unique(stretch[live]):
        pq.write_table(to_table(take(log, live & (stretch == one))), folder / f"{one}.parquet", compression="zstd")


def system_of(event: Event) -> dict[str, Any]:
    """Return `system.yaml` as plain data."""
    spec = event.spec
    model = {"id": spec.node, "kind": "model", "owner": spec.owner, "task": spec.task, "segments": list(event.segments)}
    nodes = [{"id": source, "kind": "dataset"} for source in event.sources]
    edges = [{"from": source, "to": spec.node, "columns": list(columns)} for source, columns in event.sources.items()]
    return {"nodes": [*nodes, model], "edges": edges}


def write_figures(event: Event, served: Columns, folder: Path) -> None:
    """Write kpis.parquet when the event has figures of its own."""
    day = served["ts"].astype("datetime64[D]")
    parts = []
    for (node, metric), figure in event.figures.items():
        days = np.unique(day)
        value = np.array([figure(take(served, day == one))[0] for one in days])
        name = {"node": np.full(days.size, node, dtype=object), "metric": np.full(days.size, metric, dtype=object)}
        parts.append(name | {"ts": days.astype("datetime64[us]"), "value": value})
    if parts:
        columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        pq.write_table(to_table(columns), folder / "kpis.parquet")


def readers_of(event: Event) -> dict[str, list[str]]:
    """Return column -> the models that read it."""
    return {column: [event.spec.node] for column in event.spec.inputs}


def write_event(event: Event, folder: Path) -> Path:
    """Write an event's bundle and, beside it, what may be answered; the same event gives the same bundle."""
    columns = event.load()
    parts = split(event, columns)
    learned = take(columns, np.flatnonzero(parts == "train"))
    model = fit_boosting(event.spec, learned, learned[event.spec.target], SEED)
    write_log(event, log_of(event, columns, parts, model), folder / "predictions" / event.spec.node)
    write_figures(event, take(columns, np.flatnonzero(parts == "production")), folder)
    incident = {"id": event.name, "node": event.node or event.spec.node, "metric": event.metric}
    noticed = {"detected_at": str(np.datetime64(event.served[1], "s")) + "Z"}
    (folder / "system.yaml").write_text(yaml.safe_dump(system_of(event), sort_keys=False), encoding="utf-8")
    (folder / "incident.json").write_text(json.dumps(incident | noticed), encoding="utf-8")
    known = {"name": event.name, "table": event.table, "incident": incident, "any_of": True, "happened": event.happened}
    known |= {"causes": [one.truth() for one in event.accepted], "readers": readers_of(event)}
    truth = folder.with_name(folder.name + ".truth.json")
    truth.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return truth
