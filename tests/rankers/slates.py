"""Made-up incidents to learn from: a number that the heuristic does not know tells which cause is right."""

import numpy as np

from rankers.labelled import Labelled
from rankers.proposed import Proposed
from rankers.slate import slate_of
from schemas.candidate import Candidate

FAMILIES = ("data_quality", "feature_drift", "model_change", "outliers")


def proposed(rng, size=5, *, telling=True, right=None):
    """Return an incident's candidates and which is right; its `hint` is high when `telling`."""
    right = int(rng.integers(size)) if right is None else right
    candidates = [
        Candidate(
            family=FAMILIES[int(rng.integers(len(FAMILIES)))],
            node=f"node-{place}",
            subject=f"column-{place}",
            impact=float(rng.uniform(0.2, 0.8)),
            strength=float(rng.uniform(3, 30)),
            specificity=float(rng.uniform(0.2, 0.9)),
            summary="s",
            explains=(("column", f"node-{place}", f"column-{place}"),),
            features={
                "alignment": float(rng.uniform(0, 1)),
                "coincident_change": 0.0,
                "hint": float(rng.normal(3.0 if telling and place == right else 0.0)),
            },
        )
        for place in range(size)
    ]
    return Proposed(candidates, [1.0] * size, 1e-9), right


def incident(seed, **options):
    """Return one labelled incident; without a right cause where `nothing`."""
    nothing = options.pop("nothing", False)
    seen, right = proposed(np.random.default_rng(seed), **options)
    is_right = np.arange(len(seen.candidates)) == (-1 if nothing else right)
    return Labelled(f"i{seed}", slate_of(seen), np.append(is_right, nothing), is_right)


def incidents(count, first=0, **options):
    """Return so many labelled incidents."""
    return [incident(first + k, **options) for k in range(count)]
