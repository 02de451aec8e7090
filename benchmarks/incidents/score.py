"""Score the engine's answers by the rules of CONTRACT section 5."""

import json
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SAME_WHEN_SAME_COLUMN = {"feature_drift", "population_shift"}
LEVELS = ("exact", "where", "what")
BINS = 10
TOLD = {"family", "node", "subject", "slice", "confidence", "mechanism"}


@dataclass(frozen=True)
class Result:
    """One case: its truth, the ranked causes, and whether each of them is right at each level."""

    case: str
    truth: dict[str, Any] | None
    mechanism: str
    symptom: str
    causes: list[dict[str, Any]]
    none_of_these: float
    hits: dict[str, list[bool]]
    seconds: float
    error: str = ""

    @property
    def family(self) -> str:
        """Return the truth's family."""
        return self.truth["family"] if self.truth else "no_fault"

    @property
    def false_alarm(self) -> bool:
        """Return whether a cause is believed though there is no fault."""
        return self.truth is None and any(cause["confidence"] >= self.none_of_these for cause in self.causes)

    def at(self, k: int, level: str = "exact") -> bool:
        """Return whether the truth is among the first k."""
        return any(self.hits[level][:k])


def family_agrees(truth: dict[str, Any], cause: dict[str, Any]) -> bool:
    """Return whether the families match (the two names of real drift of one column count as one)."""
    if truth["family"] == cause["family"]:
        return True
    both = {truth["family"], cause["family"]} <= SAME_WHEN_SAME_COLUMN
    return both and truth["subject"] == cause["subject"]


def place_agrees(truth: dict[str, Any], cause: dict[str, Any], readers: dict[str, list[str]]) -> bool:
    """Return whether node and subject match."""
    nodes = {truth["node"]}
    if truth["family"] in SAME_WHEN_SAME_COLUMN:
        nodes |= set(readers.get(truth["subject"] or "", []))
    subjects = {truth["subject"], *truth.get("also_subjects", ())}
    return cause["node"] in nodes and (truth["subject"] is None or cause["subject"] in subjects)


def judge(
    truth: dict[str, Any] | None, causes: list[dict[str, Any]], readers: dict[str, list[str]]
) -> dict[str, list[bool]]:
    """Return level -> whether each cause is right."""
    if truth is None:
        return {level: [] for level in LEVELS}
    what = [family_agrees(truth, cause) for cause in causes]
    where = [place_agrees(truth, cause, readers) for cause in causes]
    return {"what": what, "where": where, "exact": [a and b for a, b in zip(what, where, strict=True)]}


def known_of(folder: Path) -> dict[str, Any]:
    """Return what was injected into a case, kept beside its folder."""
    found: dict[str, Any] = json.loads(folder.with_name(folder.name + ".truth.json").read_text(encoding="utf-8"))
    return found


def right_of(known: dict[str, Any], analysis: Any) -> list[bool]:
    """Return which causes of an answer are exactly right; none of them when nothing was injected."""
    if not known["causes"]:
        return [False] * len(analysis.causes)
    return judge(known["causes"][0], [c.model_dump() for c in analysis.causes], known["readers"])["exact"]


def score_case(folder: Path) -> Result:
    """Analyse one bundle and judge the answer."""
    from rca.analyse import analyse_bundle  # noqa: PLC0415 - cases are written without the engine

    known = known_of(folder)
    truth = known["causes"][0] if known["causes"] else None
    symptom = f"{known['incident']['node']}.{known['incident']['metric']}"
    begin, causes, none, error = time.perf_counter(), [], 1.0, ""
    try:
        analysis = analyse_bundle(folder)[0]
        none = analysis.none_of_these
        causes = [cause.model_dump(include=TOLD) for cause in analysis.causes]
    except Exception as problem:  # noqa: BLE001 - a crash is a miss, and is told
        error = f"{type(problem).__name__}: {problem}"
    hits = judge(truth, causes, known["readers"])
    mechanism = truth["mechanism"] if truth else ""
    return Result(folder.name, truth, mechanism, symptom, causes, none, hits, time.perf_counter() - begin, error)


def score_all(out: Path, tables: list[str], jobs: int) -> list[Result]:
    """Score every case of the given tables."""
    folders = [f for table in tables for f in sorted((out / table).glob("*")) if f.is_dir()]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(score_case, folders))


def calibration(results: list[Result]) -> tuple[float, float]:
    """Return expected calibration error (10 bins) and Brier score of the first cause's confidence."""
    shown = [result for result in results if result.causes]
    if not shown:
        return float("nan"), float("nan")
    confidence = np.array([result.causes[0]["confidence"] for result in shown])
    right = np.array([result.at(1) for result in shown], dtype=float)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = sum(abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(BINS))
    return float(gap / len(shown)), float(np.square(confidence - right).mean())


def line(name: str, results: list[Result]) -> str:
    """Return one row of the table."""
    n = len(results)
    rate = [sum(r.at(k, level) for r in results) / n for level in LEVELS for k in (1, 3)]
    average = sum(r.at(k) for r in results for k in range(1, 6)) / 5 / n
    ece, brier = calibration(results)
    return f"{name:<24}{n:>4} " + "".join(f"{value:>7.2f}" for value in (*rate, average, ece, brier))


def tell_miss(result: Result) -> str:
    """Return a missed case in one line per cause."""
    truth = result.truth or {"family": "no_fault", "node": "", "subject": ""}
    cause = f"{truth['family']}/{result.mechanism} {truth['node']}:{truth['subject']}"
    head = f"{result.case} [{result.symptom}] truth {cause}"
    head += f" slice {truth['slice']}" if truth.get("slice") else ""
    top = [
        f"    {c['confidence']:.2f} {c['family']}/{c['mechanism']} {c['node']}:{c['subject']}"
        for c in result.causes[:3]
    ]
    return "\n".join([head, *top, f"    {result.none_of_these:.2f} none of these {result.error}"])


def report(results: list[Result], misses: int) -> None:
    """Print the table by family and by table, false alarms, and the misses."""
    faulty = [result for result in results if result.truth]
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in faulty:
        groups[result.family].append(result)
        groups["table " + result.case.rsplit("-", 1)[0]].append(result)
    print(f"{'':<28} exact@1 @3  where@1 @3   what@1 @3  Avg@5    ECE  Brier")
    for name in sorted(groups):
        print(line(name, groups[name]))
    if faulty:
        print(line("all", faulty))
    calm = [result for result in results if not result.truth]
    alarms = sum(result.false_alarm for result in calm)
    meek = sum(bool(r.causes) and r.none_of_these > r.causes[0]["confidence"] for r in faulty)
    seconds = [result.seconds for result in results]
    print(f"false alarms {alarms} of {len(calm)}; abstained on a real fault {meek} of {len(faulty)}")
    print(f"seconds a case: median {np.median(seconds):.2f}, worst {max(seconds):.2f}")
    print(f"crashed {sum(bool(r.error) for r in results)}")
    for result in [r for r in results if r.false_alarm or (r.truth and not r.at(1))][:misses]:
        print(tell_miss(result))
