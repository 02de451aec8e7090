"""Whether the target moved more near the onset than it does anyway over stretches as long of its baseline.

A metric that dips now and then by itself looks significant against the spread of its quiet times. Held against the
baseline's own stretches a dip of the usual size is no symptom, and nothing explains it.
"""

import numpy as np

from candidates.measures.flow import Flows, flows
from candidates.measures.matched_filter import floor_of_flow, past_of
from schemas.evidence import Evidence, FloatArray

USUAL = 0.95
"""Share of the baseline's stretches that move less than what is called usual."""

UNKNOWN = 2.0
"""What a baseline too short to tell is taken to say: that the movement is unusual, as whoever complains thinks."""


def beyond_usual(evidence: Evidence) -> float:
    """Return the target's movement near the onset as a multiple of the usual: what comes and goes, or its level.

    `UNKNOWN` where the baseline is too short to tell; 0 without flows.
    """
    return evidence.once("beyond usual", lambda: _beyond_usual(flows(evidence)))


def _beyond_usual(found: Flows | None) -> float:
    if found is None:
        return 0.0
    rows = found.rows(found.target)
    past = past_of(found.target.amount[found.healthy], rows[0], len(rows) - 1)[:, 1:]
    if past.shape[1] != len(rows) - 1:
        return UNKNOWN
    floor, now = floor_of_flow(found.target, rows[0]), rows[1:] - rows[0]
    return max(_ratio(now.std(), past.std(axis=1), floor), _ratio(now.mean(), past.mean(axis=1), floor))


def _ratio(now: float, past: FloatArray, floor: float) -> float:
    return float(now / max(float(np.quantile(np.abs(past), USUAL)), floor))
