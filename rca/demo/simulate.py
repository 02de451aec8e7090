"""Run a scenario: draw traffic, let the effects act stage by stage, let the real models score."""

import numpy as np

from rca.demo.cascade import Cascade, as_input
from rca.demo.domain import Domain
from rca.demo.extent import Extent, days
from rca.demo.resources import healthy_resources, resource_grid
from rca.demo.scenario import Evidence, Scenario
from rca.demo.services import base_errors, own_times
from rca.demo.table import take
from rca.demo.traffic import arrival_times, pick_rows
from rca.demo.world import STAGES, Effect, Stage, World

FINAL_VERSION, EARLIER_VERSIONS = "3.4.1", ("7.2.0", "5.1.3")
"""The versions in service before anything is deployed."""


def first_versions(domain: Domain) -> dict[str, str]:
    """Return node -> the version in service at the start of the log."""
    earlier = dict(zip((spec.node for spec in domain.models[:-1]), EARLIER_VERSIONS, strict=False))
    return earlier | {domain.final.node: FINAL_VERSION}


def new_world(cascade: Cascade, scenario: Scenario, seed: int, rows: int) -> World:
    """Return a healthy stretch of traffic, before any effect."""
    start = np.datetime64(scenario.start_day, "us")
    end = start + days(scenario.days)
    rng = np.random.default_rng([seed, 2])
    ts = arrival_times(start, end, rows, rng)
    world = World(cascade.domain, cascade, seed, ts, start, end, pick_rows(cascade, ts, rng))
    domain = cascade.domain
    world.versions = {node: np.full(rows, name, dtype=object) for node, name in first_versions(domain).items()}
    world.keep, world.copies = np.ones(rows, dtype=bool), np.zeros(rows, dtype=np.int64)
    world.label_delay_days = label_delays(world, scenario.evidence)
    world.self_ms = own_times(domain, ts, world.rng("own times"))
    world.calls = np.isfinite(world.self_ms).astype(np.int64)
    world.errors = base_errors(world.self_ms, world.rng("errors"))
    world.kpi_factors = {node: np.ones(rows) for node in (domain.cost_kpi, domain.rate_kpi)}
    world.grid = resource_grid(start, end, scenario.evidence)
    world.resources = healthy_resources(world)
    return world


def label_delays(world: World, evidence: Evidence) -> np.ndarray:
    """Return how many days each label takes, (N,): about the same for all where its time is logged, else exactly."""
    if not evidence.label_ts:
        return np.full(len(world.ts), evidence.label_delay)
    return evidence.label_delay * world.rng("label delay").uniform(0.7, 1.0, len(world.ts))


def begins(effect: Effect) -> float:
    """Return a sort key by which the earliest effect comes first, so that a later version replaces it."""
    extent: Extent | None = getattr(effect, "extent", None)
    return -extent.onset if extent else 0.0


def simulate(cascade: Cascade, scenario: Scenario, seed: int, rows: int) -> World:
    """Return the world after the scenario; the same arguments give the same world."""
    world = new_world(cascade, scenario, seed, rows)
    effects = sorted((*scenario.faults, *scenario.distractors), key=begins)
    for stage in STAGES:
        if stage == "rows":
            world.columns = take(cascade.pool, world.picked)
        elif stage == "labels":
            specs = world.domain.models
            world.labels = {spec.node: world.columns[spec.target].copy() for spec in specs if spec.task != "embedding"}
        if stage == "scores":
            score(world, effects)
        else:
            act(world, effects, stage)
    return world


def act(world: World, effects: list[Effect], stage: Stage, node: str | None = None) -> None:
    """Let the effects of a stage act; of the stage `scores`, those of one model."""
    for effect in effects:
        if effect.stage == stage and (node is None or getattr(effect, "node", None) == node):
            effect.apply(world)


def score(world: World, effects: list[Effect]) -> None:
    """Let every model score what arrives, the earlier ones' answers included."""
    for node, model in world.cascade.models.items():
        world.predictions[node] = model.predict(world.columns)
        act(world, effects, "scores", node)
        if model.spec.output is not None:
            world.columns[model.spec.output] = as_input(model, world.predictions[node])
