"""Whether the outcomes in a slice follow another rule, or only no longer follow the old one.

Outcomes that moved one way, or that turned against what the baseline expects of them, are drift that is confined to
the slice: P(y | x) moved there. Outcomes that merely became unpredictable say nothing new about the inputs.
"""

import math

import numpy as np

from candidates.measures.influence import clip
from candidates.measures.outcome import Outcomes
from candidates.measures.outcome_change import outcome_looks
from candidates.measures.predicates import Slice
from candidates.measures.slices import selected
from schemas.evidence import BoolArray, Evidence

FEWEST = 20
DOUBTED, BELIEVED = 2.5, 4.0
"""Standard errors from which another rule is suspected, and from which it is believed."""


def another_rule(evidence: Evidence, node: str, where: Slice) -> float:
    """Return how surely the outcomes of a model follow another rule within a slice, [0, 1]; 0 without labels."""
    model, looks = evidence.models.get(node), outcome_looks(evidence, node)
    if model is None or model.rows is None or not looks:
        return 0.0
    found = looks[0]
    inside = selected(where, model.columns, model.rows)[found.rows]
    before, since = found.held_out & inside, found.after & found.known & inside
    if min(before.sum(), since.sum()) < FEWEST:
        return 0.0
    sign = max(_offset(found, inside), _turned(found, before, since))
    return clip((sign - DOUBTED) / (BELIEVED - DOUBTED))


def _offset(found: Outcomes, inside: BoolArray) -> float:
    """Return by how many standard errors the outcomes moved beside their expectation, more than the other rows'."""
    moved, variance = [], []
    for where in (inside, ~inside):
        sides = [found.residual[side & where] for side in (found.held_out, found.after & found.known)]
        if min(map(len, sides)) >= FEWEST:
            moved.append(sides[1].mean(axis=0) - sides[0].mean(axis=0))
            variance.append(sum(side.var(axis=0) / len(side) for side in sides))
    beyond = moved[0] - moved[1] if len(moved) > 1 else moved[0]
    return float(np.abs(beyond / np.sqrt(np.maximum(sum(variance), 1e-18))).max())


def _turned(found: Outcomes, before: BoolArray, since: BoolArray) -> float:
    """Return by how many standard errors the outcomes of some rows go against their expectation, and did not before.

    What the stand-in never told of these rows says nothing.
    """
    (was, doubt), (now, error) = (_slope(found, which) for which in (before, since))
    return min(-now / max(error, 1e-12), (was - now) / max(math.hypot(doubt, error), 1e-12)) if was > 0 else 0.0


def _slope(found: Outcomes, which: BoolArray) -> tuple[float, float]:
    """Return the slope of the outcome on its expectation over some rows, and its standard error."""
    k = int(found.expected[which].var(axis=0).argmax())
    x, y = (side[which, k] - side[which, k].mean() for side in (found.expected, found.truth))
    mass = max(float((x**2).sum()), 1e-12)
    slope = float((x * y).sum()) / mass
    return slope, float(np.sqrt((x**2 * (y - slope * x) ** 2).sum())) / mass
