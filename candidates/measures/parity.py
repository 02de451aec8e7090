"""Whether serving answers as training did: the same inputs, logged offline and online, must have the same prediction.

Rows of the training log and of production with exactly equal inputs are compared one by one. Where there are too few
of them, the additive stand-in of the offline predictions is asked instead, column by column.

References
----------
Breck et al., "The ML test score", IEEE Big Data 2017 (test that training and serving compute the same features).
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.surrogate import Surrogate, fit_surrogate
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence, Rows

LUMPED = frozenset({"other", "unseen", "below", "above"})
EXACT = frozenset({"numeric", "boolean", "category"})
FEWEST_PAIRS = 20
DIFFERENT = 0.05
"""Difference of two predictions, in standard deviations of all of them, that rounding does not make."""


@dataclass(frozen=True, slots=True)
class Parity:
    """Inputs logged on both sides: how many (`pairs`), and the share of them whose predictions differ."""

    pairs: int
    differing: float
    usual: float

    @property
    def known(self) -> bool:
        """Return whether there are enough equal inputs to say anything."""
        return self.pairs >= FEWEST_PAIRS

    @property
    def broken(self) -> float:
        """Return the share of equal inputs answered otherwise, beyond what one side does by itself, [0, 1]."""
        return max(0.0, self.differing - self.usual) if self.known else 0.0


def inputs_of(model: ModelEvidence, rows: Rows) -> list[str]:
    """Return the keys of the model's own inputs."""
    segments = set(model.node.segments) - set(model.node.features or ())
    return sorted(k for k in rows.bins if k in model.columns and model.columns[k].column not in segments)


def check_parity(model: ModelEvidence, rows: Rows) -> Parity:
    """Return how the predictions of exactly equal inputs compare between baseline and window."""
    keys = inputs_of(model, rows)
    if not keys or any(model.columns[key].kind not in EXACT for key in keys):
        return Parity(0, 0.0, 0.0)
    group, exact = _groups(model, rows, keys)
    fine = exact & np.isfinite(rows.prediction)
    tolerance = DIFFERENT * max(float(rows.prediction[fine].std()), 1e-12) if fine.any() else 0.0
    size = int(group.max(initial=-1)) + 1
    first = [_first(group, fine & side, size) for side in (~rows.after, rows.after)]
    both = (first[0] >= 0) & (first[1] >= 0)
    pairs = np.abs(rows.prediction[first[0][both]] - rows.prediction[first[1][both]])
    base = np.flatnonzero(fine & ~rows.after)
    again = base[first[0][group[base]] != base]
    apart = np.abs(rows.prediction[again] - rows.prediction[first[0][group[again]]])
    usual = float((apart > tolerance).mean()) if len(apart) else 0.0
    return Parity(int(both.sum()), float((pairs > tolerance).mean()) if len(pairs) else 0.0, usual)


def _groups(model: ModelEvidence, rows: Rows, keys: list[str]) -> tuple[IntArray, BoolArray]:
    """Return (N,) numbers of equal inputs, and which rows are known exactly: no value lumped with others."""
    rng, code = np.random.default_rng(0), np.zeros(len(rows.after), dtype=np.int64)
    exact = np.ones(len(code), dtype=bool)
    for key in keys:
        profile, values = model.columns[key], rows.values.get(model.columns[key].column)
        weight = int(rng.integers(1, 2**62))
        if profile.kind == "numeric" and values is not None:
            # + 0.0 makes the two zeros one; a null is a value like any other
            place = np.where(np.isnan(values), np.inf, values + 0.0).view(np.int64)
        else:
            place = rows.bins[key]
            exact &= ~np.array([role in LUMPED for role in profile.roles], dtype=bool)[place]
        # integer products wrap around: a hash
        code = code * 31 + (place ^ (place >> 29)) * weight
    return np.unique(code, return_inverse=True)[1], exact


def _first(group: IntArray, chosen: BoolArray, size: int) -> IntArray:
    """Return (size,) the first chosen row of each group, -1 for none."""
    out = np.full(size, -1, dtype=np.int64)
    rows = np.flatnonzero(chosen)[::-1]
    out[group[rows]] = rows
    return out


def reread(surrogate: Surrogate, window: IntArray, output: FloatArray) -> dict[str, float]:
    """Return column key -> share of the function's change that is how this column is read, summing to at most 1.

    The stand-in is fitted to the window's answers as well; effects of bins that both sides know are compared.

    Parameters
    ----------
    window
        (M, C) feature numbers of the window's rows.
    output
        (M,) or (M, K) the window's answers on the link scale.
    """
    held = np.arange(len(output)) % 4 == 3
    served = fit_surrogate(window, surrogate.start, surrogate.columns, output, held)
    moved = np.zeros(len(surrogate.columns))
    noise = served.residual_sd**2 + surrogate.residual_sd**2
    for c in range(len(moved)):
        own = slice(int(surrogate.start[c]), int(surrogate.start[c + 1]))
        both = np.minimum(surrogate.seen[own], served.seen[own])
        if both.sum() <= 0:
            continue
        weight = both / both.sum()
        change = _by_output(served.effect[own]) - _by_output(surrogate.effect[own])
        change = change - weight @ change
        moved[c] = max(0.0, float((weight @ change**2).sum()) - 2 * noise * (both > 0).sum() / both.sum())
    total = float(moved.sum())
    return {key: float(m / total) for key, m in zip(surrogate.columns, moved, strict=True)} if total > 0 else {}


def _by_output(effect: FloatArray) -> FloatArray:
    """Return effects of bins as (B, K)."""
    return effect.reshape(len(effect), -1)
