"""Draw another mix of segments or of classes."""

import numpy as np

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.draw.related import has_twin
from benchmarks.incidents.faults.mix import PriorShift, SegmentMix
from rca.demo.world import Fault


def segment_mix(luck: Luck) -> Fault | None:
    """Return more of one segment; the number of requests stays, so that it is no loss of rows."""
    found = luck.segment(0.02, 0.5)
    if found is None or has_twin(luck.cascade, found[0]):
        return None
    return SegmentMix(*found, luck.extent(sliced=0.0, share=luck.between(0.4, 0.9), ramp=0.4))


def prior(luck: Luck) -> Fault | None:
    """Return more of one class, or of large outcomes."""
    outcome = luck.cascade.pool[luck.final.target]
    extent = luck.extent(sliced=0.0, share=luck.between(0.25, 0.7), ramp=0.4)
    if luck.final.task == "regression":
        return PriorShift(luck.final.target, float(np.nanquantile(outcome, luck.between(0.7, 0.9))), extent)
    return PriorShift(luck.final.target, luck.one_of(np.unique(outcome).tolist()), extent)


MECHANISMS = {"segment_mix": segment_mix, "prior": prior}
