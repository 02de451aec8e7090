"""Learn a ranker from settled labels, and let it answer only when it is measured to be better.

The labels are ordered by the time at which they settled. The last ones are held out: a challenger learns from the
earlier ones, and what it and the current ranker hold of the later ones is kept as evidence (`rca.review.forecasts`),
which grows from one training to the next and decides (`rankers.contest`). What may answer then learns from all of them.
The gold set is never learned from, and vetoes. The heuristic takes the place of a current ranker that is worse by the
same test.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from rankers import heuristic
from rankers.contest import Comparison, compare, judge
from rankers.fit import LEAST_INCIDENTS, columns_of, fit, learn, left_out_loss, recalibrated
from rankers.labelled import Labelled
from rankers.model import Model
from rankers.pretrained import lessons
from rca.errors import Conflict
from rca.review.examples import Examples, fingerprint, read_examples
from rca.review.forecasts import Challenger, Forecast, add_forecasts, forecast, pairs, read_evidence
from rca.review.registry import (
    HEURISTIC,
    PRETRAINED,
    UNUSABLE,
    Registered,
    all_versions,
    current,
    keep,
    load,
    promote,
)
from rca.warehouse import Warehouse

Progress = Callable[[str, int, int], None]
Write = Callable[[Callable[[Warehouse], None]], None]

LEARNED = 0.7
"""Largest share of the labelled incidents, the first in time, that a challenger learns from before it is judged."""

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
    write: Write | None = None,
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
    write
        Does what it is given to the warehouse that is written to, where `warehouse` is only read.
    """
    started = time.perf_counter()
    if progress:
        progress("reading labels", 0, 0)
    write = None if dry_run else write or (lambda do: do(warehouse))
    report = _trained(warehouse, read_examples(warehouse), seed, who, progress, write=write)
    return replace(report, seconds=round(time.perf_counter() - started, 3))


@dataclass(frozen=True, slots=True)
class _Contest:
    """A challenger against a ranker: what was forecast before and now, and what comes of all of it."""

    current: str
    challenger: Challenger
    fresh: tuple[Forecast, ...]
    comparison: Comparison

    def keep(self, warehouse: Warehouse) -> None:
        """Add the new forecasts to the evidence."""
        add_forecasts(warehouse, self.current, self.challenger, self.fresh)


def _contest(
    warehouse: Warehouse,
    names: tuple[str, Challenger],
    models: tuple[Model, Model, Model],
    later: Sequence[Labelled],
    examples: Sequence[Labelled],
) -> _Contest:
    """Forecast what was not forecast before, and weigh all of it.

    Parameters
    ----------
    models
        The ranker, the challenger, and the ranker calibrated anew.
    """
    before = read_evidence(warehouse, *names)
    fresh = [forecast(each, *models) for each in later if each.told and each.incident not in before.spent]
    everything = {**before.kept, **{each.incident: each for each in fresh}}
    said = [frozenset(each.accounts) for each in examples]
    return _Contest(*names, tuple(fresh), judge(pairs(everything, examples), said))


def _trained(
    warehouse: Warehouse, examples: Examples, seed: int, who: str, progress: Progress | None, *, write: Write | None
) -> TrainingReport:
    answering, starts, versions = current(warehouse), _starts(), all_versions(warehouse)
    key = fingerprint(examples.training, str(seed), *(fingerprint(taught) for taught in starts.values()))
    seen = next((each.incidents for each in versions if each.version == answering), ())
    demotion = _demotion(warehouse, answering, seen, examples.training)
    demoted = demotion is None or demotion.comparison.better
    incumbent = HEURISTIC if demoted else answering
    earlier, later = split(examples.training, () if demoted else seen)
    report = TrainingReport(
        outcome="too_few",
        reason="",
        current=answering,
        labelled=len(examples.training),
        gold=len(examples.gold),
        unusable=examples.unusable,
        missing=_missing(warehouse, incumbent, earlier, later),
        learned_from=len(earlier),
        demoted=demoted,
    )
    known = next((each for each in versions if each.training_hash == key and each.state != "refused"), None)
    if known and not demoted and (report.missing or known.state != "candidate"):
        return _finished(_same(report, known), who, [demotion], write=write)
    if report.missing:
        report = replace(report, reason=_too_few(report, bool(seen)))
        return _finished(report, who, [demotion], write=write)
    parent, trial = _trial(earlier, starts, progress)
    beaten = load(warehouse, incumbent)
    anew = recalibrated(beaten, [each for each in earlier if demoted or each.incident not in {*seen}])
    contest = _contest(warehouse, (incumbent, "learned"), (beaten, trial, anew), later, examples.training)
    name = f"site-{key[:12]}"
    final = _known(warehouse, known) or fit(
        examples.training,
        Model(heuristic.VERSION),
        version=name,
        seed=seed,
        lessons=starts[parent],
        progress=progress,
    )
    report = replace(
        report,
        held_out=contest.comparison.current.incidents,
        training_hash=key,
        comparison=contest.comparison,
        on_gold=_on_gold(beaten, final, examples.gold),
    )
    report = _judged(report, final, known, (beaten, Model(heuristic.VERSION)))
    final = replace(final, about=_about(report, parent, examples.training, seed))
    learned = None if known else (final, parent, [each.incident for each in examples.training])
    return _finished(report, who, [demotion, contest], learned, write=write)


def split(examples: Sequence[Labelled], seen: Sequence[str]) -> tuple[list[Labelled], list[Labelled]]:
    """Return what a challenger learns from, and what it is judged on: all of it later, none of it seen before.

    What it learns from grows by doubling, so that a label more does not make another challenger to try.

    Parameters
    ----------
    examples
        In order of time.
    seen
        Incidents that the current ranker learned from.
    """
    known = {*seen}
    fresh = [place for place, each in enumerate(examples) if each.incident not in known]
    told = [place for place in fresh if examples[place].told]
    first = max(LEAST_INCIDENTS, min(fresh, default=len(examples)))
    most = min([first + LEARNED * (len(examples) - first), *told[-LEAST_HELD_OUT:][:1]])
    more = LEAST_HELD_OUT
    while first + more <= most:
        first, more = first + more, 2 * more
    return list(examples[:first]), [examples[place] for place in fresh if place >= first]


def _missing(warehouse: Warehouse, answering: str, earlier: Sequence[Labelled], later: Sequence[Labelled]) -> int:
    before = read_evidence(warehouse, answering, "learned")
    told = sum(each.told and (each.incident in before.kept or each.incident not in before.spent) for each in later)
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


def _trial(
    earlier: Sequence[Labelled], starts: Mapping[str, tuple[Labelled, ...]], progress: Progress | None
) -> tuple[str, Model]:
    """Return the better start and the challenger that it gives, by what was left out in turn of the earlier labels.

    Its seed is always the same: the labels decide, not how often one tries.
    """
    trials = {
        name: learn(earlier, Model(heuristic.VERSION), version=name, lessons=taught, progress=progress)
        for name, taught in starts.items()
    }
    names = {each.incident for each in earlier}
    parent = min(trials, key=lambda name: left_out_loss(trials[name], names))
    return parent, trials[parent].model


def _known(warehouse: Warehouse, known: Registered | None) -> Model | None:
    """Return what was learned from the same labels before; None where nothing was, or it cannot be read."""
    try:
        return load(warehouse, known.version) if known else None
    except UNUSABLE:
        return None


def _demotion(
    warehouse: Warehouse, answering: str, seen: Sequence[str], examples: Sequence[Labelled]
) -> _Contest | None:
    """Return the heuristic's contest for the place of the current ranker; None where that cannot be read."""
    plain_heuristic = Model(heuristic.VERSION)
    try:
        model = load(warehouse, answering)
    except UNUSABLE:
        return None
    known = {*seen}
    later = [each for each in examples if each.incident not in known] if answering != HEURISTIC else []
    return _contest(warehouse, (answering, "heuristic"), (model, plain_heuristic, model), later, examples)


def _on_gold(incumbent: Model, final: Model, gold: Sequence[Labelled]) -> Comparison | None:
    return compare(incumbent, final, gold) if any(each.told for each in gold) else None


def _judged(report: TrainingReport, final: Model, known: Registered | None, others: Sequence[Model]) -> TrainingReport:
    """Return the report with its outcome."""
    learned = (final.stages, final.sharpness, final.none_shift)
    if known is None and learned in [(each.stages, each.sharpness, each.none_shift) for each in others]:
        return replace(report, outcome="nothing_learned", reason="the labels teach nothing that was not known")
    report = replace(report, outcome="candidate", version=final.version)
    comparison, gold = report.comparison, report.on_gold
    if comparison is not None and gold is not None and not gold.not_worse:
        vetoed = replace(comparison, not_worse=False, better=False)
        report = replace(report, comparison=vetoed, reason=f"worse on the gold set: {gold.reason}")
    elif comparison is not None:
        report = replace(report, reason=comparison.reason)
        if comparison.better and (known is None or known.state == "candidate"):
            return replace(report, outcome="promoted")
    return _same(report, known) if known else report


def _same(report: TrainingReport, known: Registered) -> TrainingReport:
    """Return the report where nothing is to be learned from these labels that was not learned before."""
    why = f"{known.version} was learned from these labels already ({known.state}: {known.reason})"
    return replace(report, outcome="known", reason=why, version=known.version, training_hash=known.training_hash)


def _about(report: TrainingReport, parent: str, examples: Sequence[Labelled], seed: int) -> dict[str, Any]:
    return {
        "parent": parent,
        "training": {"hash": report.training_hash, "incidents": len(examples), "seed": seed},
        "features": list(columns_of(examples)),
        "figures": plain(asdict(report.comparison.challenger)) if report.comparison else {},
    }


def _finished(
    report: TrainingReport,
    who: str,
    contests: Sequence[_Contest | None],
    learned: tuple[Model, str, list[str]] | None = None,
    *,
    write: Write | None,
) -> TrainingReport:
    """Keep the evidence and what was learned, and change what answers: all of it or nothing."""
    if write is None:
        return report

    def do(warehouse: Warehouse) -> None:
        if current(warehouse) != report.current:
            raise Conflict("another ranker answers since this one began to learn; train again")
        with warehouse.transaction():
            _keep_evidence(warehouse, contests, report.current)
            if report.demoted:
                promote(warehouse, HEURISTIC, who, reason=f"{report.current} is measurably worse, or damaged")
                _keep_evidence(warehouse, contests, HEURISTIC)
            if learned and report.version and report.comparison and report.training_hash:
                model, parent, incidents = learned
                keep(
                    warehouse,
                    model,
                    parent=parent,
                    training_hash=report.training_hash,
                    incidents=incidents,
                    figures=plain(asdict(report.comparison.challenger)),
                    comparison=_compared(report),
                    who=who,
                    reason=report.reason,
                )
            if report.outcome == "promoted" and report.version:
                promote(warehouse, report.version, who, reason=report.reason)

    write(do)
    return replace(report, kept=True)


def _keep_evidence(warehouse: Warehouse, contests: Sequence[_Contest | None], answering: str) -> None:
    for contest in contests:
        if contest and contest.current == answering:
            contest.keep(warehouse)


def _compared(report: TrainingReport) -> dict[str, Any]:
    """Return the comparison as it is kept with a version: with whom, on held-out labels and on the gold set."""
    against = HEURISTIC if report.demoted else report.current
    found = asdict(report.comparison) if report.comparison else {}
    return dict(plain(found | {"against": against, "on_gold": report.on_gold and asdict(report.on_gold)}))


def plain(value: Any) -> Any:
    """Return JSON data with null for each number that is not finite."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
