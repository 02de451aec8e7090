"""Make one case: draw until somebody would notice the symptom, then write bundle and right answer."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.incidents.draw import DRAWS
from benchmarks.incidents.draw.distractors import draw_distractors
from benchmarks.incidents.draw.evidence import draw_evidence, draw_unlabelled
from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.draw.two_roots import draw_pair
from benchmarks.incidents.faults.labels import Unlabelled
from benchmarks.incidents.job import Job
from benchmarks.incidents.noticed import SKEW, Seen, Worlds, fluctuation, noticed
from benchmarks.incidents.tables import DOMAINS, cascade_of
from rca.demo.bundle import write_world
from rca.demo.cascade import Cascade
from rca.demo.domain import Domain
from rca.demo.scenario import Evidence, Scenario
from rca.demo.services import SERVICES
from rca.demo.simulate import simulate
from rca.demo.world import Effect, Fault, World
from schemas.incident import LATENCY_METRICS

ATTEMPTS = 80
ROWS = (6000, 9000, 14_000, 20_000, 28_000, 40_000)
OFTEN = (0.2, 0.25, 0.25, 0.15, 0.1, 0.05)
"""How often a case has so many requests."""


def luck_of(job: Job, attempt: int) -> Luck:
    """Return the dice of one attempt."""
    rng = np.random.default_rng([job.seed, job.number, attempt, sum(map(ord, job.table))])
    cascade = cascade_of(job.table, shuffled=job.family == SKEW)
    return Luck(cascade, rng, label_delay=float(rng.choice([0.0, 1.0, 2.0])))


def draw_faults(job: Job, luck: Luck, attempt: int) -> tuple[Fault, ...] | None:
    """Return the faults of one attempt, None where the system has no place for what was drawn."""
    if job.family == "no_fault":
        return ()
    if job.family == "two_roots":
        return draw_pair(luck, DRAWS)
    mechanisms = DRAWS[job.family]
    wanted = job.mechanism if attempt < ATTEMPTS // 4 else None
    fault = mechanisms[wanted or luck.one_of([*mechanisms])](luck)
    return (fault,) if fault else None


def draw_scenario(job: Job, luck: Luck, faults: tuple[Fault, ...]) -> tuple[Scenario, float]:
    """Return a scenario whose symptom is still open, and its onset in days before the end."""
    truths = [fault.cause(luck.domain) for fault in faults]
    onset = max((fault.extent.onset for fault in faults), default=luck.label_delay + luck.between(1.2, 5.0))
    silent: tuple[Effect, ...] = draw_unlabelled(luck, truths, onset)
    scenario = Scenario(
        job.name,
        node=luck.final.node,
        metric="",
        faults=faults,
        distractors=(*(draw_distractors(luck, onset, truths) if job.distractors else ()), *silent),
        days=round(luck.between(24, 45), 2),
        evidence=draw_evidence(luck, truths, full=not job.distractors),
    )
    return scenario, onset


def prepared(cascade: Cascade, faults: tuple[Fault, ...]) -> Cascade:
    """Return the models as they are when some faults lie in their training."""
    for fault in faults:
        prepare = getattr(fault, "prepare", None)
        cascade = prepare(cascade) if prepare else cascade
    return cascade


def symptoms_in(scenario: Scenario, luck: Luck, onset: float, seed: int, rows: int) -> tuple[World, list[Seen]]:
    """Simulate a scenario; return its world and the symptoms that somebody would report."""
    delay = luck.label_delay
    cascade = prepared(luck.cascade, scenario.faults)
    world = simulate(cascade, scenario, seed, rows)
    silent = tuple(effect for effect in scenario.distractors if isinstance(effect, Unlabelled))
    bare = simulate(cascade, replace(scenario, distractors=silent), seed, rows)
    if not scenario.faults:
        return world, fluctuation(world, bare, onset, delay, luck)
    calm = simulate(luck.cascade, scenario.without_faults(), seed, rows)
    alone = [replace(scenario, faults=(fault,)) for fault in scenario.faults] if len(scenario.faults) > 1 else []
    only = tuple(simulate(luck.cascade, one, seed, rows) for one in alone)
    return world, noticed(Worlds(world, calm, bare, only), scenario.faults, delay)


def in_evidence(choice: Seen, scenario: Scenario, domain: Domain) -> bool:
    """Return whether the bundle carries what a symptom is read from."""
    node, metric, _ = choice
    kept = scenario.evidence
    if node in SERVICES and metric in LATENCY_METRICS:
        return kept.traces > 0 or (kept.resources and kept.latency_kpis)
    return kept.upstream_log or node not in {spec.node for spec in domain.models[:-1]}


def make_case(job: Job) -> str:
    """Write one case; return what happened in words. The same job gives the same case."""
    begin = time.perf_counter()
    for attempt in range(ATTEMPTS):
        luck = luck_of(job, attempt)
        rows = int(luck.rng.choice(ROWS, p=OFTEN))
        faults = draw_faults(job, luck, attempt)
        if faults is None:
            continue
        scenario, onset = draw_scenario(job, luck, faults)
        seed = job.seed + 1000 * job.number + attempt
        world, choices = symptoms_in(scenario, luck, onset, seed, rows)
        choices = [choice for choice in choices if in_evidence(choice, scenario, luck.domain)]
        if choices:
            said, truth = write_case(scenario, world, luck, choices, job.folder)
            note_down(truth, scenario, job, {"attempts": attempt + 1, "rows": rows, "seed": seed})
            return f"{said}, draw {attempt + 1}, {time.perf_counter() - begin:.1f} s"
    return f"{job.name} {job.family}: nothing noticeable in {ATTEMPTS} draws"


def write_case(scenario: Scenario, world: World, luck: Luck, choices: list[Seen], folder: Path) -> tuple[str, Path]:
    """Write the case with one of the noticed symptoms; return it in words, and where its right answer is."""
    node, metric, z = luck.one_of(choices)
    direction = ("up" if z > 0 else "down") if luck.chance(0.5) else None
    scenario = replace(scenario, node=node, metric=metric, direction=direction)
    path = write_world(folder, scenario, world)
    causes = [f"{t.family}/{t.mechanism} {t.node}:{t.subject}" for t in scenario.truths(world.domain)]
    return f"{scenario.name} {' + '.join(causes) or 'no fault'} seen in {node}.{metric} (z {z:.1f})", path


def in_words(effect: Effect) -> str:
    """Return an effect and its parameters on one line."""
    return repr(effect)


def loggers(domain: Domain) -> dict[str, list[str]]:
    """Return segment column -> the nodes on which a changed mix of it may be laid: its producer and the models."""
    models = [spec.node for spec in domain.models]
    return {name: [domain.producer(name), *models] for name in domain.segments}


def note_down(truth: Path, scenario: Scenario, job: Job, made: dict[str, Any]) -> None:
    """Add to the right answer how the case was made: what was injected, how strong, and what else happened."""
    known = json.loads(truth.read_text(encoding="utf-8"))
    start = scenario.start_day + "T00:00:00Z"  # of a fault that has always been there, the first row is the onset
    known |= {
        "readers": loggers(DOMAINS[job.table]) | known["readers"],
        "onset": [max(onset, start) for onset in known["onset"]],
        "family": job.family,
        "injected": [in_words(fault) for fault in scenario.faults],
        "distractors": [in_words(effect) for effect in scenario.distractors],
        "level": "distractors" if job.distractors else "quiet",
        "days": scenario.days,
        "evidence": asdict(scenario.evidence) if isinstance(scenario.evidence, Evidence) else {},
        **made,
    }
    truth.write_text(json.dumps(known, indent=1), encoding="utf-8")
