"""Second moments of one-hot features, and the inverses that a ridge regression on them needs.

Rows are counted by pairs of bins rather than multiplied out: each row is in one bin of each column, so a pair of
columns costs one addition a row, where the product of the one-hot matrices costs bins x bins.

References
----------
Hoerl and Kennard, "Ridge regression", Technometrics 12(1), 1970; Boyd and Vandenberghe, "Convex Optimization", 2004,
A.5.5 (the inverse of a part of a matrix).
"""

from functools import cached_property

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri

from schemas.evidence import FloatArray, IntArray

RIDGE = 5.0
"""Penalty in rows: an effect seen in five rows is halved."""


class Moments:
    """Centred second moments over some rows.

    Parameters
    ----------
    gram
        (F, F) sums over the rows of the products of the centred features.
    """

    def __init__(self, gram: FloatArray) -> None:
        self.gram = gram

    @classmethod
    def of(cls, index: IntArray, start: IntArray, mean: FloatArray) -> "Moments":
        """Return the moments of the rows with some features (N, C), blocks `start` (C + 1,), means (F,)."""
        return cls(_pairs(index, start) - len(index) * np.outer(mean, mean))

    @cached_property
    def ridged(self) -> FloatArray:
        """Return (F, F) the moments plus the ridge: the system's matrix."""
        return self.gram + RIDGE * np.eye(len(self.gram))

    @cached_property
    def inverse(self) -> FloatArray:
        """Return (F, F) the inverse of the system."""
        if not len(self.gram):
            return self.gram
        lower = np.tril(dpotri(self.factor, lower=1)[0])
        return np.asarray(lower + np.tril(lower, -1).T)

    @cached_property
    def factor(self) -> FloatArray:
        """Return (F, F) whose lower triangle is the system's Cholesky factor: the ridge makes it positive definite."""
        return np.asarray(cholesky(self.ridged, lower=True, check_finite=False))

    def solve(self, right: FloatArray) -> FloatArray:
        """Return (F, K) what the system maps to `right`, (F, K)."""
        return np.asarray(cho_solve((self.factor, True), right, check_finite=False))

    def without(self, features: IntArray) -> FloatArray:
        """Return (F, F) the inverse of the system without some features (S,), zero in their rows and columns."""
        if not len(features):
            return self.inverse
        across = self.inverse[:, features]
        # the inverse of a part of a positive definite matrix is one itself
        half = solve_triangular(cholesky(across[features], lower=True), across.T, lower=True)
        out = self.inverse - half.T @ half
        out[features] = 0.0
        out[:, features] = 0.0
        return np.asarray(out)


def _pairs(index: IntArray, start: IntArray) -> FloatArray:
    """Return (F, F) the number of rows that are in both of two features."""
    features = int(start[-1])
    counts = np.zeros((features, features))
    for c, (first, after) in enumerate(zip(start[:-1].tolist(), start[1:].tolist(), strict=True)):
        cell = (index[:, c, None] - first) * features + index[:, c:]
        found = np.bincount(cell.ravel(), minlength=(after - first) * features).reshape(after - first, features)
        counts[first:after, first:] = found[:, first:]
        counts[first:, first:after] = found[:, first:].T
    return counts
