"""A toy system of three models: classes, then a value from them and a vector, then a decision."""

from dataclasses import dataclass

import duckdb
import numpy as np

from rca.demo.bundle import write_bundle
from rca.demo.domain import Domain, ModelSpec
from rca.demo.extent import Extent
from rca.demo.scenario import Evidence, Scenario
from rca.demo.simulate import simulate
from rca.demo.world import Stage, Truth, World

ROWS = 2500
NOW = Extent(5.0)
KINDS = ("large", "medium", "small")


def load():
    rng = np.random.default_rng(0)
    n = 6000
    size, vector = rng.lognormal(3, 0.5, n), rng.normal(size=(n, 3))
    kind = np.array(KINDS, dtype=object)[np.searchsorted([-25.0, -15.0], -size)]
    value = size + 5 * vector[:, 0] + 8 * (kind == "small")
    return {
        "size": size * rng.lognormal(0, 0.1, n),
        "vector": vector,
        "area": rng.choice(["north", "south"], n).astype(object),
        "kind": kind,
        "value": value,
        "bad": (value + rng.normal(0, 4, n) > 25).astype(float),
    }


KIND = ModelSpec("kinds", "multiclass", "kind", ("size",), "a", "kind_guess", rounds=10)
VALUE = ModelSpec("values", "regression", "value", ("kind_guess", "size", "vector"), "b", "value_guess", rounds=30)
BAD = ModelSpec("bads", "binary", "bad", ("value_guess", "kind_guess"), "c", rounds=15)
THREE = Domain(
    name="three",
    load=load,
    sources={"feed": ("size",), "embedder": ("vector", "area")},
    models=(KIND, VALUE, BAD),
    segments=("area",),
    cost_kpi="cost",
    rate_kpi="rate",
)


@dataclass(frozen=True)
class Injected:
    """Whatever a test wants to do to a world."""

    stage: Stage
    act: object
    extent: Extent = NOW
    node: str = ""

    def apply(self, world: World) -> None:
        self.act(world, world.touched(self.extent, "injected"))

    def cause(self, domain: Domain) -> Truth:
        return Truth("data_quality", domain.final.node, None, "injected")


def scenario(*faults, evidence: Evidence | None = None) -> Scenario:
    return Scenario("s", "bads", "auc", faults=faults, days=20, evidence=evidence or Evidence(traces=300))


def run(cascade, *faults, evidence=None) -> World:
    return simulate(cascade, scenario(*faults, evidence=evidence), 3, ROWS)


def write(tmp_path, cascade, *faults, evidence=None):
    folder = tmp_path / "bundle"
    write_bundle(folder, scenario(*faults, evidence=evidence), cascade, seed=3, rows=ROWS)
    return folder


def query(sql: str, *paths) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(sql, [str(path) for path in paths]).fetchall()


def read(folder, node: str, columns: str, where: str = "split = 'production'") -> list[tuple]:
    sql = f"SELECT {columns} FROM read_parquet(?, union_by_name = true) WHERE {where}"
    return query(sql, folder / "predictions" / node / "*.parquet")
