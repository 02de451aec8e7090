"""Whether a cluster is more than chance.

Two ways in which incidents that share a cause can be more than chance:

* *burst*: more of them fall into the last 90 days than the cause's own rate over all time leads to expect. Under the
  hypothesis that causes are dealt to incidents in any order alike, the number in the window is hypergeometric: the
  permutation test of Fisher, "The Logic of Inductive Inference", J. R. Stat. Soc. 98, 1935. The rate of incidents
  itself may change; only which causes they have is compared.
* *standing*: one cause returns more often than incidents spread evenly over the site's causes would. The number is
  binomial.

Both are given that the cause occurred once, for a cluster is looked at because it is there. Of the two p-values twice
the smaller counts (Bonferroni), and all clusters are adjusted together (Holm, "A Simple Sequentially Rejective Multiple
Test Procedure", Scand. J. Stat. 6, 1979).
"""

from collections.abc import Sequence

import numpy as np

SYSTEMIC = 0.05
"""Adjusted p-value below which a cluster is systemic."""


def burst(everything: int, alike: int, window: int, inside: int) -> float:
    """Return the chance that so many of those alike, or more, fall into the window, given that one does.

    Parameters
    ----------
    everything, alike
        Incidents over all time, and those of them that are alike.
    window, inside
        Incidents in the window, and those of them that are alike.

    Examples
    --------
    >>> burst(1000, 4, 50, 4) < 0.001
    True
    >>> burst(50, 4, 50, 4)
    1.0
    """
    total, marked, drawn, least = everything - 1, alike - 1, window - 1, inside - 1
    if least <= 0:
        return 1.0
    found = np.arange(least, min(marked, drawn) + 1)
    found = found[drawn - found <= total - marked]
    log = _choose(marked, found) + _choose(total - marked, drawn - found) - _choose(total, np.array([drawn]))
    return float(min(1.0, np.exp(log).sum()))


def standing(kinds: int, window: int, inside: int) -> float:
    """Return the chance that so many of a window's incidents, or more, are of one kind among many alike, given one.

    Examples
    --------
    >>> standing(20, 10, 4) < 0.01
    True
    >>> standing(1, 10, 10)
    1.0
    """
    from scipy.special import bdtrc  # noqa: PLC0415 - slow to import

    return float(bdtrc(inside - 2, window - 1, 1.0 / kinds)) if inside > 1 and kinds > 1 else 1.0


def holm(p_values: Sequence[float], tests: int) -> list[float]:
    """Return adjusted p-values in the order given.

    Parameters
    ----------
    tests
        How many were tested in all; those not given have p-values of 1.

    Examples
    --------
    >>> holm([0.04, 0.001], 4)
    [0.12, 0.004]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = np.maximum.accumulate(np.array(p_values)[order] * (tests - np.arange(len(p_values))))
    out = np.empty(len(p_values))
    out[order] = np.minimum(adjusted, 1.0)
    return [float(each) for each in out]


def _choose(n: int, k: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return the logarithms of binomial coefficients."""
    from scipy.special import gammaln  # noqa: PLC0415

    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
