"""Run a scenario: draw traffic, let the effects act stage by stage, let the real models score."""

import numpy as np

from rca.demo.cascade import Cascade
from rca.demo.extent import Extent, days
from rca.demo.scenario import Scenario
from rca.demo.services import own_times
from rca.demo.table import take
from rca.demo.traffic import arrival_times, pick_rows
from rca.demo.world import STAGES, Effect, Stage, World

UPSTREAM_VERSION, DOWNSTREAM_VERSION = "7.2.0", "3.4.1"
"""The versions in service before anything is deployed."""


def new_world(cascade: Cascade, scenario: Scenario, seed: int, rows: int) -> World:
    """Return a healthy stretch of traffic, before any effect."""
    start = np.datetime64(scenario.start_day, "us")
    end = start + days(scenario.days)
    rng = np.random.default_rng([seed, 2])
    ts = arrival_times(start, end, rows, rng)
    world = World(cascade.domain, cascade, seed, ts, start, end, pick_rows(cascade, ts, rng))
    world.versions = {
        "upstream": np.full(rows, UPSTREAM_VERSION, dtype=object),
        "downstream": np.full(rows, DOWNSTREAM_VERSION, dtype=object),
    }
    world.self_ms = own_times(cascade.domain, ts, world.rng("own times"))
    domain = cascade.domain
    world.kpi_factors = {node: np.ones(rows) for node in (domain.cost_kpi, domain.rate_kpi)}
    return world


def begins(effect: Effect) -> float:
    """Return a sort key by which the earliest effect comes first, so that a later version replaces it."""
    extent: Extent | None = getattr(effect, "extent", None)
    return -extent.onset if extent else 0.0


def simulate(cascade: Cascade, scenario: Scenario, seed: int, rows: int) -> World:
    """Return the world after the scenario; the same arguments give the same world."""
    world = new_world(cascade, scenario, seed, rows)
    domain = world.domain

    def act(stage: Stage) -> None:
        for effect in sorted((*scenario.faults, *scenario.distractors), key=begins):
            if effect.stage == stage:
                effect.apply(world)

    for stage in STAGES:
        if stage == "rows":
            world.columns = take(cascade.pool, world.picked)
        elif stage == "upstream":
            world.predictions["upstream"] = cascade.upstream.predict(world.columns)
        elif stage == "downstream":
            world.columns[domain.output] = world.predictions["upstream"].copy()
            world.predictions["downstream"] = cascade.downstream.predict(world.columns)
        act(stage)
    return world
