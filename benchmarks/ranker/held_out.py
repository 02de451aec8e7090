"""How good the shipped ranker and the heuristic are on the held-out incidents: `python -m benchmarks.ranker.held_out`.

The pool keeps what the engine proposed (`benchmarks.ranker.collect`), so that ranking all of it anew takes seconds.
With two roots both must be found; a first cause is wrong as well where the right one was never proposed.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from benchmarks.ranker.curve import PLAIN
from benchmarks.ranker.pool import read_pool
from rankers.model import Model
from rankers.pretrained import pretrained
from rankers.pretrained.cases import Case
from rankers.quality import expected_calibration_error
from rankers.supervised import corrections, probabilities

Line = tuple[float, float, float, float]
"""Found first; among the first three; proposed at all; confidence of the first."""

RESAMPLES = 2000


def ranked(model: Model, case: Case) -> tuple[Line, bool]:
    """Return how one incident is answered, and whether some cause is at least as likely as none."""
    slate = case.slate
    p, none = probabilities(slate, corrections(model, slate), model.sharpness, model.none_shift)
    order, right, roots = np.argsort(-p, kind="stable"), np.array(case.right, dtype=bool), max(case.roots, 1)
    first, third = (float(right[order[: max(k, roots)]].sum()) / roots for k in (1, 3))
    top = float(p.max(initial=0.0))
    return (min(first, 1.0), min(third, 1.0), float(right.any()), top), bool(len(p)) and top >= none


def report(model: Model, cases: Sequence[Case]) -> None:
    """Print the figures of one ranker, all families together and each."""
    by_family: dict[str, list[Line]] = defaultdict(list)
    sure, true, alarms, calm = [], [], 0, 0
    for case in cases:
        line, alarm = ranked(model, case)
        sure.append(line[3])
        true.append(case.roots > 0 and line[0] >= 1 / case.roots)
        if case.roots:
            by_family[case.injected].append(line)
        else:
            calm, alarms = calm + 1, alarms + alarm
    every = np.array([line for lines in by_family.values() for line in lines])
    drawn = np.random.default_rng(0).integers(0, len(every), (RESAMPLES, len(every)))
    low, high = np.quantile(every[drawn].mean(axis=1)[:, :2], [0.025, 0.975], axis=0)
    ece = expected_calibration_error(np.array(sure), np.array(true))
    print(f"\n{model.version}: {len(every)} faults, ECE {ece:.3f}, false alarms {alarms} of {calm}\n")
    print("| | n | exact@1 | exact@3 | never proposed |\n|---|---|---|---|---|")
    for name, lines in [*sorted(by_family.items()), ("all", every.tolist())]:
        one, three, proposed, _ = np.mean(lines, axis=0)
        print(f"| {name} | {len(lines)} | {one:.2f} | {three:.2f} | {1 - proposed:.2f} |")
    print(f"\n95 % intervals of all: {low[0]:.3f} to {high[0]:.3f}, {low[1]:.3f} to {high[1]:.3f}")


def main() -> None:
    """Rank the pool's held-out incidents."""
    cases = [case for case in read_pool() if case.half == "held-out"]
    for model in (pretrained(), PLAIN):
        report(model, cases)


if __name__ == "__main__":
    main()
