"""A small made-up system with a cascade of two models, for tests of faults."""

import numpy as np

from rca.demo.domain import Domain, ModelSpec
from rca.demo.scenario import Scenario
from rca.demo.simulate import simulate

ROWS = 3000
ONSET = 5.0


def load():
    rng = np.random.default_rng(0)
    n = 8000
    size, age = rng.lognormal(3, 0.5, n), rng.uniform(18, 80, n)
    weight = size * rng.normal(2, 0.2, n)
    colour = rng.choice(["Red", "Blue", "Green"], n, p=[0.5, 0.3, 0.2]).astype(object)
    area = rng.choice(["north", "south"], n, p=[0.6, 0.4]).astype(object)
    logit = 2 * np.log(size / 20) + (age - 45) / 20 + 2 * (colour == "Red")
    return {
        "size": size,
        "weight": weight,
        "age": age,
        "colour": colour,
        "area": area,
        "noise": rng.normal(size=n).round(3),
        "build": rng.choice(["a-1", "a-2", "b-7"], n).astype(object),
        "bad": (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float),
    }


DOMAIN = Domain(
    name="toy",
    load=load,
    sources={"feed": ("size", "colour", "weight"), "profile": ("age", "area"), "log": ("noise", "build")},
    models=(
        ModelSpec("sizer", "binary", "bad", ("size", "weight"), "a", output="size_score", rounds=15),
        ModelSpec("decider", "binary", "bad", ("size_score", "age", "colour", "noise", "build"), "b", rounds=15),
    ),
    segments=("area",),
    cost_kpi="cost",
    rate_kpi="rate",
)


def run(cascade, *effects, rows=ROWS):
    """Return the world after some effects, and which of its requests come after the onset."""
    scenario = Scenario("s", "decider", "auc", distractors=effects, days=20)
    world = simulate(cascade, scenario, 3, rows)
    return world, world.ts >= world.moment(ONSET)
