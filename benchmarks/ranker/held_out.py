"""How good the shipped ranker and the heuristic are on the held-out incidents: `python -m benchmarks.ranker.held_out`.

The pool keeps what the engine proposed (`benchmarks.ranker.collect`), so that ranking all of it anew takes seconds.
With two roots both must be found; a first cause is wrong as well where the right one was never proposed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ranker.curve import PLAIN
from benchmarks.ranker.pool import read_pool
from rankers.model import Model
from rankers.pretrained import pretrained
from rankers.pretrained.cases import Case
from rankers.quality import expected_calibration_error
from rankers.supervised import corrections, probabilities

Line = tuple[float, float, float]
"""Share of the roots found first and among the first three; whether any was proposed."""

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Answer:
    """One incident as it is answered: `confidence` of the first cause, whether it is right, whether it beats none."""

    found: Line
    confidence: float
    right: bool
    alarm: bool


def answered(model: Model, case: Case) -> Answer:
    """Return how a ranker answers one incident."""
    slate = case.slate
    p, none = probabilities(slate, corrections(model, slate), model.sharpness, model.none_shift)
    right, roots = np.array(case.right, dtype=bool)[np.argsort(-p, kind="stable")], max(case.roots, 1)
    first, third = (min(float(right[: max(k, roots)].sum()) / roots, 1.0) for k in (1, 3))
    top = float(p.max(initial=0.0))
    return Answer((first, third, float(right.any())), top, bool(right[:1].any()), bool(len(p)) and top >= none)


def report(model: Model, cases: Sequence[Case]) -> None:
    """Print the figures of one ranker, all families together and each."""
    answers = [(case, answered(model, case)) for case in cases]
    by_family: dict[str, list[Line]] = defaultdict(list)
    for case, answer in answers:
        if case.roots:
            by_family[case.injected].append(answer.found)
    calm = [answer.alarm for case, answer in answers if not case.roots]
    every = np.array([line for lines in by_family.values() for line in lines])
    drawn = np.random.default_rng(0).integers(0, len(every), (RESAMPLES, len(every)))
    low, high = np.quantile(every[drawn].mean(axis=1)[:, :2], [0.025, 0.975], axis=0)
    sure, right = (np.array(each) for each in zip(*((a.confidence, a.right) for _, a in answers), strict=True))
    ece, wrong = expected_calibration_error(sure, right), float((1 - every[:, 0]).sum())
    print(f"\n{model.version}: {len(every)} faults, {wrong:g} wrong first, ECE {ece:.3f}")
    print(f"false alarms {sum(calm)} of {len(calm)}\n")
    print("| | n | exact@1 | exact@3 | never proposed |\n|---|---|---|---|---|")
    for name, lines in [*sorted(by_family.items()), ("all", every.tolist())]:
        one, three, proposed = np.mean(lines, axis=0)
        print(f"| {name} | {len(lines)} | {one:.2f} | {three:.2f} | {1 - proposed:.2f} |")
    print(f"\n95 % intervals of all: {low[0]:.3f} to {high[0]:.3f}, {low[1]:.3f} to {high[1]:.3f}")


def main() -> None:
    """Rank the pool's held-out incidents, draw by draw."""
    cases = [case for case in read_pool() if case.half == "held-out"]
    for seed in sorted({case.seed for case in cases}):
        for model in (pretrained(), PLAIN):
            print(f"\n## Draw {seed}")
            report(model, [case for case in cases if case.seed == seed])


if __name__ == "__main__":
    main()
