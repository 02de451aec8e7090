"""Whether a column says far more about the outcome in the training rows than in production.

A value recorded after the outcome is known (or made from it) predicts it in training and validation alike, and is no
better than chance, or absent, when the model is asked. The sign: the relation of this one column to the outcome is
gone in production while those of the others stayed.

References
----------
Kaufman, Rosset, Perlich and Stitelman, "Leakage in data mining: formulation, detection, and avoidance", ACM TKDD
6(4), 2012.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.beyond_others import Beyond, beyond_others
from candidates.measures.outcome import FEWEST, labelled, truth_of
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence, Rows

PRIOR_ROWS = 5.0
TELLING = 0.005
"""Share of the outcome's variance from which a column says something about it."""
OUTSTANDING = 0.2
"""Share of the outcome's variance from which a column may be telling still, and yet have told too much."""
CLEAR = 4.0
NARROWEST = 0.2
"""A column keeps at least so much of its variance: one that is constant now cannot be asked."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A column's relation to the outcome.

    Parameters
    ----------
    told
        Share of the outcome's variance that it tells in the training rows, out of sample, [0, 1].
    lost
        Share of the relation that is gone in production, while those of the other columns stayed, [0, 1].
    z
        How surely, in standard errors.
    alone
        How far it is the only column to lose its relation, [0, 1]: where several do, the outcome itself changed.
    shuffled
        Share of the training rows that must be shuffled to tell as little as in production; None: what is lost.
    """

    told: float
    lost: float
    z: float
    alone: float = 1.0
    shuffled: float | None = None

    @property
    def mixed(self) -> float:
        """Return the share of the training rows whose values must be shuffled to tell as little, [0, 1]."""
        return self.lost if self.shuffled is None else self.shuffled


def relations(model: ModelEvidence, rows: Rows, broken: Collection[str] = ()) -> dict[str, Relation]:
    """Return key -> relation to the outcome, of the columns that say something of it in the baseline's rows.

    Parameters
    ----------
    broken
        Keys of columns whose values are plainly wrong: no witnesses of what the others tell.
    """
    chosen = labelled(rows)
    after = rows.after[chosen]
    if min(after.sum(), (~after).sum()) < FEWEST:
        return {}
    truth = truth_of(rows.label[chosen], model.node.task or "regression")
    fit = ~after & (np.cumsum(~after) % 2 == 0)
    found = {}
    for key in sorted(k for k in rows.bins if k in model.columns):
        sides = _gains(rows.bins[key][chosen], len(model.columns[key].roles), truth, (fit, ~after & ~fit, after))
        if sides[0] > TELLING:
            found[key] = sides
    each = {key: _relation(key, found) for key in found}
    each = {key: replace(relation, alone=_alone(key, each)) for key, relation in each.items()}
    kept = [key for key, relation in each.items() if relation.lost == 0 and relation.told > OUTSTANDING]
    noisier = beyond_others(model, rows, kept, broken)
    return each | {key: _noisier(each[key], noisier[key]) for key in noisier}


def _noisier(relation: Relation, beyond: Beyond) -> Relation:
    """Return the relation of a column that tells the outcome as steeply as before, yet less surely."""
    # a shuffled row is off by its own variance and that of the one it is taken for
    mixed = min(beyond.noise / (2 * relation.told), 1.0)
    return replace(relation, lost=beyond.lost, z=beyond.z, alone=1.0, shuffled=mixed)


def _alone(key: str, each: dict[str, Relation]) -> float:
    own = max(each[key].told, TELLING)
    return max(0.0, 1 - sum(other.lost * min(other.told / own, 1.0) for k, other in each.items() if k != key))


def _gains(
    place: IntArray, size: int, truth: FloatArray, parts: tuple[BoolArray, BoolArray, BoolArray]
) -> tuple[float, float, float, float, float]:
    """Return (told, gain before, its error, gain since, its error) of a column's mean outcomes, per their variance."""
    fit, base, window = parts
    count = np.bincount(place[fit], minlength=size)
    centre = truth[fit].mean(axis=0)
    total = np.stack([np.bincount(place[fit], truth[fit, k], size) for k in range(truth.shape[1])], axis=1)
    mean = (total + PRIOR_ROWS * centre) / (count + PRIOR_ROWS)[:, None]
    usual = max(float(mean[place[base]].var(axis=0).sum()), 1e-12)
    out: list[float] = []
    for side in (base, window):
        said, true = mean[place[side]], truth[side]
        said, true = said - said.mean(axis=0), true - true.mean(axis=0)
        # how much nearer to the outcome the column's own mean is than the mean of all: it must fit in shape as well
        product = (true**2 - (true - said) ** 2).sum(axis=1)
        variance = max(float(said.var(axis=0).sum()), NARROWEST * usual)
        out.extend((float(product.mean()) / variance, float(product.std()) / np.sqrt(len(product)) / variance))
    told = out[0] * usual / max(float(truth[base].var(axis=0).sum()), 1e-12)
    return told, out[0], out[1], out[2], out[3]


def _relation(key: str, found: dict[str, tuple[float, float, float, float, float]]) -> Relation:
    told, before, error, since, error_since = found[key]
    kept = {k: max(now, 0.0) / was for k, (_, was, _, now, _) in found.items() if was > 0}
    others = [(found[k][0], share) for k, share in kept.items() if k != key]
    stayed = _weighted_median(others) if others else 1.0
    expected = before * min(stayed, 1.0)
    z = (expected - since) / max(float(np.hypot(error * min(stayed, 1.0), error_since)), 1e-9)
    lost = float(np.clip(1 - max(since, 0.0) / max(expected, 1e-9), 0, 1))
    return Relation(min(told, 1.0), lost if z > CLEAR and stayed > NARROWEST else 0.0, max(z, 0.0))


def _weighted_median(pairs: list[tuple[float, float]]) -> float:
    """Return the median of the second numbers, weighted by the first."""
    ordered = sorted(pairs, key=lambda pair: pair[1])
    weight = np.cumsum([w for w, _ in ordered])
    return ordered[int(np.searchsorted(weight, weight[-1] / 2))][1]
