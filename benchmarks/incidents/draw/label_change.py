"""Draw labels that mean something else.

Decidable: a guideline is announced, or the labels of another model with the same outcome stay
(the logs contradict each other); a switched source is always announced; a delay shows in
`label_ts`; new class names show in the labels.
"""

import numpy as np

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.label_delay import LabelDelay
from benchmarks.incidents.faults.labels import Guideline, LabelSource, LabelVocabulary
from benchmarks.incidents.faults.slices import Slice
from rca.demo.extent import Extent
from rca.demo.world import Fault


def shares_target(luck: Luck) -> bool:
    """Return whether another model has labels of the same outcome."""
    return any(spec.target == luck.final.target for spec in luck.domain.models[:-1])


def guideline(luck: Luck) -> Fault | None:
    """Return a moved threshold, or labels of one kind given another class."""
    node, outcome = luck.final.node, luck.cascade.pool[luck.final.target]
    announced = luck.chance(0.8) or not shares_target(luck)
    extent = luck.extent(ramp=0.1, sliced=0.0, share=luck.between(0.5, 1.0))
    if luck.final.task == "regression":
        cap = float(np.nanquantile(outcome, luck.between(0.5, 0.85)))
        return Guideline(node, None, cap, cap, extent, announced)
    where = luck.condition(set(), 0.25, 0.7)
    classes = np.unique(outcome).tolist()
    old, new = (classes[i] for i in luck.rng.permutation(len(classes))[:2])
    return Guideline(node, Slice((where,)) if where else None, old, new, extent, announced)


def delay(luck: Luck) -> Fault | None:
    """Return labels of one kind that come days later."""
    outcome, days = luck.cascade.pool[luck.final.target], luck.between(3.0, 8.0)
    extent = Extent(onset=luck.label_delay + luck.between(2.0, 6.0), share=luck.between(0.7, 1.0))
    if luck.final.task == "regression":
        return LabelDelay(luck.final.node, float(np.nanquantile(outcome, 0.6)), days, extent)
    classes = np.unique(outcome).tolist()
    counted = 0.0 if luck.final.task == "binary" and luck.chance(0.5) else None
    return LabelDelay(luck.final.node, 1.0 if counted is not None else luck.one_of(classes), days, extent, counted)


def vocabulary(luck: Luck) -> Fault | None:
    """Return classes renamed or merged; only named classes can be."""
    if luck.final.task != "multiclass":
        return guideline(luck)
    classes = luck.rng.permutation(np.unique(luck.cascade.pool[luck.final.target].astype(str)))
    extent, announced = luck.extent(ramp=0.0, sliced=0.0), luck.chance(0.6)
    if luck.chance(0.5):
        return LabelVocabulary(luck.final.node, (str(classes[0]),), f"{classes[0]}_v2", "renamed", extent, announced)
    return LabelVocabulary(luck.final.node, (str(classes[0]),), str(classes[1]), "merged", extent, True)


def source(luck: Luck) -> Fault | None:
    """Return labels from another source."""
    factor = luck.one_of((0.6, 0.8, 1.25, 1.6))
    share = 1.0 if luck.final.task == "regression" else luck.between(0.3, 0.8)
    return LabelSource(luck.final.node, luck.extent(ramp=0.0, sliced=0.0, share=share), factor)


MECHANISMS = {"guideline": guideline, "delay": delay, "vocabulary": vocabulary, "source": source}
