"""Bin edges of a numeric column from a sample of its reference."""

import math

import numpy as np
from numpy.typing import NDArray

BINS = 20
ATOM_SHARE = 0.05
MOST_INTEGERS = 40
"""An integer column with at most this many distinct values gets one bin per value."""


def numeric_edges(sample: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return ascending bin edges, the last one just above `high`.

    Parameters
    ----------
    sample
        (N,) values of the reference; what is not finite is left out.
    low, high
        The finite range over all reference rows, not only the sampled ones.

    Returns
    -------
    ndarray
        (B + 1,) edges of about 20 bins [left, right) holding like numbers of rows. A value that
        holds more than 5 % of the rows has a bin from itself to the next value seen.

    Examples
    --------
    >>> numeric_edges(np.array([0.0, 0.0, 1.0]), 0.0, 1.0).round(3).tolist()
    [0.0, 1.0, 1.0]
    """
    finite = sample[np.isfinite(sample)]
    values, counts = np.unique(finite, return_counts=True)
    inner = values
    if len(values) > MOST_INTEGERS or not np.array_equal(values, np.floor(values)):
        atom = counts > ATOM_SHARE * len(finite)
        after = values[1:][atom[:-1]]
        inner = np.concatenate([values[atom], after, _quantiles(finite, values[atom], len(finite))])
    top = math.nextafter(high, math.inf)
    inside = inner[(inner > low) & (inner < top)]
    return np.unique(np.concatenate([[low], inside, [high] if high in inner else [], [top]]))


def _quantiles(finite: NDArray[np.float64], atoms: NDArray[np.float64], total: int) -> NDArray[np.float64]:
    rest = finite[~np.isin(finite, atoms)]
    if not len(rest):
        return rest
    bins = max(1, round(BINS * len(rest) / total))
    return np.quantile(rest, np.arange(1, bins) / bins, method="higher")
