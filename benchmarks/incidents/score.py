"""Score answers by the rules of CONTRACT section 5."""

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.incidents.files import Files
from benchmarks.incidents.predicates import same_slices

SAME_WHEN_SAME_COLUMN = {"feature_drift", "population_shift"}
LEVELS = ("exact", "where", "what")
TOLD = {"family", "node", "subject", "slice", "confidence", "mechanism", "onset", "impact"}

Truth = Mapping[str, Any]
Cause = Mapping[str, Any]
Hits = dict[str, list[list[bool]]]
"""Level -> truth -> whether each cause is right for it."""


@dataclass(frozen=True)
class Result:
    """One case: its truths, the ranked causes, and which of them are right at each level.

    Parameters
    ----------
    family
        What was injected: a family, `two_roots` or `no_fault`.
    truths
        All of them are to be found; if `hits` has only one line for several, any of them would do.
    seconds, ingest_seconds
        The whole answer from files; of it, landing and profiling them.
    """

    case: str
    table: str
    family: str
    truths: tuple[Truth, ...]
    mechanism: str
    symptom: str
    causes: list[dict[str, Any]]
    none_of_these: float
    hits: Hits
    seconds: float
    ingest_seconds: float = 0.0
    error: str = ""

    @property
    def calm(self) -> bool:
        """Return whether nothing was wrong."""
        return not self.truths

    @property
    def wanted(self) -> int:
        """Return how many truths there are to find."""
        return len(self.hits["exact"])

    def within(self, families: Collection[str]) -> bool:
        """Return whether one that can name only some families can be wholly right."""
        named = [truth["family"] in families for truth in self.truths]
        return any(named) if self.wanted < len(named) else all(named)

    @property
    def false_alarm(self) -> bool:
        """Return whether a cause is believed though there is no fault."""
        return self.calm and any(cause["confidence"] >= self.none_of_these for cause in self.causes)

    @property
    def abstained(self) -> bool:
        """Return whether there is a fault and the answer is rather none of the causes."""
        first = max((cause["confidence"] for cause in self.causes), default=0.0)
        return not self.calm and self.none_of_these > first

    @property
    def first_right(self) -> bool:
        """Return whether the first cause is one of the truths; without a fault none is."""
        return any(right[:1] == [True] for right in self.hits["exact"])

    def at(self, k: int, level: str = "exact") -> float:
        """Return the share of the truths among the first max(k, number of truths) causes."""
        first = max(k, self.wanted)
        return float(np.mean([any(right[:first]) for right in self.hits[level]])) if self.truths else 0.0

    def reciprocal_rank(self, level: str = "exact") -> float:
        """Return one over the truth's rank, 0 when it is not found; of several truths, the average precision."""
        ranks = sorted(right.index(True) + 1 for right in self.hits[level] if True in right)
        found = sum(min(1.0, place / rank) for place, rank in enumerate(ranks, 1))
        return found / self.wanted if self.wanted else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of a case."""
        figures = {"exact_at_1": self.at(1), "exact_at_3": self.at(3), "false_alarm": self.false_alarm}
        return asdict(self) | figures


def family_agrees(truth: Truth, cause: Cause) -> bool:
    """Return whether the families match (the two names of real drift of one column count as one).

    A cause with `families` instead, of a baseline that cannot tell them apart, has the benefit of the doubt.
    """
    if "families" in cause:
        return truth["family"] in cause["families"]
    if truth["family"] == cause["family"]:
        return True
    both = {truth["family"], cause["family"]} <= SAME_WHEN_SAME_COLUMN
    return both and truth["subject"] == cause["subject"]


def place_agrees(
    truth: Truth, cause: Cause, readers: Mapping[str, list[str]], slices: Mapping[str, bool] | None = None
) -> bool:
    """Return whether node and subject match.

    A null subject in the truth matches anything, a null one in the answer only a null truth.

    Parameters
    ----------
    readers
        Column -> the models that read it and the nodes that produce it: real drift is also right when laid on one of
        them.
    slices
        Predicate -> whether it selects the true slice's rows, when the truth is one.
    """
    nodes = {truth["node"]}
    if truth["family"] in SAME_WHEN_SAME_COLUMN:
        nodes |= set(readers.get(truth["subject"] or "", []))
    if cause["node"] not in nodes:
        return False
    same = cause["subject"] in {truth["subject"], *truth.get("also_subjects", ())}
    return truth["subject"] is None or same or bool(slices and slices.get(cause["subject"] or ""))


def judge(
    truths: Sequence[Truth],
    causes: Sequence[Cause],
    readers: Mapping[str, list[str]],
    slices: Sequence[Mapping[str, bool] | None] | None = None,
) -> Hits:
    """Return level -> truth -> whether each cause is right."""
    hits: Hits = {level: [] for level in LEVELS}
    for truth, known in zip(truths, slices or [None] * len(truths), strict=True):
        what = [family_agrees(truth, cause) for cause in causes]
        where = [place_agrees(truth, cause, readers, known) for cause in causes]
        hits["what"].append(what)
        hits["where"].append(where)
        hits["exact"].append([a and b for a, b in zip(what, where, strict=True)])
    return hits


def slices_of(files: Files, truths: Sequence[Truth], causes: Sequence[Cause]) -> list[dict[str, bool] | None]:
    """Return for each truth that is a slice which of the causes' subjects select its rows, else None."""
    return [
        same_slices(files, t["node"], t["subject"], [c["subject"] for c in causes if c["subject"]])
        if t["family"] == "slice_degradation" and t["subject"] and t["node"] in files.models
        else None
        for t in truths
    ]


def known_of(folder: Path) -> dict[str, Any]:
    """Return what was injected into a case, kept beside its folder."""
    found: dict[str, Any] = json.loads(folder.with_name(folder.name + ".truth.json").read_text(encoding="utf-8"))
    return found


def any_of(hits: Hits) -> Hits:
    """Return which causes are right for any of the truths, as if they were one."""
    return {level: [[any(each) for each in zip(*right, strict=True)]] if right else [] for level, right in hits.items()}


def with_producers(files: Files, readers: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return column -> the models that read it, and the nodes that an edge names as its producers."""
    found = {column: list(nodes) for column, nodes in readers.items()}
    for edge in files.system.get("edges") or ():
        for column in edge.get("columns") or ():
            found.setdefault(column, []).append(edge["from"])
    return found


def judge_case(folder: Path, known: Mapping[str, Any], causes: Sequence[Cause]) -> Hits:
    """Return which causes of an answer to a case are right; `any_of`: its truths are answers that all would do."""
    files = Files(folder)
    slices = slices_of(files, known["causes"], causes)
    hits = judge(known["causes"], causes, with_producers(files, known["readers"]), slices)
    return any_of(hits) if known.get("any_of") else hits


def right_of(known: dict[str, Any], analysis: Any, folder: Path | None = None) -> list[bool]:
    """Return which causes of the engine's answer are exactly right; slices by their rows where a folder is given."""
    causes = [cause.model_dump(include=TOLD) for cause in analysis.causes]
    hits = judge_case(folder, known, causes) if folder else judge(known["causes"], causes, known["readers"])
    return [any(right[place] for right in hits["exact"]) for place in range(len(causes))]


Answer = tuple[list[dict[str, Any]], float, float]
"""Ranked causes, `none_of_these`, and how many of the seconds went into landing the files."""


def ask_engine(folder: Path) -> Answer:
    """Return the engine's answer to a bundle."""
    from rca.analyse import analyse_bundle  # noqa: PLC0415 - cases are written without the engine

    analysis = analyse_bundle(folder)[0]
    causes = [cause.model_dump(include=TOLD, mode="json") for cause in analysis.causes]
    landing = sum(analysis.timings_ms.get(stage, 0.0) for stage in ("ingest", "profile")) / 1000
    return causes, analysis.none_of_these, landing


def score_case(folder: Path, ask: Callable[[Path], Answer] = ask_engine) -> Result:
    """Ask about one bundle and judge the answer."""
    known = known_of(folder)
    truths = tuple(known["causes"])
    begin, error = time.perf_counter(), ""
    causes, none, landing = list[dict[str, Any]](), 1.0, 0.0
    try:
        causes, none, landing = ask(folder)
    except Exception as problem:  # noqa: BLE001 - a crash is a miss, and is told
        error = f"{type(problem).__name__}: {problem}"
    seconds = time.perf_counter() - begin
    return Result(
        folder.name,
        known.get("table", folder.parent.name),
        family_of(truths[:1] if known.get("any_of") else truths),
        truths,
        (" or " if known.get("any_of") else " + ").join(truth.get("mechanism") or "" for truth in truths),
        f"{known['incident']['node']}.{known['incident']['metric']}",
        causes,
        none,
        judge_case(folder, known, causes),
        seconds,
        landing,
        error,
    )


def family_of(truths: Sequence[Truth]) -> str:
    """Return what was injected in a word."""
    return "no_fault" if not truths else "two_roots" if len(truths) > 1 else str(truths[0]["family"])
