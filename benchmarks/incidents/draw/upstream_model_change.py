"""Draw an upstream model whose output changes, by version or by configuration."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.meaning import OtherMeaning
from rca.demo.domain import ModelSpec
from rca.demo.faults import UpstreamOutput
from rca.demo.world import Fault

KEYS = {"rescaled": "output.scale", "shifted": "output.offset", "flipped": "output.order"}
VERSIONS = ("7.3.0", "8.0.0")


def upstream_of(luck: Luck) -> ModelSpec | None:
    """Return a model whose output another one reads, if there is one."""
    models = [spec for spec in luck.domain.models[:-1] if spec.output is not None]
    return luck.one_of(models) if models else None


def changed_output(luck: Luck, *, by_version: bool) -> Fault | None:
    """Return an output that is rescaled, shifted or flipped; a class's probabilities change places instead."""
    spec = upstream_of(luck)
    if spec is None or spec.task == "multiclass":
        return spec and other_meaning(luck)
    how = luck.one_of(("rescaled", "shifted", "flipped"))
    amount = luck.one_of((0.3, 0.5, 1.5, 2.0)) if how == "rescaled" else luck.one_of((-1.5, -1.0, 1.0, 1.5))
    if by_version:
        return UpstreamOutput(spec.node, how, luck.extent(sliced=0.0), amount, version=luck.one_of(VERSIONS))
    return UpstreamOutput(spec.node, how, luck.extent(sliced=0.0, ramp=0.0), amount, key=KEYS[how])


def other_meaning(luck: Luck) -> Fault | None:
    """Return a retrain whose output looks as before and says something else."""
    spec = upstream_of(luck)
    if spec is None:
        return None
    kept = luck.rng.permutation(spec.inputs)[: len(spec.inputs) // 3]
    extent = luck.extent(sliced=0.0, ramp=0.2)
    return OtherMeaning(spec.node, luck.one_of(VERSIONS), tuple(str(name) for name in kept), extent)


MECHANISMS = {
    "version": lambda luck: changed_output(luck, by_version=True),
    "configuration": lambda luck: changed_output(luck, by_version=False),
    "other_meaning": other_meaning,
}
