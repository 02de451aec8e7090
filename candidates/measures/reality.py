"""How real the symptom is: what is concluded from its having moved is worth no more than that it did."""

import math

from schemas.evidence import Symptom

SURE = 0.001
"""Chance of natural fluctuation up to which the symptom is taken as real."""


def reality(symptom: Symptom) -> float:
    """Return how real the symptom is, [0, 1]: 1 up to p = 0.001, 0.67 at 0.01, 0.33 at 0.1, 0 at 1 or unknown."""
    p = min(1.0, symptom.p_value) if math.isfinite(symptom.p_value) else 1.0
    return 1.0 if p <= SURE else math.log(p) / math.log(SURE)
