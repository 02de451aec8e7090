"""Fit the heuristic's log-odds on the tables that may be tuned on: penalised maximum likelihood.

The likelihood is the ranker's own without pairs: one softmax per incident over its candidates and *none of these*; of
two roots either is right. `heuristic.SECOND` is not fitted here.
The penalty draws towards the weights in force, so few cases move little.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.incidents.score import known_of, right_of
from rankers import heuristic

NAMES = tuple(heuristic.WEIGHTS)
SPREAD = np.array([2.0, 1.0, 1.5, 1.0, 2.0, 1.0, 2.0, 2.0])
"""How far each weight, the base and the doubt may plausibly be from the ones in force."""

PENALTY = 0.01


@dataclass(frozen=True)
class Case:
    """One incident: (K, F) features and (K,) priors of its candidates, which are right, the doubt's factor."""

    features: Any
    prior: Any
    right: Any
    doubt: float
    faulty: bool


def read_case(folder: Path) -> Case:
    """Analyse one bundle, keeping every candidate however improbable."""
    import rca.analyse  # noqa: PLC0415 - a worker process needs it, the command line does not

    rca.analyse.MIN_CONFIDENCE = 0.0
    analysis = rca.analyse.analyse_bundle(folder)[0]
    known = known_of(folder)
    p = analysis.incident.significance
    seen = heuristic.seen_in_requests(c.features for c in analysis.causes)
    return Case(
        features=np.array([[c.features[n] for n in NAMES] for c in analysis.causes]).reshape(-1, len(NAMES)),
        prior=np.array([heuristic.PRIORS.get(c.family, heuristic.DEFAULT_PRIOR) for c in analysis.causes]),
        right=np.array(right_of(known, analysis, folder), dtype=bool),
        doubt=heuristic.doubtfulness(1.0 if p is None else p) * (1.0 - seen),
        faulty=bool(known["causes"]),
    )


def loss(weights: Any, cases: list[Case], start: Any) -> float:
    """Return the penalised mean negative log-likelihood."""
    total = 0.0
    for case in cases:
        scores = weights[-2] + case.features @ weights[: len(NAMES)] + case.prior
        none = heuristic.NONE + weights[-1] * case.doubt
        everything = np.logaddexp.reduce(np.append(scores, none))
        found = case.faulty and case.right.any()
        total += everything - (np.logaddexp.reduce(scores[case.right]) if found else none)
    return float(total / len(cases) + PENALTY * (((weights - start) / SPREAD) ** 2).sum())


def fit(out: Path, tables: list[str], jobs: int) -> None:
    """Fit on the cases of some tables and print the weights."""
    from scipy.optimize import minimize  # noqa: PLC0415 - only for fitting

    folders = [f for table in tables for f in sorted((out / table).glob("*")) if f.is_dir()]
    with ProcessPoolExecutor(jobs) as pool:
        cases = list(pool.map(read_case, folders))
    start = np.array([*heuristic.WEIGHTS.values(), heuristic.BASE, heuristic.DOUBT])
    bounds = [(0.2, 12.0)] * len(NAMES) + [(-12.0, -2.0), (0.5, 8.0)]
    found = minimize(loss, start, args=(cases, start), bounds=bounds, method="L-BFGS-B")
    for name, before, after in zip((*NAMES, "BASE", "DOUBT"), start, found.x, strict=True):
        print(f"{name:20} {before:6.2f} -> {after:6.2f}")
    print(f"{len(cases)} cases, loss {loss(start, cases, start):.4f} -> {found.fun:.4f}")
