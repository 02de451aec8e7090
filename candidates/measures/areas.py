"""The area under the ROC curve of weighted rows, as counted and as expected.

References
----------
Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
Radiology 143(1), 1982 (the area is the share of pairs in the right order, ties counting half).
"""

import numpy as np

from schemas.evidence import BoolArray, FloatArray


def area(score: FloatArray, positive: BoolArray, weight: FloatArray) -> float:
    """Return the area; NaN when one of the two classes weighs nothing."""
    order = np.argsort(score, kind="stable")
    score, positive, w = score[order], positive[order], weight[order]
    group = np.concatenate([[0], np.cumsum(score[1:] != score[:-1])])
    groups = int(group[-1]) + 1
    pos = np.bincount(group, w * positive, groups)
    neg = np.bincount(group, w * ~positive, groups)
    if pos.sum() <= 0 or neg.sum() <= 0:
        return float("nan")
    below = np.cumsum(neg) - neg
    return float((pos * (below + neg / 2)).sum() / (pos.sum() * neg.sum()))


def expected_area(score: FloatArray, weight: FloatArray) -> float:
    """Return the area if each row is positive with the probability that it says."""
    p = np.clip(score, 0, 1)
    ones = np.ones(len(p), dtype=bool)
    return area(np.concatenate([p, p]), np.concatenate([ones, ~ones]), np.concatenate([weight * p, weight * (1 - p)]))
