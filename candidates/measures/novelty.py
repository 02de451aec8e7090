"""Values that the baseline says nothing about, and what the model makes of them, learned from the window."""

import numpy as np

from candidates.measures.links import softmax
from candidates.measures.sides import Side
from candidates.measures.surrogate import Surrogate, summed
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence

NEW_BIN_ROWS = 3
BURST = 5.0
"""Growth of a lumped bin from which its old rows say nothing of the new ones."""
MAX_NEW = 2_000
STEPS = 10
ELSEWHERE = 0.5
"""How far a new version's answers may lie elsewhere, in standard deviations of the answers."""
LUMPS_FROM = 0.01
"""Share of the window's rows from which a lumped bin's growth is looked at."""
HIGH, LOW = frozenset({"above", "plus_inf"}), frozenset({"below", "minus_inf"})


def fresh_bins(model: ModelEvidence, surrogate: Surrogate, base: Side, window: Side) -> BoolArray:
    """Return (F,) which bins hold values that the baseline says nothing about.

    Those it (almost) never saw; and bins that lump values together (unseen, out of range, null) when they
    hold many times the rows they used to: what is in them now is something else.
    """
    before, after = (_shares(side.index, len(surrogate.seen)) for side in (base, window))
    roles = [role for column in surrogate.columns for role in model.columns[column].roles]
    lumped = np.array([role not in {"range", "category"} for role in roles])
    return np.asarray((surrogate.seen < NEW_BIN_ROWS) | (lumped & (after > BURST * before) & (after > LUMPS_FROM)))


def new_versions(base: Side, window: Side) -> BoolArray:
    """Return (N,) which of the window's rows a version answered that had answered few rows, or none, before."""
    version, place, after = np.unique(window.version.astype(str), return_inverse=True, return_counts=True)
    before = (base.version.astype(str)[:, None] == version).sum(axis=0)
    return np.asarray((BURST * before / max(len(base.version), 1) < after / max(len(place), 1))[place])


def _shares(index: IntArray, features: int) -> FloatArray:
    return np.bincount(index.ravel(), minlength=features) / max(len(index), 1)


def complete_effects(
    model: ModelEvidence, surrogate: Surrogate, window: Side, fresh: BoolArray, *, scale: str, new_version: BoolArray
) -> FloatArray:
    """Return (F, K) effects with those of fresh bins estimated from the window's residuals.

    The prior of a fresh bin's effect is as wide as its column matters in the baseline, so of two
    columns broken at once the one that matters takes the blame; values beyond the range start
    from the outermost bin's effect, as in a tree.

    Parameters
    ----------
    scale
        Of the answers (`candidates.measures.answers`).
    new_version
        (N,) rows of the window that a version answered which is new: all its answers may lie elsewhere.
    """
    effect = _from_the_edge(model, surrogate, fresh)
    new = np.unique(window.index[fresh[window.index]])
    if not len(new) or len(new) > MAX_NEW:
        return effect
    owner = np.searchsorted(surrogate.start, new, side="right") - 1
    spread = float(np.sqrt((surrogate.importance**2).sum())) + 1e-9
    prior = 4 * surrogate.importance[owner] ** 2 + (0.01 * spread) ** 2
    prior = np.append(prior, [(0.2 * spread) ** 2, (ELSEWHERE * spread) ** 2])
    fit = surrogate.intercept + summed(effect, window.index)
    design = np.column_stack([_design(window.index, new, len(effect)), new_version])
    if scale == "votes":
        effect[new] += _of_votes(design, window.output, fit, prior / fit.shape[1])[: len(new)]
        return effect
    noise = max(surrogate.residual_sd, 1e-6) ** 2
    found = np.linalg.solve(design.T @ design / noise + np.diag(1 / prior), design.T @ (window.output - fit) / noise)
    effect[new] += found[: len(new)]
    return effect


def _design(index: IntArray, new: IntArray, features: int) -> FloatArray:
    """Return (N, M + 1) which of the fresh bins (M,) each row holds, and a constant."""
    slot = np.full(features, -1)
    slot[new] = np.arange(len(new))
    design = np.zeros((len(index), len(new) + 1))
    position = slot[index]
    row, column = np.nonzero(position >= 0)
    design[row, position[row, column]] = 1.0
    design[:, -1] = 1.0
    return design


def _of_votes(design: FloatArray, votes: FloatArray, fit: FloatArray, prior: FloatArray) -> FloatArray:
    """Return (M + 1, K) the most probable effects on log-odds, by bounded steps (see `vote_surrogate`)."""
    found = np.zeros((design.shape[1], votes.shape[1]))
    bound = np.linalg.inv(design.T @ design / 2 + np.diag(1 / prior))
    for _ in range(STEPS):
        left = votes - softmax(fit + design @ found)
        found += bound @ (design.T @ left - found / prior[:, None])
    return found


def _from_the_edge(model: ModelEvidence, surrogate: Surrogate, fresh: BoolArray) -> FloatArray:
    """Return (F, K) the effects, those of fresh bins beyond the range as of the outermost range."""
    effect = surrogate.effect.copy()
    for c, key in enumerate(surrogate.columns):
        roles = model.columns[key].roles
        ranges = [i for i, role in enumerate(roles) if role == "range"]
        first = int(surrogate.start[c])
        for i, role in enumerate(roles):
            if role in HIGH | LOW and ranges and fresh[first + i]:
                effect[first + i] = effect[first + (ranges[-1] if role in HIGH else ranges[0])]
    return effect
