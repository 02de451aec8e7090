"""How far each bucket's value can be trusted: the series itself tells whether it varies by sampling or by itself."""

import numpy as np

from schemas.evidence import FloatArray

RATIOS = np.geomspace(1 / 64, 256, 15)
"""Variance of a bucket by itself, per sampling variance of one of typical size; 1 is `changepoint.precision`."""

WIDTH = 2.0
"""Standard deviation of what is expected of that ratio beforehand, around 1, in natural log units."""

FEWEST = 12
"""Buckets below which their sizes' share in the spread cannot be learned."""


def trust(residual: FloatArray, rows: FloatArray) -> FloatArray:
    """Return how much each bucket's value can be trusted (T,), mean 1: inversely to its variance.

    A bucket's variance is its own plus that of sampling, which falls with its rows: a random-effects model
    (DerSimonian & Laird, 1986). The ratio of the two is the most likely one under Laplace errors, which wild
    values move little.

    Parameters
    ----------
    residual
        (T,) finite values around their level.
    rows
        (T,) rows behind them, positive.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = np.tile([10.0, 1000.0], 100)
    >>> sampled, own = (trust(rng.standard_normal(200) / s, rows) for s in (np.sqrt(rows), 1.0))
    >>> bool(sampled[1] > 8 * sampled[0]), bool(own[1] < 2 * own[0])
    (True, True)
    """
    if residual.size == 0:
        return np.ones(0)
    sampling = np.median(rows) / np.maximum(rows, 1e-12)
    scale = np.sqrt(RATIOS[:, None] + sampling[None, :])
    away = np.maximum(np.mean(np.abs(residual) / scale, axis=1), 1e-300)
    fit = -residual.size * np.log(away) - np.log(scale).sum(axis=1) - 0.5 * (np.log(RATIOS) / WIDTH) ** 2
    ratio = RATIOS[int(fit.argmax())] if residual.size >= FEWEST else 1.0
    weight = 1 / (ratio + sampling)
    return np.asarray(weight / weight.mean())
