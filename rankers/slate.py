"""One incident as numbers: a row of evidence per candidate, and the heuristic's log-odds to start from.

Nothing here names a family: a family that was never seen is described by the same columns as all others, so that what
was learned of evidence holds for it too. Columns that only some families fill are NaN for the rest.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rankers import heuristic
from rankers.proposed import Proposed
from rankers.roots import pairs_of, rivals
from schemas.candidate import Candidate

Numbers = NDArray[np.float64]

EVIDENCE = ("share", "strength", "specificity", "timing", "blame", "coincident_change")
"""What the heuristic weighs (`heuristic.ranking_features`)."""

RAW = ("raw_strength", "raw_specificity", "alignment", "whole_node", "onset_known")
"""The same before a small share discounts it, and whether the cause has a subject and a known onset."""

CONTEXT = (
    "lead",
    "lead_of_place",
    "lead_of_family",
    "share_behind",
    "of_its_family",
    "candidates",
    "doubt",
    "prior",
)
"""How a candidate stands among the others: log-odds ahead of the best other one, of the best other reading of the same
anomaly, of the best other one of its family (`NO_OTHER` ahead of nobody); how much less than the largest share
it explains; how many there are of its family, and in all; the symptom's doubtfulness; its family's prior."""

NO_OTHER = 12.0
"""Log-odds ahead of nobody."""


@dataclass(frozen=True, slots=True)
class Slate:
    """One incident's hypotheses.

    Parameters
    ----------
    keys
        (K,) each candidate's (family, node, subject).
    columns
        Name -> (K,) numbers, NaN where a candidate has none.
    alone
        (K,) the heuristic's log-odds of each as the only cause.
    pairs
        (P, 2) which of them may be causes together.
    together
        (P,) what a pair's log-odds has beyond the sum of the two.
    none
        The heuristic's log-odds of none of them.
    """

    keys: tuple[tuple[str, str, str | None], ...]
    columns: Mapping[str, Numbers]
    alone: Numbers
    pairs: NDArray[np.int64]
    together: Numbers
    none: float

    def matrix(self, names: Sequence[str]) -> Numbers:
        """Return (K, F) of the named columns; one that no candidate has is NaN."""
        out = np.full((len(self.keys), len(names)), np.nan)
        for place, name in enumerate(names):
            if name in self.columns:
                out[:, place] = self.columns[name]
        return out


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan


def _best_other(scores: Numbers, same: NDArray[np.bool_]) -> Numbers:
    """Return (K,) log-odds ahead of the best other candidate of those that `same`, (K, K), admits."""
    others = np.where(same & ~np.eye(len(scores), dtype=bool), scores[None, :], -np.inf)
    best = others.max(axis=1, initial=-np.inf)
    return np.clip(np.where(np.isfinite(best), scores - best, NO_OTHER), -NO_OTHER, NO_OTHER)


def _context(candidates: Sequence[Candidate], alone: Numbers, shares: Numbers, doubt: float) -> dict[str, Numbers]:
    k = len(candidates)
    everyone = np.ones((k, k), dtype=bool)
    place = np.array([[rivals(one, other) for other in candidates] for one in candidates], dtype=bool).reshape(k, k)
    names = np.array([c.family for c in candidates], dtype=object)
    family = (names[:, None] == names[None, :]).reshape(k, k)
    priors = [heuristic.PRIORS.get(c.family, heuristic.DEFAULT_PRIOR) for c in candidates]
    return {
        "lead": _best_other(alone, everyone),
        "lead_of_place": _best_other(alone, place),
        "lead_of_family": _best_other(alone, family),
        "share_behind": shares.max(initial=0.0) - shares,
        "of_its_family": family.sum(axis=1).astype(np.float64),
        "candidates": np.full(k, float(k)),
        "doubt": np.full(k, doubt),
        "prior": np.array(priors, dtype=np.float64),
    }


def _raw(candidates: Sequence[Candidate]) -> dict[str, Numbers]:
    return {
        "raw_strength": np.array(
            [math.log1p(max(0.0, c.strength)) if math.isfinite(c.strength) else 0.0 for c in candidates]
        ),
        "raw_specificity": np.array([_finite(c.specificity) for c in candidates]),
        "whole_node": np.array([float(c.subject is None) for c in candidates]),
        "onset_known": np.array([float("alignment" in c.features) for c in candidates]),
    }


def _told(candidates: Sequence[Candidate]) -> dict[str, Numbers]:
    """Return the features that the families gave, by name."""
    names = sorted({name for c in candidates for name in c.features})
    return {name: np.array([_finite(c.features.get(name, math.nan)) for c in candidates]) for name in names}


def slate_of(proposed: Proposed) -> Slate:
    """Return an incident's candidates as numbers, in their order."""
    candidates = list(proposed.candidates)
    weighed = [heuristic.ranking_features(c, b) for c, b in zip(candidates, proposed.blame, strict=True)]
    alone = np.array([heuristic.log_odds(c.family, f) for c, f in zip(candidates, weighed, strict=True)])
    shares = np.array([f["share"] for f in weighed])
    pairs = pairs_of(candidates, list(alone))
    seen = heuristic.seen_in_requests(c.features for c in candidates)
    evidence = {name: np.array([f[name] for f in weighed]) for name in EVIDENCE}
    context = _context(candidates, alone, shares, heuristic.doubtfulness(proposed.p_value))
    return Slate(
        keys=tuple(c.key for c in candidates),
        columns=_told(candidates) | evidence | _raw(candidates) | context,
        alone=alone,
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        together=np.array([heuristic.beyond_the_sum(shares[i], shares[j]) for i, j in pairs]),
        none=heuristic.none_log_odds(proposed.p_value, seen),
    )


def told_names(slates: Iterable[Slate], at_least: int = 1) -> tuple[str, ...]:
    """Return the columns that only some families fill and that at least so many candidates have, sorted."""
    own = {*EVIDENCE, *RAW, *CONTEXT}
    counts: dict[str, int] = {}
    for slate in slates:
        for name, values in slate.columns.items():
            if name not in own:
                counts[name] = counts.get(name, 0) + int(np.isfinite(values).sum())
    return tuple(sorted(name for name, count in counts.items() if count >= at_least))
