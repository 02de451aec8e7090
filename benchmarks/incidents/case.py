"""Make one case: draw until somebody would notice the symptom, then write bundle and right answer."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.incidents.draw import DRAWS, Luck, draw_distractors, draw_evidence
from benchmarks.incidents.tables import ADAPTERS
from rca.demo.bundle import write_world
from rca.demo.cascade import Cascade, train
from rca.demo.domain import Domain
from rca.demo.scenario import Scenario
from rca.demo.services import API
from rca.demo.simulate import simulate
from rca.demo.symptoms import metrics_of, move_of
from rca.demo.world import Fault, World

NOTICED = 3.0
"""A symptom moves by at least so many of its healthy day-to-day standard deviations."""

INNOCENT_SHARE = 0.3
"""The innocent effects alone may make at most this share of the symptom."""

ATTEMPTS = 80
STILL_CALM = 2.1
"""A natural fluctuation moves by less than so many of its day-to-day standard deviations."""


@lru_cache(maxsize=8)
def cascade_of(table: str, tables: Path) -> Cascade:
    """Return the trained models of a table, once per process."""
    return train(ADAPTERS[table](tables))


def symptoms_of(domain: Domain, family: str, subject: str | None) -> list[tuple[str, str]]:
    """Return the (node, metric) pairs in which a family's fault may be reported."""
    down = [(domain.downstream.node, metric) for metric in metrics_of(domain.downstream)]
    kpis = [(domain.cost_kpi, "cost_per_request"), (domain.rate_kpi, "share_accepted")]
    if family == "latency_component":
        return [(API, "latency_p95")]
    if family == "downstream_change":
        return kpis
    if family == "model_change":
        return down
    reads = subject is not None and subject in domain.upstream.inputs
    up = [(domain.upstream.node, metric) for metric in metrics_of(domain.upstream)] if reads else []
    return [*down, *down, *up, *kpis]


WORSE = {"auc": -1, "accuracy": -1, "logloss": 1, "brier": 1, "mae": 1, "rmse": 1, "cost_per_request": 1}
"""Which way is worse; nobody reports an improvement. Other metrics may move either way."""


Seen = tuple[str, str, float]
"""A symptom: node, metric, and how far it moved in healthy day-to-day standard deviations."""


def noticed(faulty: World, calm: World, fault: Fault, delay: float) -> list[Seen]:
    """Return the symptoms that moved clearly, for the worse, and because of the fault."""
    domain, truth, found = faulty.domain, fault.cause(faulty.domain), []
    span = {"onset": fault.extent.onset, "label_delay": delay, "settled": fault.extent.ramp}
    for node, metric in dict.fromkeys(symptoms_of(domain, truth.family, truth.subject)):
        move, innocent = (move_of(world, node, metric, **span) for world in (faulty, calm))
        because = abs(innocent.after - innocent.before) < INNOCENT_SHARE * abs(move.after - move.before)
        if because and abs(move.z) >= NOTICED and move.z * WORSE.get(metric, move.z) > 0:
            found.append((node, metric, move.z))
    return found


def fluctuation(world: World, onset: float, delay: float, luck: Luck) -> list[Seen]:
    """Return symptoms that look unusual though nothing is wrong."""
    pairs = [*dict.fromkeys(symptoms_of(world.domain, "feature_drift", None)), (API, "latency_p95")]
    moves = [(node, metric, move_of(world, node, metric, onset=onset, label_delay=delay).z) for node, metric in pairs]
    calm = [move for move in moves if np.isfinite(move[2]) and abs(move[2]) < STILL_CALM]
    calm.sort(key=lambda move: -abs(move[2]))
    return calm[: max(1, len(calm) // 3)] if luck.chance(0.6) else calm


@dataclass(frozen=True)
class Job:
    """One case to make: `<out>/<table>/<table>-NNN/` and its right answer beside it."""

    table: str
    tables: Path
    out: Path
    number: int
    family: str
    seed: int

    @property
    def name(self) -> str:
        """Return the case's name, which says nothing about its cause."""
        return f"{self.table}-{self.number:03d}"

    def luck(self, attempt: int) -> Luck:
        """Return the dice of one attempt."""
        cascade = cascade_of(self.table, self.tables)
        return Luck(cascade, np.random.default_rng([self.seed, self.number, attempt, sum(map(ord, self.table))]))


def draw_scenario(job: Job, luck: Luck) -> tuple[Scenario, float]:
    """Return a scenario whose symptom is still open, and its onset in days before the end."""
    delay = float(luck.one_of((0.0, 1.0, 2.0)))
    fault = DRAWS[job.family](luck, delay) if job.family != "no_fault" else None
    onset = fault.extent.onset if fault else delay + luck.between(1.2, 5.0)
    scenario = Scenario(
        job.name,
        node=luck.cascade.domain.downstream.node,
        metric="",
        faults=(fault,) if fault else (),
        distractors=draw_distractors(luck, onset, fault),
        days=round(luck.between(26, 45), 2),
        evidence=draw_evidence(luck, job.family, delay, fault),
    )
    return scenario, onset


def make_case(job: Job) -> str:
    """Write one case; return what happened in words."""
    for attempt in range(ATTEMPTS):
        luck = job.luck(attempt)
        rows = int(luck.one_of((6000, 9000, 14_000, 20_000)))
        scenario, onset = draw_scenario(job, luck)
        seed, delay = job.seed + 1000 * job.number + attempt, scenario.evidence.label_delay
        world = simulate(luck.cascade, scenario, seed, rows)
        if scenario.faults:
            calm = simulate(luck.cascade, scenario.without_faults(), seed, rows)
            choices = noticed(world, calm, scenario.faults[0], delay)
        else:
            choices = fluctuation(world, onset, delay, luck)
        if not scenario.evidence.upstream_log:
            choices = [choice for choice in choices if choice[0] != world.domain.upstream.node]
        if choices:
            return write_case(scenario, world, luck, choices, job.out / job.table / job.name)
    return f"{job.name} {job.family}: nothing noticeable in {ATTEMPTS} draws"


def write_case(scenario: Scenario, world: World, luck: Luck, choices: list[Seen], folder: Path) -> str:
    """Write the case with one of the noticed symptoms."""
    node, metric, z = luck.one_of(choices)
    direction = ("up" if z > 0 else "down") if luck.chance(0.5) else None
    scenario = replace(scenario, node=node, metric=metric, direction=direction)
    write_world(folder, scenario, world)
    truth = scenario.truths(world.domain)
    said = f"{truth[0].family}/{truth[0].mechanism} {truth[0].node}:{truth[0].subject}" if truth else "no fault"
    return f"{scenario.name} {said} seen in {node}.{metric} (z {z:.1f})"
