"""How surely own times grew when the traced baseline is too short to show how periods differ anyway.

One minute of traces cannot tell a fault from an afternoon that is a little slower than the morning. The growth of an
operation (in logarithms) is then held against two things learned from all operations together: how much spans of one
operation vary (a variance shrunk towards a generous typical one, so that one or two spans are enough to say
something), and how far the well-measured operations moved between the same two periods.

References
----------
Smyth, "Linear Models and Empirical Bayes Methods for Assessing Differential Expression", Stat. Appl. Genet. Mol.
Biol. 3(1), 2004 (shrunken variances); DerSimonian & Laird, Control. Clin. Trials 7, 1986 (variance between studies).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from candidates.measures.clock import within
from schemas.evidence import Evidence, LogTimes, OperationProfile, Window

Key = tuple[str, str]
PRIOR_TRACES = 4.0
"""As many traces as the typical variance counts for."""

TYPICAL = 0.75
"""Quantile of the operations' variances that counts as typical: rather too large than too small."""

KNOWN = 8
"""From so many traces in each period on, an operation teaches what is typical."""

LEAST_VARIANCE = 0.05
LEAST_BETWEEN = 0.1
"""Smallest standard deviation, in logarithms, of one operation between two healthy periods."""

LONG = 2.0
"""A baseline this many times as long as the window shows by itself how such periods differ, ..."""

HALF = 0.5
"""... if its traces cover as much of it."""

MIX = 0.35
"""Usual change of the logarithm of how often something is called, from one period to the next."""


def moderated(evidence: Evidence, profiles: Sequence[OperationProfile]) -> Mapping[Key, float]:
    """Return (service, operation) -> z of its growth, signed; empty where the baseline speaks for itself."""
    if not is_short(evidence, profiles):
        return {}
    logs = {(p.service, p.operation): p.logs for p in profiles if p.logs and min(p.logs.n_before, p.logs.n_after) > 0}
    known = [one for one in logs.values() if min(one.n_before, one.n_after) >= KNOWN]
    typical = float(np.quantile([one.var_before for one in known], TYPICAL)) if known else 1.0
    typical = max(typical, LEAST_VARIANCE)
    between = 1.4826 * float(np.median([abs(one.mean_after - one.mean_before) for one in known])) if known else 0.0
    return {key: _z(one, typical, max(between, LEAST_BETWEEN)) for key, one in logs.items()}


def is_short(evidence: Evidence, profiles: Sequence[OperationProfile]) -> bool:
    """Return whether the traced baseline is a moment rather than a period to learn from."""
    baseline, window = evidence.symptom.baseline, evidence.symptom.window
    if not profiles:
        return False
    enough = max(LONG * _covered(profiles, window), HALF * (baseline.end - baseline.start).total_seconds())
    return _covered(profiles, baseline) < enough


def _covered(profiles: Sequence[OperationProfile], period: Window) -> float:
    """Return from when to when a period has spans, seconds; at least one bucket."""
    ts = profiles[0].ts
    seen = within(ts, period) & (np.sum([p.n for p in profiles], axis=0) > 0)
    if not seen.any():
        return 0.0
    bucket = float(np.min(np.diff(ts)) / np.timedelta64(1, "s")) if len(ts) > 1 else 1.0
    return float((ts[seen][-1] - ts[seen][0]) / np.timedelta64(1, "s")) + bucket


def moderated_calls(before: float, after: float) -> float:
    """Return z of a growth from one count of calls to another, of as many requests: chance and another mix of them."""
    if min(before, after) <= 0:
        return math.inf
    return math.log(after / before) / math.sqrt(1 / before + 1 / after + MIX**2)


def _z(one: LogTimes, typical: float, between: float) -> float:
    """Return the growth in standard errors; the spread is the baseline's, which no fault has widened."""
    freedom = max(one.n_before - 1, 0)
    own = one.var_before if freedom and math.isfinite(one.var_before) else 0.0
    variance = (freedom * own + PRIOR_TRACES * typical) / (freedom + PRIOR_TRACES)
    error = math.sqrt(variance * (1 / one.n_before + 1 / one.n_after) + between**2)
    return (one.mean_after - one.mean_before) / error
