"""Draw settings, flags and infrastructure that change the answers; each is on record."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.decisions import DecisionThreshold
from benchmarks.incidents.faults.precision import Runtime
from rca.demo.faults import ScorerSetting
from rca.demo.world import Fault


def setting(luck: Luck) -> Fault | None:
    """Return a scorer with another calibration, a cap, or cached answers."""
    if luck.final.task == "multiclass":
        return runtime(luck)
    kind = luck.one_of(("temperature", "offset", "cap", "stale"))
    amount = {
        "temperature": luck.one_of((0.4, 1.8, 2.5, 4.0)),
        "offset": luck.one_of((-1.2, -0.7, 0.7, 1.2)),
        "cap": luck.between(0.5, 0.85),
        "stale": float(luck.one_of((50, 200, 800))),
    }[kind]
    extent = luck.extent(ramp=0.15, sliced=0.1, share=luck.one_of((1.0, 1.0, 0.7)))
    return ScorerSetting(luck.final.node, kind, amount, extent)


def threshold(luck: Luck) -> Fault | None:
    """Return decisions at another threshold."""
    if luck.final.task == "multiclass":
        return runtime(luck)
    return DecisionThreshold(luck.between(0.2, 0.9), luck.extent(ramp=0.0, sliced=0.0, labels=False))


def runtime(luck: Luck) -> Fault | None:
    """Return another runtime of the model: coarse numbers, mixed-up batches, a rule that answers for it."""
    how = luck.one_of(("coarse", "mixed", "fallback"))
    amount = float(luck.one_of((2, 3, 4)) if how == "coarse" else luck.one_of((1, 2, 7)))
    share = 1.0 if how == "coarse" else luck.between(0.3, 0.9)
    return Runtime(luck.final.node, how, amount, luck.extent(ramp=0.0, sliced=0.0, share=share))


MECHANISMS = {"setting": setting, "threshold": threshold, "runtime": runtime}
