"""The recorded issues from tables to figures, as `rca bench petshop` runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.incidents.report import ENGINE, rate
from benchmarks.petshop.answer import answers, engine
from benchmarks.petshop.calm import calm_issues
from benchmarks.petshop.cases import DATA, Issue, by_group, read_issues
from benchmarks.petshop.controls import exchanged_series, random_graph
from benchmarks.petshop.peers import PEERS
from benchmarks.recorded.answer import Answer
from benchmarks.recorded.figures import Figures, figures
from benchmarks.recorded.tables import misses, shuffled, table

Progress = Callable[[str, int, int], None]
CONTROLS = {"engine, random graph": random_graph, "engine, exchanged series": exchanged_series}


@dataclass(frozen=True)
class Options:
    """Which issues; `peers` also runs other rankings and the controls, `rcaeval` is an interpreter that has RCAEval."""

    data: Path = DATA
    half: str = "all"
    peers: bool = True
    rcaeval: str | None = None
    calm: int = 15


@dataclass(frozen=True)
class Outcome:
    """The answers to all issues by method, in the issues' order, and those to stretches where nothing is wrong."""

    issues: tuple[Issue, ...]
    by_method: dict[str, list[Answer]]
    calm: list[tuple[Issue, Answer]] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """Return the faulty node of each issue."""
        return [issue.root for issue in self.issues]

    def of_method(self, method: str, only: Callable[[Issue], bool] = lambda _: True) -> Figures:
        """Return a method's figures over some issues."""
        kept = [i for i, issue in enumerate(self.issues) if only(issue)]
        return figures([self.by_method[method][i] for i in kept], [self.labels[i] for i in kept])

    def groups(self) -> dict[str, Figures]:
        """Return the engine's figures by traffic and metric, and by the published split."""
        found = {
            group: self.of_method(ENGINE, lambda issue, g=group: issue.group == g) for group in by_group(self.issues)
        }
        for split in sorted({issue.split for issue in self.issues}):
            found[f"{split} split"] = self.of_method(ENGINE, lambda issue, s=split: issue.split == s)
        return found

    def alarms(self) -> dict[str, tuple[int, int]]:
        """Return group -> calm stretches in which a cause is believed, and all of them."""
        found: dict[str, tuple[int, int]] = {}
        for issue, one in self.calm:
            wrong, n = found.get(issue.group, (0, 0))
            found[issue.group] = (wrong + one.alarms, n + 1)
        return dict(sorted(found.items()))

    def markdown(self, listed: int = 0) -> str:
        """Return the tables, the controls, and up to `listed` misses."""
        methods = table({name: self.of_method(name) for name in self.by_method})
        first, third = shuffled(self.by_method[ENGINE], self.labels)
        said = [f"shuffled labels: AC@1 {rate(first)}, AC@3 {rate(third)}"]
        if self.calm:
            told = ", ".join(f"{wrong} of {n} ({group})" for group, (wrong, n) in self.alarms().items())
            said.append(f"false alarms over normal rows: {told}")
        wrong = misses([issue.name for issue in self.issues], self.by_method[ENGINE], self.labels, listed)
        return "\n\n".join([methods, table(self.groups()), "; ".join(said), *wrong])

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        first, third = shuffled(self.by_method[ENGINE], self.labels)
        return {
            "made": self.made,
            "methods": {name: self.of_method(name).as_json() for name in self.by_method},
            "groups": {name: found.as_json() for name, found in self.groups().items()},
            "shuffled_labels": {"ac1": round(first, 4), "ac3": round(third, 4)},
            "calm": {group: {"n": n, "false_alarms": wrong} for group, (wrong, n) in self.alarms().items()},
            "cases": [
                {"name": issue.name, "group": issue.group, "node": issue.root, "split": issue.split}
                | {name: found[i].as_json() for name, found in self.by_method.items()}
                for i, issue in enumerate(self.issues)
            ],
        }


def run(options: Options, progress: Progress | None = None) -> Outcome:
    """Let every method answer every issue, the engine the controls and stretches of normal rows."""
    issues = read_issues(options.data, options.half)
    by_method: dict[str, list[Answer]] = {}
    for done, issue in enumerate(issues):
        if progress:
            progress(f"explaining {issue.name}", done, len(issues))
        for name, answer in answers(issue, peers=options.peers, rcaeval=options.rcaeval).items():
            by_method.setdefault(name, []).append(answer)
    quiet: list[tuple[Issue, Answer]] = []
    if options.peers:
        by_method |= _controls(issues, progress)
        quiet = _calm(list(calm_issues(issues, options.calm)), progress)
    return Outcome(issues, by_method, quiet, {"track": "petshop", "half": options.half, "peers": list(PEERS)})


def _controls(issues: Sequence[Issue], progress: Progress | None) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {name: [] for name in CONTROLS}
    for done, issue in enumerate(issues):
        if progress:
            progress(f"controls of {issue.name}", done, len(issues))
        for name, change in CONTROLS.items():
            found[name].append(engine(change(issue)))
    return found


def _calm(issues: Sequence[Issue], progress: Progress | None) -> list[tuple[Issue, Answer]]:
    found = []
    for done, issue in enumerate(issues):
        if progress:
            progress(f"normal rows of {issue.name}", done, len(issues))
        found.append((issue, engine(issue)))
    return found
