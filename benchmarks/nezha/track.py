"""The recorded cases from files to figures, as `rca bench nezha` runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.incidents.report import ENGINE, rate
from benchmarks.nezha.answer import answers
from benchmarks.nezha.cases import SAMPLE, Recorded, by_fault, read_cases
from benchmarks.nezha.controls import calm, random_graph
from benchmarks.recorded.answer import Answer
from benchmarks.recorded.figures import Figures, calibration_error, figures, place
from benchmarks.recorded.tables import misses, shuffled, table

Progress = Callable[[str, int, int], None]
RANDOM_GRAPH = "engine, random graph"


@dataclass(frozen=True)
class Options:
    """Which cases; `peers` also runs the other rankings and the controls."""

    data: Path = SAMPLE
    half: str = "held-out"
    peers: bool = True


@dataclass(frozen=True)
class Outcome:
    """The answers to all cases by method, in the cases' order, and what the controls gave."""

    cases: tuple[Recorded, ...]
    by_method: dict[str, list[Answer]]
    calm: list[Answer] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """Return the faulty service of each case."""
        return [case.node for case in self.cases]

    @property
    def false_alarms(self) -> int:
        """Return in how many of the calm cases a cause is believed."""
        return sum(one.alarms for one in self.calm)

    @property
    def calibration(self) -> float:
        """Return the engine's calibration error over faults and calm half minutes; in the latter no cause is right."""
        told = [*self.by_method[ENGINE], *self.calm]
        labels = [*self.labels, *("" for _ in self.calm)]
        right = np.array([place(one.nodes, label) == 1 for one, label in zip(told, labels, strict=True)])
        return calibration_error([one.confidence for one in told], right)

    def of_method(self, method: str) -> Figures:
        """Return a method's figures over all cases."""
        return figures(self.by_method[method], self.labels)

    def of_fault(self, names: Sequence[str]) -> Figures:
        """Return the engine's figures over some cases."""
        kept = [i for i, case in enumerate(self.cases) if case.name in names]
        return figures([self.by_method[ENGINE][i] for i in kept], [self.labels[i] for i in kept])

    def markdown(self, listed: int = 0) -> str:
        """Return the tables, the controls, and up to `listed` misses."""
        methods = table({name: self.of_method(name) for name in self.by_method})
        faults = table({fault: self.of_fault(names) for fault, names in by_fault(self.cases).items()})
        first, third = shuffled(self.by_method[ENGINE], self.labels)
        said = [f"shuffled labels: AC@1 {rate(first)}, AC@3 {rate(third)}"]
        if self.calm:
            said.append(f"false alarms {self.false_alarms} of {len(self.calm)} calm half minutes")
            said.append(f"ECE with these {rate(self.calibration)}")
        named = [f"{case.name} {case.fault}" for case in self.cases]
        wrong = misses(named, self.by_method[ENGINE], self.labels, listed)
        return "\n\n".join([methods, faults, "; ".join(said), *wrong])

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        first, third = shuffled(self.by_method[ENGINE], self.labels)
        return {
            "made": self.made,
            "methods": {name: self.of_method(name).as_json() for name in self.by_method},
            "faults": {fault: self.of_fault(names).as_json() for fault, names in by_fault(self.cases).items()},
            "shuffled_labels": {"ac1": round(first, 4), "ac3": round(third, 4)},
            "calm": {"n": len(self.calm), "false_alarms": self.false_alarms, "ece_with_them": self.calibration},
            "cases": [
                {"name": case.name, "fault": case.fault, "node": case.node, "half": case.half}
                | {name: found[i].as_json() for name, found in self.by_method.items()}
                for i, case in enumerate(self.cases)
            ],
        }


def run(options: Options, progress: Progress | None = None) -> Outcome:
    """Let every method answer every case, and the engine the controls."""
    cases = read_cases(options.data, options.half)
    by_method: dict[str, list[Answer]] = {}
    for done, case in enumerate(cases):
        if progress:
            progress(f"explaining {case.name}", done, len(cases))
        for name, answer in answers(case.folder, peers=options.peers).items():
            by_method.setdefault(name, []).append(answer)
    quiet: list[Answer] = []
    if options.peers:
        with TemporaryDirectory(prefix="rca-nezha-") as scratch:
            by_method[RANDOM_GRAPH], quiet = _controls(cases, Path(scratch), progress)
    return Outcome(cases, by_method, quiet, {"track": "nezha", "half": options.half, "data": options.data.name})


def _controls(cases: Sequence[Recorded], scratch: Path, progress: Progress | None) -> tuple[list[Answer], list[Answer]]:
    """Return the engine's answers with a random graph, and those when nothing is wrong."""
    astray, quiet = [], []
    for done, case in enumerate(cases):
        if progress:
            progress(f"controls of {case.name}", done, len(cases))
        astray.append(answers(random_graph(case.folder, scratch / "graph"), peers=False)[ENGINE])
        bundle = calm(case.folder, scratch / "calm")
        if bundle:
            quiet.append(answers(bundle, peers=False)[ENGINE])
    return astray, quiet
