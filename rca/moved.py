"""Which evidence moved a cause's score, and how far: the heuristic's terms and what was learned, by column."""

import math

from rankers import heuristic, supervised
from rankers.model import Model
from rankers.proposed import Proposed
from rankers.words import SLIGHT, TWINS, said
from schemas.analysis import Moved

MOST = 6


def what_moved(model: Model, proposed: Proposed) -> list[tuple[Moved, ...]]:
    """Return for each candidate, in their order, the evidence that moved its log-odds most.

    Parameters
    ----------
    model
        The ranker; the heuristic is a model without trees.
    proposed
        What it ranked.
    """
    learned = supervised.explain(model, proposed) if model.stages else [[] for _ in proposed.candidates]
    out = []
    for candidate, blame, moves in zip(proposed.candidates, proposed.blame, learned, strict=True):
        weighed = heuristic.ranking_features(candidate, blame)
        prior = heuristic.PRIORS.get(candidate.family, heuristic.DEFAULT_PRIOR)
        value = weighed | {"prior": prior}
        by = {name: weight * weighed[name] for name, weight in heuristic.WEIGHTS.items()} | {"prior": prior}
        for move in moves:
            name = TWINS.get(move.name, move.name)
            by[name] = by.get(name, 0.0) + move.by
            value.setdefault(name, move.value)
        out.append(_largest(value, {name: model.sharpness * each for name, each in by.items()}))
    return out


def _largest(value: dict[str, float], by: dict[str, float]) -> tuple[Moved, ...]:
    names = sorted((name for name in by if abs(by[name]) >= SLIGHT), key=lambda name: (-abs(by[name]), name))
    return tuple(
        Moved(
            name=name,
            value=round(value[name], 6) if math.isfinite(value[name]) else None,
            by=round(by[name], 3),
            text=said(name, value[name], by[name]),
        )
        for name in names[:MOST]
    )
