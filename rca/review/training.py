"""Learn a ranker from settled labels, and let it answer only when it is measured to be better.

The labels are ordered by the time at which they settled. The last ones are held out: challengers learn from the earlier
ones and are compared with the current ranker, incident by incident, on labels that neither has seen. The winner then
learns from all of them. The gold set is never learned from, and vetoes.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from rankers import heuristic
from rankers.fit import LEAST_INCIDENTS, columns_of, fit
from rankers.labelled import Labelled
from rankers.model import Model
from rankers.pretrained import lessons
from rankers.quality import Comparison, compare, figures
from rca.review.choice import UNUSABLE
from rca.review.examples import Examples, fingerprint, read_examples
from rca.review.registry import (
    HEURISTIC,
    PRETRAINED,
    all_versions,
    current,
    keep,
    load,
    promote,
)
from rca.warehouse import Warehouse

Progress = Callable[[str, int, int], None]

HELD_OUT = 0.3
"""Share of the labelled incidents, the last ones in time, that challengers are compared on."""

LEAST_HELD_OUT = 10
"""Incidents with a known answer without which nothing is compared."""

Outcome = Literal["too_few", "known", "nothing_learned", "candidate", "promoted"]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came of a training.

    Parameters
    ----------
    outcome
        too_few: labels; known: these labels were learned from before; nothing_learned: trees do not help; candidate:
        learned, and kept without answering; promoted: it answers from now on.
    reason
        Why, in words.
    labelled, gold, unusable
        Incidents to learn from, incidents of the gold set, and labelled incidents that teach nothing.
    missing
        How many more labelled incidents it takes to compare.
    learned_from, held_out
        Incidents before and in the comparison.
    current
        The version that answered until now.
    demoted
        Whether it was measurably worse than the heuristic, which took its place.
    version, training_hash
        Of the ranker that was learned.
    comparison, on_gold
        Of the current ranker (the heuristic, where that took its place) with what was learned.
    kept
        Whether anything was written; not in a dry run.
    """

    outcome: Outcome
    reason: str
    current: str
    labelled: int
    gold: int
    unusable: int
    missing: int = 0
    learned_from: int = 0
    held_out: int = 0
    demoted: bool = False
    version: str | None = None
    training_hash: str | None = None
    comparison: Comparison | None = None
    on_gold: Comparison | None = None
    kept: bool = False
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data; null for rates over nothing."""
        return dict(plain(asdict(self)))


def train(
    warehouse: Warehouse,
    *,
    seed: int = 0,
    who: str = "rca train",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> TrainingReport:
    """Learn from what reviewers said, compare, and promote what is better.

    Parameters
    ----------
    seed
        The same labels and seed give the same ranker, byte by byte.
    who
        Who is named in the log.
    dry_run
        Keep and promote nothing.
    """
    started = time.perf_counter()
    if progress:
        progress("reading labels", 0, 0)
    report = _trained(warehouse, read_examples(warehouse), seed, who, progress, dry_run=dry_run)
    return replace(report, seconds=round(time.perf_counter() - started, 3))


def _trained(
    warehouse: Warehouse, examples: Examples, seed: int, who: str, progress: Progress | None, *, dry_run: bool
) -> TrainingReport:
    answering = current(warehouse)
    starts = _starts()
    versions = all_versions(warehouse)
    known = {each.training_hash: each for each in versions if each.state != "refused"}
    key = fingerprint(examples.training, str(seed), *(fingerprint(taught) for taught in starts.values()))
    seen = next((each.incidents for each in versions if each.version == answering), ())
    earlier, later = split(examples.training, seen)
    report = TrainingReport(
        outcome="too_few",
        reason="",
        current=answering,
        labelled=len(examples.training),
        gold=len(examples.gold),
        unusable=examples.unusable,
        missing=_missing(earlier, later),
        learned_from=len(earlier),
        held_out=len(later),
    )
    if key in known:
        same = known[key]
        why = f"{same.version} was learned from these labels already ({same.state}: {same.reason})"
        return replace(report, outcome="known", reason=why, version=same.version, training_hash=key)
    if report.missing:
        return replace(report, reason=_too_few(report, bool(seen)))
    incumbent, demoted = _incumbent(warehouse, answering, later)
    plain_heuristic = Model(heuristic.VERSION)
    trials = {
        name: fit(earlier, plain_heuristic, version=name, seed=seed, lessons=taught, progress=progress)
        for name, taught in starts.items()
    }
    parent = min(trials, key=lambda name: figures(trials[name], later).log_loss)
    final = fit(
        examples.training,
        plain_heuristic,
        version=f"site-{key[:12]}",
        seed=seed,
        lessons=starts[parent],
        progress=progress,
    )
    report = replace(
        report,
        demoted=demoted,
        training_hash=key,
        comparison=compare(incumbent, trials[parent], later),
        on_gold=compare(incumbent, final, examples.gold) if any(each.told for each in examples.gold) else None,
    )
    report = _judged(report, final, (incumbent, plain_heuristic))
    if not dry_run:
        final = replace(final, about=_about(report, parent, examples.training, seed))
        _keep(warehouse, report, final, examples.training, parent=parent, who=who)
    return replace(report, kept=not dry_run)


def split(examples: Sequence[Labelled], seen: Sequence[str]) -> tuple[list[Labelled], list[Labelled]]:
    """Return what challengers learn from, and what they are compared on: all of it later, none of it seen before.

    Parameters
    ----------
    examples
        In order of time.
    seen
        Incidents that the current ranker learned from.
    """
    fresh = [place for place, each in enumerate(examples) if each.incident not in set(seen)]
    told = [place for place in fresh if examples[place].told]
    share = fresh[-math.ceil(HELD_OUT * len(examples)) :]
    first = min([*share[:1], *told[-LEAST_HELD_OUT:][:1]], default=len(examples))
    return list(examples[:first]), [examples[place] for place in fresh if place >= first]


def _missing(earlier: Sequence[Labelled], later: Sequence[Labelled]) -> int:
    told = sum(each.told for each in later)
    return max(0, LEAST_HELD_OUT - told) + max(0, LEAST_INCIDENTS - len(earlier))


def _too_few(report: TrainingReport, learned_before: bool) -> str:
    since = f" since {report.current} learned" if learned_before else ""
    return (
        f"{report.missing} more incidents with a settled cause (or no fault) are needed{since}: "
        f"{LEAST_INCIDENTS} to learn from and {LEAST_HELD_OUT} later ones to compare on"
    )


def _starts() -> dict[str, tuple[Labelled, ...]]:
    """Return what labels can be learned together with: nothing, and what the shipped ranker learned from."""
    try:
        return {HEURISTIC: (), PRETRAINED: lessons()}
    except UNUSABLE:
        return {HEURISTIC: ()}


def _incumbent(warehouse: Warehouse, answering: str, later: Sequence[Labelled]) -> tuple[Model, bool]:
    """Return the ranker to beat, and whether the current one gives way to the heuristic."""
    plain_heuristic = Model(heuristic.VERSION)
    try:
        model = load(warehouse, answering)
    except UNUSABLE:
        return plain_heuristic, True
    worse = answering != HEURISTIC and compare(model, plain_heuristic, later).better
    return (plain_heuristic, True) if worse else (model, False)


def _judged(report: TrainingReport, final: Model, others: Sequence[Model]) -> TrainingReport:
    """Return the report with its outcome."""
    learned = (final.stages, final.sharpness, final.none_shift)
    if learned in [(each.stages, each.sharpness, each.none_shift) for each in others]:
        return replace(report, outcome="nothing_learned", reason="the labels teach nothing that was not known")
    comparison, gold = report.comparison, report.on_gold
    if comparison is None or not comparison.better:
        return replace(
            report, outcome="candidate", version=final.version, reason=comparison.reason if comparison else ""
        )
    if gold is not None and not gold.not_worse:
        vetoed = replace(comparison, not_worse=False, better=False)
        why = f"worse on the gold set: {gold.reason}"
        return replace(report, outcome="candidate", version=final.version, reason=why, comparison=vetoed)
    return replace(report, outcome="promoted", version=final.version, reason=comparison.reason)


def _about(report: TrainingReport, parent: str, examples: Sequence[Labelled], seed: int) -> dict[str, Any]:
    return {
        "parent": parent,
        "training": {"hash": report.training_hash, "incidents": len(examples), "seed": seed},
        "features": list(columns_of(examples)),
        "figures": plain(asdict(report.comparison.challenger)) if report.comparison else {},
    }


def _keep(
    warehouse: Warehouse, report: TrainingReport, final: Model, examples: Sequence[Labelled], *, parent: str, who: str
) -> None:
    if report.demoted:
        promote(warehouse, HEURISTIC, who, reason=f"{report.current} is measurably worse, or damaged")
    if report.version is None or report.comparison is None or report.training_hash is None:
        return
    keep(
        warehouse,
        final,
        parent=parent,
        training_hash=report.training_hash,
        incidents=[each.incident for each in examples],
        figures=plain(asdict(report.comparison.challenger)),
        comparison=plain(asdict(report.comparison) | {"on_gold": report.on_gold and asdict(report.on_gold)}),
        who=who,
        reason=report.reason,
    )
    if report.outcome == "promoted":
        promote(warehouse, report.version, who, reason=report.reason)


def plain(value: Any) -> Any:
    """Return JSON data with null for each number that is not finite."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
