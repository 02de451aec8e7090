"""How surely errors became more frequent, by their counts: three errors in some thousand requests are chance.

A rate says nothing of how many requests it is taken of: one failed request of five is a rate of 20%. Where rate and
requests of the same buckets multiply to whole numbers, these are the errors, and exact tests bound how far a rise may
be believed: the whole window's, and that of its clearest bucket, each taken for one of as many looks as there were.

References
----------
Przyborowski and Wilenski, "Homogeneity of results in testing samples from Poisson series", Biometrika 31, 1940.
"""

import math
from statistics import NormalDist

import numpy as np

from candidates.measures.clock import within
from candidates.measures.component_series import component_series, kind_of, load_at
from candidates.measures.growth import MAX_Z
from schemas.evidence import Evidence, FloatArray, Series

WHOLE = 0.02
"""Distance from a whole number that rounding of a recorded rate makes."""

ALIKE = 0.95
"""Share of the buckets with errors whose counts must come out whole."""

MANY = 20_000
"""From so many errors on, no bound is needed: chance is the least of what they vary by."""

PERCENT = 1.5
"""Availabilities beyond this are given in percent."""

LEAST_P = 1e-300
OF_ERRORS = frozenset({"errors", "availability"})


def tail_of_counts(errors: int, before: int, share: float) -> float:
    """Return P(at least so many of all errors fall into the window) when its requests are this share of all."""
    if errors <= 0:
        return 1.0
    total = errors + before
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total + 1)))])
    k = np.arange(errors, total + 1)
    p = min(max(share, 1e-12), 1 - 1e-12)
    log = factorial[total] - factorial[k] - factorial[total - k] + k * math.log(p) + (total - k) * math.log1p(-p)
    return float(min(np.exp(log).sum(), 1.0))


def counts_of(series: Series, requests: Series | None) -> tuple[FloatArray, FloatArray] | None:
    """Return the errors and the requests (T,) of each bucket; None where they cannot be told from the record."""
    kind = kind_of(series.metric)
    if kind not in OF_ERRORS:
        return None
    known = np.isfinite(series.value)
    value = series.value
    if kind == "availability":
        full = 100.0 if np.nanmax(value, initial=0.0) > PERCENT else 1.0
        value = (full - value) / full
    value = np.where(known, value, 0.0)
    if requests is None or value.max(initial=0.0) > 1.0 or value.min(initial=0.0) < 0.0:
        return None
    load = np.where(known, np.nan_to_num(load_at(series, requests)), 0.0)
    errors, some = value * load, value > 0
    whole = (np.abs(errors - np.round(errors)) <= WHOLE) & (np.round(errors) >= 1)
    if not some.any() or whole[some].mean() < ALIKE:
        return None
    return np.round(errors), load


def surest(evidence: Evidence, series: Series, requests: Series | None) -> float:
    """Return how many standard deviations a rise of errors is worth at most, given their counts; infinite if unknown.

    Corrected for the number of components whose errors are looked at, for the buckets of the window, and for looking
    at both the window and its buckets.
    """
    found = counts_of(series, requests)
    if found is None:
        return math.inf
    errors, load = found
    old, new = (within(series.ts, period) for period in (evidence.symptom.baseline, evidence.symptom.window))
    new &= load > 0
    before, since = int(errors[old].sum()), int(errors[new].sum())
    served = float(load[old].sum())
    if served <= 0 or before + since > MANY:
        return math.inf
    looks = sum(kind_of(metric) in OF_ERRORS for _, metric in component_series(evidence))
    whole = tail_of_counts(since, before, float(load[new].sum()) / (served + float(load[new].sum())))
    single = [
        tail_of_counts(int(k), before, n / (served + n)) for k, n in zip(errors[new], load[new], strict=True) if k
    ]
    p = 2 * max(looks, 1) * min(whole, min(single, default=1.0) * int(new.sum()))
    return 0.0 if p >= 0.5 else min(-NormalDist().inv_cdf(max(p, LEAST_P)), MAX_Z)
