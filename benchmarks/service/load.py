"""What a service takes and answers at once: rows a second on disk, and how long a page and an analysis take meanwhile.

Usage: python -m benchmarks.service.load [--bodies 40] [--clients 3] [--stored 1000000] [--seconds 10] [--json]

Each client is a process with prepared bodies; a row counts when its body is acknowledged, that is, on disk. In the same
run, what bounds it: protobuf's and Python's own parsing of the same bodies, and DuckDB's own insertion of the same
tables, one transaction a body, in one process without a service.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rich.progress import Progress

from api.decode.otlp import PROTOBUF
from api.decode.otlp_traces import read_spans
from api.decode.rows import decode_rows
from benchmarks.service import bodies, flat
from benchmarks.service.clients import Crowd, cpu_of, explain, explainer, looker, sender
from benchmarks.service.running import Running, send
from rca.warehouse import Warehouse

INCIDENT = "auc-fell"
KINDS = {"spans": "spans, OTLP/protobuf", "arrow": "predictions, Arrow", "json": "predictions, JSON Lines"}
DAYS = 40
PEER_S = 2.0


def stored(db: Path, rows: int) -> None:
    """Make a database with a model whose profile holds so many rows, and one that takes the load."""
    system = dict(flat.SYSTEM)
    system["nodes"] = [*flat.SYSTEM["nodes"], {"id": "scorer", "kind": "model", "task": "binary"}]
    with Warehouse(db) as warehouse:
        flat.fill(warehouse, rows, DAYS)
        warehouse.connection.execute("UPDATE systems SET document = ?", [json.dumps(system)])


def open_incident(port: int) -> None:
    """Open the incident that is looked at and explained."""
    told = {"id": INCIDENT, "node": flat.NODE, "metric": "brier", "detected_at": "2026-02-28T00:00:00Z"}
    status, said = send(port, "POST", "/v1/incidents", json.dumps(told).encode(), {"Content-Type": "application/json"})
    if status not in (200, 201):
        raise RuntimeError(f"the incident is refused: {said!r}")
    explain(port, INCIDENT)


def idle(port: int, seconds: float) -> dict[str, Any]:
    """Return what looks and analyses take while nothing else goes on, one kind at a time."""
    crowd = Crowd([(looker, port, f"/v1/incidents/{INCIDENT}")])
    crowd.begin()
    time.sleep(seconds)
    crowd.end()
    looks = crowd.seen()[0].seconds
    analyses = [explain(port, INCIDENT) for _ in range(max(3, int(seconds)))]
    return {"get_p50_ms": _ms(looks, 0.5), "get_p95_ms": _ms(looks, 0.95), "analysis_p95_s": _s(analyses, 0.95)}


def under_load(running: Running, kind: str, clients: int, count: int) -> dict[str, Any]:
    """Return rows a second, looks and analyses while clients send, and each party's share of the cores."""
    port = running.port
    jobs: list[tuple[Any, ...]] = [(sender, port, kind, client, count) for client in range(clients)]
    crowd = Crowd([*jobs, (looker, port, f"/v1/incidents/{INCIDENT}"), (explainer, port, INCIDENT, 1.0)])
    process = running.process.pid if running.process else 0
    used = cpu_of(process)
    begun = time.perf_counter()
    crowd.begin()
    sent = crowd.seen(clients)
    wall = time.perf_counter() - begun
    own, children = (now - before for now, before in zip(cpu_of(process), used, strict=True))
    crowd.end()
    rest = crowd.seen(2)
    looks, analyses = rest[clients].seconds, rest[clients + 1].seconds
    waits = [second for seen in sent.values() for second in seen.seconds]
    return {
        "rows": sum(seen.rows for seen in sent.values()),
        "rows_per_s": round(sum(seen.rows for seen in sent.values()) / wall),
        "acknowledged_p95_ms": _ms(waits, 0.95),
        "get_p50_ms": _ms(looks, 0.5),
        "get_p95_ms": _ms(looks, 0.95),
        "analysis_p95_s": _s(analyses, 0.95),
        "cores": {
            "service": round(own / wall, 2),
            "decoders": round(children / wall, 2),
            "clients": round(_cpu(sent.values()) / wall, 2),
            "lookers": round(_cpu(rest.values()) / wall, 2),
        },
    }


def peers(folder: Path) -> dict[str, float]:
    """Return rows a second of what bounds the service, on one core each but for DuckDB, which takes what there is."""
    spans, lines = bodies.one_request(0), bodies.json_lines(bodies.table(0))
    table, rows = read_spans(spans, PROTOBUF), bodies.table(0)
    found = {
        "protobuf parses": _rate(bodies.SPANS, lambda: ExportTraceServiceRequest.FromString(spans)),
        "spans decoded": _rate(bodies.SPANS, lambda: read_spans(spans, PROTOBUF)),
        "json.loads": _rate(bodies.ROWS, lambda: [json.loads(line) for line in lines.split(b"\n")]),
        "JSON rows decoded": _rate(
            bodies.ROWS, lambda: decode_rows(lines, "application/jsonl", bodies.ROWS, 10 * len(lines))
        ),
    }
    for name, arrow in (("spans", table), ("predictions", rows)):
        with duckdb.connect(str(folder / f"peer-{name}.duckdb")) as connection:
            connection.register("sent", arrow)
            connection.execute("CREATE TABLE landed AS FROM sent LIMIT 0")
            insert = partial(connection.execute, "INSERT INTO landed FROM sent")
            found[f"DuckDB inserts {name}"] = _rate(arrow.num_rows, insert)
    return {name: round(rate) for name, rate in found.items()}


def _rate(rows: int, work: Callable[[], object]) -> float:
    work()
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < PEER_S:
        work()
        done += rows
    return done / (time.perf_counter() - begun)


def _cpu(seen: Any) -> float:
    return float(sum(one.cpu for one in seen))


def _quantile(values: Sequence[float], share: float) -> float:
    if len(values) < 2:  # noqa: PLR2004 - a quantile needs two
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[round(100 * share) - 1]


def _ms(values: Sequence[float], share: float) -> float:
    return round(1000 * _quantile(values, share), 1)


def _s(values: Sequence[float], share: float) -> float:
    return round(_quantile(values, share), 2)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run it all."""
    steps = [f"{options.stored:,} rows are stored", "idle", *options.kinds, "peers"]
    with tempfile.TemporaryDirectory() as place, Progress(transient=True) as progress:
        bar = progress.add_task(steps[0], total=len(steps))

        def step(what: str) -> None:
            progress.update(bar, advance=1, description=what)

        db = Path(place) / "db" / "rca.duckdb"
        db.parent.mkdir()
        stored(db, options.stored)
        running = Running(db)
        running.start_and_wait()
        try:
            open_incident(running.port)
            found: dict[str, Any] = {"cores": os.cpu_count(), "stored": options.stored, "clients": options.clients}
            step("idle")
            found["idle"] = idle(running.port, options.seconds)
            for kind in options.kinds:
                step(kind)
                found[kind] = under_load(running, kind, options.clients, options.bodies)
        finally:
            running.stop()
        step("peers")
        found["peers"] = peers(Path(place))
    return found


def table(found: dict[str, Any]) -> str:
    """Return the figures as the table of docs/benchmarks.md."""
    head = ["while", "rows/s on disk", "GET p95", "analysis p95", "cores: service, decoders, clients"]
    lines = [head, ["---"] * len(head)]
    lines.append(["nothing else", "", f"{found['idle']['get_p95_ms']} ms", f"{found['idle']['analysis_p95_s']} s", ""])
    for kind, name in KINDS.items():
        if kind in found:
            one, cores = found[kind], found[kind]["cores"]
            lines.append(
                [
                    name,
                    f"{one['rows_per_s']:,}",
                    f"{one['get_p95_ms']} ms",
                    f"{one['analysis_p95_s']} s",
                    f"{cores['service']}, {cores['decoders']}, {cores['clients']}",
                ]
            )
    bounds = [f"{name} {rate:,}/s" for name, rate in found["peers"].items()]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", "; ".join(bounds)])


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=40, help="bodies a client")
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--stored", type=int, default=1_000_000, help="predictions in the database before")
    parser.add_argument("--seconds", type=float, default=10, help="how long the idle service is looked at")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = measure(options)
    print(json.dumps(found, indent=1) if options.json else table(found))


if __name__ == "__main__":
    sys.exit(main())
