"""Columns whose shift is borne out by others: real rows were chosen otherwise, no value was changed.

A changed unit or encoding moves its own column only: among rows alike in it nothing else is explained, and nothing
else explains it. Where rows were chosen by a value, all that belongs to it moves along and is as before among its
equals. Whatever the shape of the new distribution looks like, its values are then right.
"""

import numpy as np

from candidates.measures.answered import is_answer
from candidates.measures.diagnosis import MAX_DRIFTED, MOVED, diagnose
from candidates.measures.outcome import LABEL, label_position, label_shares
from candidates.measures.standing import standing
from schemas.evidence import Evidence

CLEAR = 6.0
"""Standard errors by which a column must have moved to bear another out."""


def borne_out(evidence: Evidence, node: str) -> frozenset[str]:
    """Return the input columns of a model whose shift other inputs, or the outcome, bear out; computed once."""
    return evidence.once(("borne_out", node), lambda: _borne_out(evidence, node))


def _borne_out(evidence: Evidence, node: str) -> frozenset[str]:
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    if model is None or model.rows is None or diagnosis is None:
        return frozenset()
    rows = model.rows
    moved = [
        c
        for c in diagnosis.columns.values()
        if len(c.keys) == 1 and c.shift.strength >= MOVED / 2 and not is_answer(evidence, node, c.column)
    ]
    moved.sort(key=lambda c: (-c.shift.divergence, c.column))
    keys = {c.column: c.keys[0] for c in moved[:MAX_DRIFTED]}
    bins, after = {key: rows.bins[key] for key in keys.values()}, rows.after
    sizes = {key: len(model.columns[key].roles) for key in bins}
    place, size = label_position(rows, model.node.task or "regression")
    if label_shares(place, size, after)[2] > CLEAR:
        known = place >= 0
        bins = {key: values[known] for key, values in bins.items()} | {LABEL: place[known]}
        sizes, after = sizes | {LABEL: size}, after[known]
    if len(bins) < 2:
        return frozenset()
    found = standing(bins, sizes, after, list(bins))
    clear = found.whole > CLEAR
    follows = found.carried & clear[:, None] & clear[None, :]
    agreed = np.asarray(follows.any(axis=0) | follows.any(axis=1))
    return frozenset(name for name, fine in zip(keys, agreed, strict=False) if fine)
