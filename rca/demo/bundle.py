"""Write a simulated world as a bundle (CONTRACT section 1); the right answer stays outside."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rca.demo.arrow import to_table
from rca.demo.cascade import Cascade
from rca.demo.documents import change_lines, describe_incident, describe_system, lineage_lines, utc
from rca.demo.domain import Domain
from rca.demo.figures import Rows, all_figures
from rca.demo.logs import write_logs
from rca.demo.scenario import Scenario
from rca.demo.simulate import simulate
from rca.demo.tracing import write_flat, write_otlp
from rca.demo.world import World


def write_bundle(folder: Path, scenario: Scenario, cascade: Cascade, *, seed: int = 0, rows: int = 12_000) -> Path:
    """Simulate a scenario and write its bundle.

    Parameters
    ----------
    folder
        Where the bundle goes; made if missing.
    cascade
        The trained models (`train(domain)`); share one among scenarios, training is the slow part.
    rows
        Requests over the whole log; each model logs one row per request.

    Returns
    -------
    Path
        The right answer: `<folder>.truth.json` beside the bundle, never inside.
    """
    return write_world(folder, scenario, simulate(cascade, scenario, seed, rows))


def write_world(folder: Path, scenario: Scenario, world: World) -> Path:
    """Write an already simulated world; see `write_bundle`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_documents(folder, scenario, world)
    evidence = scenario.evidence
    for spec in world.domain.models:
        if spec == world.domain.final or evidence.upstream_log:
            write_logs(world, folder, spec.node, evidence)
    write_figures(folder, all_figures(world, evidence))
    if evidence.traces:
        (write_otlp if evidence.otlp else write_flat)(world, folder, evidence.traces, evidence.gaps)
    truth = folder.with_name(folder.name + ".truth.json")
    truth.write_text(json.dumps(answer(scenario, world), indent=1), encoding="utf-8")
    return truth


def write_documents(folder: Path, scenario: Scenario, world: World) -> None:
    """Write system.yaml, incident.json, changes.jsonl and lineage.jsonl."""
    import yaml

    system = yaml.safe_dump(describe_system(world.domain), sort_keys=False, default_flow_style=None, width=110)
    (folder / "system.yaml").write_text(system, encoding="utf-8")
    incident = json.dumps(describe_incident(world, scenario), indent=1)
    (folder / "incident.json").write_text(incident + "\n", encoding="utf-8")
    lines = {"changes": change_lines(world)} | ({"lineage": lineage_lines(world)} if scenario.evidence.lineage else {})
    for name, found in lines.items():
        (folder / f"{name}.jsonl").write_text("".join(line + "\n" for line in found), encoding="utf-8")


def write_figures(folder: Path, figures: Rows) -> None:
    """Write kpis.parquet."""
    import pyarrow.parquet as pq

    lengths = [len(ts) for _, _, ts, _ in figures]
    columns = {
        "node": np.repeat(np.array([node for node, _, _, _ in figures], dtype=object), lengths),
        "metric": np.repeat(np.array([metric for _, metric, _, _ in figures], dtype=object), lengths),
        "ts": np.concatenate([ts for _, _, ts, _ in figures]),
        "value": np.concatenate([value for _, _, _, value in figures]),
    }
    pq.write_table(to_table(columns), folder / "kpis.parquet", compression="zstd")


def answer(scenario: Scenario, world: World) -> dict[str, Any]:
    """Return the right answer and how it was made; `causes` is empty for natural fluctuation."""
    domain: Domain = world.domain
    readers = {
        column: [spec.node for spec in domain.readers(column)]
        for column in (*domain.columns, *domain.outputs)
        if domain.readers(column)
    }
    return {
        "name": scenario.name,
        "table": domain.name,
        "incident": {"node": scenario.node, "metric": scenario.metric},
        "causes": [asdict(truth) for truth in scenario.truths(domain)],
        "onset": [utc(world.moment(fault.extent.onset)) for fault in scenario.faults],
        "ramp_days": [fault.extent.ramp for fault in scenario.faults],
        "share": [fault.extent.share for fault in scenario.faults],
        "readers": readers,
    }
