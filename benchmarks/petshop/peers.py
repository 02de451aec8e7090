"""Simple published rankings on the same rows: the target's metric and statistic of every node, harm upwards.

References
----------
Li et al., KDD 2022 (NSigma, mean and standard deviation; CIRCA, residuals of a regression on the parents, here without
its adjustment); Pham et al., "BARO: Robust Root Cause
Analysis for Microservices via Multivariate Bayesian Online Change Point Detection", FSE 2024 (its scorer: median and
interquartile range); Hardt et al., CLeaR 2024 (traversal of anomalous nodes, and correlation of the anomalous ones with
the target, among the baselines of the data set).
"""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.petshop.cases import Issue
from schemas.evidence import FloatArray

FLOOR = 1e-3
"""Smallest spread, as a share of the level: baselines without variance make every twitch infinite."""

ANOMALOUS = 5.0
"""Spreads from which a node is anomalous in traversal and correlation."""

Peer = Callable[[Issue], list[str]]


def rows(issue: Issue) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return node -> normal and abnormal values of the target's metric and statistic, harm upwards, gaps left out."""
    sign = -1.0 if issue.target[1] == "availability" else 1.0
    found = {}
    for node in issue.nodes:
        key = (node, *issue.target[1:])
        sides = [table.value.get(key) for table in (issue.normal, issue.abnormal)]
        kept = [sign * side[np.isfinite(side)] for side in sides if side is not None]
        if all(side.size for side in kept) and len(kept) == len(sides):
            found[node] = (kept[0], kept[1])
    return found


def scores(issue: Issue, centre: Callable[..., float], spread: Callable[[FloatArray], float]) -> dict[str, float]:
    """Return node -> its largest rise above a centre, in spreads."""
    return {
        node: float((new.max() - centre(old)) / max(spread(old), FLOOR * abs(centre(old)), 1e-12))
        for node, (old, new) in rows(issue).items()
    }


def _iqr(value: FloatArray) -> float:
    return float(np.subtract(*np.percentile(value, (75, 25))))


def _ordered(score: Mapping[str, float]) -> list[str]:
    return sorted(score, key=lambda node: (-score[node], node))


def n_sigma(issue: Issue) -> list[str]:
    """Mean and standard deviation of the normal rows."""
    return _ordered(scores(issue, np.mean, lambda old: float(old.std())))


def robust(issue: Issue) -> list[str]:
    """Median and interquartile range of the normal rows."""
    return _ordered(scores(issue, np.median, _iqr))


def traversal(issue: Issue) -> list[str]:
    """Anomalous nodes that anomalous nodes reach from the target, those with no anomalous callee first."""
    score = scores(issue, np.median, _iqr)
    odd = {node for node, value in score.items() if value >= ANOMALOUS}
    callees: dict[str, set[str]] = {}
    for caller, callee in issue.calls:
        callees.setdefault(caller, set()).add(callee)
    seen, queue = {issue.target[0]}, [issue.target[0]]
    while queue:
        for callee in sorted(callees.get(queue.pop(), set()) & odd - seen):
            seen.add(callee)
            queue.append(callee)
    return sorted(seen, key=lambda node: (bool(callees.get(node, set()) & odd), -score.get(node, 0.0), node))


def correlation(issue: Issue) -> list[str]:
    """Anomalous nodes by their correlation with the target inside the abnormal rows."""
    score = scores(issue, np.median, _iqr)
    key = issue.target
    target = issue.abnormal.value[key]
    found: dict[str, float] = {}
    for node, value in score.items():
        own = issue.abnormal.value[node, key[1], key[2]]
        known = np.isfinite(own) & np.isfinite(target)
        if node == key[0] or value < ANOMALOUS or known.sum() < 3 or np.ptp(own[known]) * np.ptp(target[known]) == 0:  # noqa: PLR2004
            continue
        found[node] = float(np.corrcoef(own[known], target[known])[0, 1])
    return _ordered(found)


def residual(issue: Issue) -> list[str]:
    """Largest residual of a linear regression on the callees, learned on the normal rows, in standard deviations."""
    sign = -1.0 if issue.target[1] == "availability" else 1.0

    def filled(node: str) -> tuple[FloatArray, FloatArray]:
        old, new = (
            sign * table.value[node, issue.target[1], issue.target[2]] for table in (issue.normal, issue.abnormal)
        )
        usual = float(np.nanmedian(old))
        return np.nan_to_num(old - usual), np.nan_to_num(new - usual)

    known = {node: filled(node) for node in rows(issue)}
    found = {}
    for node, (old, new) in known.items():
        callees = [known[b] for a, b in issue.calls if a == node and b in known and b != node]
        if callees:
            then, now = (np.stack([side[i] for side in callees], axis=1) for i in (0, 1))
            slope = np.linalg.lstsq(then, old, rcond=None)[0]
            old, new = old - then @ slope, new - now @ slope  # noqa: PLW2901
        found[node] = float((new - old.mean()).max() / max(float(old.std()), FLOOR))
    return _ordered(found)


PEERS: Mapping[str, Peer] = {
    "NSigma": n_sigma,
    "median and IQR": robust,
    "residual given callees": residual,
    "anomaly traversal": traversal,
    "ranked correlation": correlation,
}
