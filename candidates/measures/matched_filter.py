"""A component's contribution seen through the symptom's shape, against the same comparison over the baseline.

References
----------
Turin, "An introduction to matched filters", IRE Transactions on Information Theory 6(3), 1960. What the filter gives
at many places of the baseline stands for its distribution when nothing is wrong, however the series repeats itself.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from candidates.measures.flow import Flow, Flows
from candidates.measures.growth import MAX_Z
from candidates.measures.robust import lag_one, robust_scale
from schemas.evidence import FloatArray

FLOORS: Mapping[str, float] = {"errors": 0.002, "time": 0.0}
RELATIVE_FLOOR = 0.02
"""Smallest spread that is believed: of an error rate; of a latency, as a share of its level."""

POSITIONS, FEW_POSITIONS = 200, 20
"""Most places of the baseline at which the comparison is repeated, and the fewest that tell its spread."""

TAIL, TAIL_SD = 0.9, 1.645
"""Heavy tails: this quantile of the distances from the median counts as so many standard deviations."""


@dataclass(frozen=True, slots=True)
class Look:
    """A flow seen through the shape of the symptom.

    Parameters
    ----------
    rows
        (R,) the baseline's row and those near the onset, less the former.
    past
        (P, R) stretches of the baseline of the same form; (T, 1) single values of a baseline too short for them.
    floor
        Smallest spread that is believed, in the flow's unit.
    output, z, growth
        The filter's output now: in the flow's unit, in spreads of what it gave over the baseline, by the flow's level.
    """

    flow: Flow
    rows: FloatArray
    past: FloatArray
    floor: float
    output: float
    z: float
    growth: float


def seen_through(found: Flows, flow: Flow, unit: FloatArray) -> Look:
    """Return a flow seen through a shape (R,) of length one whose sum is 0."""
    rows = found.rows(flow)
    past = past_of(flow.amount[found.healthy], rows[0], len(rows) - 1)
    output, floor = float(unit @ (rows - rows[0])), floor_of_flow(flow, rows[0])
    growth = output / max(abs(float(rows[0])), floor)
    return Look(flow, rows - rows[0], past, floor, output, in_spreads(output, past, unit, floor), growth)


def floor_of_flow(flow: Flow, level: float) -> float:
    """Return the smallest spread to believe in, in the flow's unit."""
    return max(FLOORS[flow.kind] * flow.calls, RELATIVE_FLOOR * abs(level) if flow.kind == "time" else 0.0, 1e-12)


def past_of(usual: FloatArray, level: float, length: int) -> FloatArray:
    """Return (P, length + 1) stretches of the baseline less its level, a 0 first; (T, 1) where there are too few."""
    usual = np.where(np.isfinite(usual), usual - level, 0.0)
    places = usual.size - length + 1
    if places < FEW_POSITIONS:
        return usual[:, None]
    starts = np.unique(np.linspace(0, places - 1, POSITIONS).astype(np.int64))
    windows = np.lib.stride_tricks.sliding_window_view(usual, length)[starts]
    return np.concatenate([np.zeros((len(starts), 1)), windows], axis=1)


def in_spreads(output: float, past: FloatArray, unit: FloatArray, floor: float) -> float:
    """Return an output in robust spreads of the outputs over the baseline; a short one tells by its values alone."""
    if past.shape[1] == unit.size:
        outputs = past @ unit
        tail = float(np.quantile(np.abs(outputs - np.median(outputs)), TAIL)) / TAIL_SD
        spread = max(robust_scale(outputs), tail)
    else:
        value = past[:, 0]
        phi = lag_one(value - np.median(value)) if value.size else 0.0
        spread = robust_scale(value) * math.sqrt((1 + phi) / (1 - phi))
    return float(np.clip(output / max(spread, floor), -MAX_Z, MAX_Z))
