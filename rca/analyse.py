"""The composition root: from a warehouse and an incident to the answer."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from candidates import Generator, families
from candidates.measures.reality import as_far_as_real
from rankers import supervised
from rankers.proposed import Proposed, Ranked
from rca.blame import assign_blame
from rca.bundle import read_bundle
from rca.errors import InputError, UnknownName
from rca.evidence.aside import set_aside
from rca.evidence.gather import gather
from rca.evidence.rolled import rolled_up
from rca.ingest import ingest_bundle
from rca.ingest.documents import load_incidents, load_system
from rca.moved import what_moved
from rca.profile import update_profile
from rca.review import keep_analysis
from rca.review.choice import Asked, Choice, choose
from rca.review.shadow import keep_shadow
from rca.symptom import measure_symptom, measured_symptom, other_reading
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, Cause, FamilyNote, IncidentSummary, Moved
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence, Series, Symptom
from schemas.incident import Incident
from schemas.system import System

_log = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]
REAL = 0.01
SKEW, OVERFITTING = "training_serving_skew", "overfitting"
MIN_CONFIDENCE = 0.005
"""Candidates less probable than this are left out of the answer, ..."""

LISTED = 3
"""... except for so many of the first that explain anything: where to look first is worth knowing, however
improbable; `none_of_these` says how much so."""


class _Clock:
    """Milliseconds spent per stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.spent[stage] = round(self.spent.get(stage, 0.0) + 1000 * (now - self.last), 1)
        self.last = now


def analyse(
    warehouse: Warehouse,
    incident: Incident,
    *,
    system: System | None = None,
    generators: Mapping[str, Generator] | None = None,
    timings_ms: Mapping[str, float] | None = None,
    ranker: Choice | None = None,
) -> Analysis:
    """Explain one incident from an ingested and profiled warehouse.

    Parameters
    ----------
    generators
        Family -> generator; default: every file of `candidates/`.
    timings_ms
        What earlier stages took, milliseconds, to report along.
    ranker
        What ranks; default: the ranker that is current in the warehouse.

    Raises
    ------
    InputError
        When the incident's node or metric is unknown or cannot be computed.
    """
    return examine(
        warehouse, incident, ranker or choose(warehouse), system=system, generators=generators, timings_ms=timings_ms
    )[0]


def examine(
    warehouse: Warehouse,
    incident: Incident,
    ranker: Choice,
    *,
    system: System | None = None,
    generators: Mapping[str, Generator] | None = None,
    timings_ms: Mapping[str, float] | None = None,
) -> tuple[Analysis, Proposed]:
    """Return the answer and what its ranker saw; parameters as of `analyse`. Nothing is written."""
    clock = _Clock()
    system, generators = system or load_system(warehouse), generators or families()
    symptom, evidence, settled = _looked_at(warehouse, system, incident, clock)
    answer, proposed = _answered(warehouse, ranker, generators, symptom, evidence, clock)
    other = None if settled or _decided(answer) else other_reading(warehouse, system, symptom.incident, symptom)
    clock.lap("symptom")
    if other is not None:
        evidence = gather(warehouse, system, other)
        clock.lap("evidence")
        second = _answered(warehouse, ranker, generators, other, evidence, clock)
        answer, proposed = second if _decided(second[0]) else (answer, proposed)
    return answer.model_copy(update={"timings_ms": dict(timings_ms or {}) | clock.spent}), proposed


def _decided(answer: Analysis) -> bool:
    """Return whether a cause is likelier than none of them."""
    return bool(answer.causes) and answer.causes[0].confidence >= answer.none_of_these


def _answered(  # noqa: PLR0917 (what to ask, about what, with what: all belong to the call)
    warehouse: Warehouse,
    ranker: Choice,
    generators: Mapping[str, Generator],
    symptom: Symptom,
    evidence: Evidence,
    clock: _Clock,
) -> tuple[Analysis, Proposed]:
    """Return the answer for one reading of the symptom, and what its ranker saw."""
    findings, broken = _ask(generators, evidence)
    clock.lap("candidates")
    candidates = [as_far_as_real(c, symptom) for found in findings.values() for c in found.candidates]
    blame = assign_blame(evidence, candidates)
    clock.lap("blame")
    proposed = Proposed(candidates, [b.root for b in blame], symptom.p_value)
    ranking = supervised.rank(ranker.model, proposed)
    told = {
        id(c): (b.path, moved)
        for c, b, moved in zip(candidates, blame, what_moved(ranker.model, proposed), strict=True)
    }
    clock.lap("rank")
    ranked = ranking.ranked
    shown = tuple(r for place, r in enumerate(ranked) if r.confidence >= MIN_CONFIDENCE or _first(place, r.candidate))
    answer = Analysis(
        incident=_summary(symptom),
        causes=tuple(_cause(i, r, *told[id(r.candidate)]) for i, r in enumerate(shown, start=1)),
        none_of_these=ranking.none,
        ruled_out=(*_notes(findings, "ruled_out"), *_improbable(ranked, {r.candidate.family for r in shown})),
        not_examined=_notes(findings, "not_examined"),
        ranker=ranker.info,
        timings_ms=dict(clock.spent),
        warnings=(
            *ranker.warnings,
            *symptom.warnings,
            *rolled_up(warehouse, evidence.models, symptom),
            *set_aside(warehouse),
            *broken,
            *_unexamined(symptom, findings),
        ),
    )
    return answer, proposed


def _looked_at(
    warehouse: Warehouse, system: System, incident: Incident, clock: _Clock
) -> tuple[Symptom, Evidence, bool]:
    """Return the symptom, its evidence, and whether the training rows were ruled out as its baseline.

    Training rows known by heart are one only if the model overfits.
    """
    symptom = measured_symptom(warehouse, system, incident)
    clock.lap("symptom")
    evidence = gather(warehouse, system, symptom)
    clock.lap("evidence")
    if not symptom.by_heart:
        return symptom, evidence, False
    findings, _ = _ask({SKEW: families()[SKEW]}, evidence)
    clock.lap("candidates")
    if any(candidate.mechanism == OVERFITTING for candidate in findings[SKEW].candidates):
        return symptom, evidence, False
    symptom = measure_symptom(warehouse, system, symptom.incident, by_heart=False)
    clock.lap("symptom")
    evidence = gather(warehouse, system, symptom)
    clock.lap("evidence")
    return symptom, evidence, True


def _ask(generators: Mapping[str, Generator], evidence: Evidence) -> tuple[dict[str, Findings], list[str]]:
    """Return what each family found, and a warning for each that failed: the others still answer."""
    findings: dict[str, Findings] = {}
    warnings: list[str] = []
    with threadpool_limits(limits=1, user_api="blas"):  # matrices are small; two busy threads wait for each other
        for name, generate in sorted(generators.items()):
            try:
                findings[name] = generate(evidence)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the other families answer
                _log.exception("the family %s failed on incident %s", name, evidence.symptom.incident.id)
                why = f"an internal error stopped it ({type(error).__name__}: {error})"
                findings[name] = Findings(not_examined=why)
                warnings.append(f"{name} was not examined: {why}; please report it with the log's traceback")
    return findings, warnings


def _first(place: int, candidate: Candidate) -> bool:
    return place < LISTED and candidate.impact > 0


def _notes(findings: Mapping[str, Findings], which: str) -> tuple[FamilyNote, ...]:
    reasons = {name: getattr(found, which) for name, found in findings.items()}
    return tuple(FamilyNote(family=name, reason=reason) for name, reason in reasons.items() if reason)


def _improbable(ranked: Sequence[Ranked], shown: set[str]) -> tuple[FamilyNote, ...]:
    """Return why a family that proposed something is not among the causes: its best candidate is too improbable."""
    best: dict[str, Candidate] = {}
    for one in ranked:
        best.setdefault(one.candidate.family, one.candidate)
    return tuple(
        FamilyNote(
            family=family,
            reason=f"{c.subject or c.mechanism} of {c.node} explains {min(1.0, max(0.0, c.impact)):.0%} and is less "
            f"probable than {MIN_CONFIDENCE:.1%}",
        )
        for family, c in sorted(best.items())
        if family not in shown
    )


def _unexamined(symptom: Symptom, findings: Mapping[str, Findings]) -> tuple[str, ...]:
    """Return a warning when `none_of_these` is high only because little could be looked at."""
    blind = [name for name, found in findings.items() if found.not_examined]
    if not blind or any(found.candidates for found in findings.values()) or symptom.p_value > REAL:
        return ()
    told = f"{len(blind)} of {len(findings)} families could not be examined"
    return (f"{told}: none_of_these only says that nothing that could be looked at explains the symptom",)


def _cause(rank: int, ranked: Ranked, path: tuple[str, ...], moved: tuple[Moved, ...]) -> Cause:
    c: Candidate = ranked.candidate
    return Cause(
        rank=rank,
        family=c.family,
        mechanism=c.mechanism,
        node=c.node,
        subject=c.subject,
        slice=c.slice,
        confidence=round(ranked.confidence, 6),
        impact=round(min(1.0, max(0.0, c.impact)), 4),
        onset=c.onset,
        blame_path=path,
        summary=c.summary,
        evidence=c.evidence,
        verify=c.verify,
        remedy=c.remedy,
        features={name: round(value, 6) for name, value in sorted(ranked.features.items())},
        moved=moved,
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _series(series: Series) -> dict[str, list[object]]:
    return {
        "ts": [str(moment) + "Z" for moment in series.ts.astype("datetime64[s]")],
        "value": [_finite(v) for v in series.value],
        "n": [_finite(n) for n in series.n],
    }


def _summary(symptom: Symptom) -> IncidentSummary:
    incident = symptom.incident
    return IncidentSummary(
        id=incident.id,
        node=incident.node,
        metric=incident.metric,
        direction=symptom.direction,
        baseline=(symptom.baseline.start, symptom.baseline.end),
        window=(symptom.window.start, symptom.window.end),
        onset=symptom.onset.at,
        baseline_value=_finite(symptom.baseline_value),
        value=_finite(symptom.value),
        significance=_finite(min(1.0, max(0.0, symptom.p_value))) if np.isfinite(symptom.p_value) else None,
        title=incident.title,
        severity=incident.severity,
        onset_interval=(symptom.onset.low, symptom.onset.high),
        series=_series(symptom.series),
    )


def _chosen(incidents: tuple[Incident, ...], incident_id: str | None, where: Path) -> tuple[Incident, ...]:
    if incident_id is None:
        if not incidents:
            raise InputError(
                "no incident to explain", file=where, mend="add incident.json, or give --node, --metric, --detected-at"
            )
        return incidents
    chosen = tuple(i for i in incidents if i.id == incident_id)
    if not chosen:
        raise UnknownName("incident", incident_id, [i.id for i in incidents], file=where)
    return chosen


def _explain(
    warehouse: Warehouse,
    incidents: tuple[Incident, ...],
    spent: Mapping[str, float],
    progress: Progress | None,
    asked: Asked,
    *,
    keep: bool,
) -> list[Analysis]:
    """Return an answer for each incident, kept in the database under its id if asked for."""
    system, ranker = load_system(warehouse), choose(warehouse, asked)
    out = []
    for done, incident in enumerate(incidents):
        if progress:
            progress(f"explaining {incident.id}", done, len(incidents))
        answer, proposed = examine(warehouse, incident, ranker, system=system, timings_ms=spent)
        out.append(keep_answer(warehouse, answer, proposed, ranker) if keep else answer)
    return out


def keep_answer(warehouse: Warehouse, answer: Analysis, proposed: Proposed, ranker: Choice) -> Analysis:
    """Keep an answer under an id, with what its ranker saw and what the next ranker would have said; return it."""
    key = keep_analysis(warehouse, answer, proposed)
    if ranker.shadow:
        keep_shadow(warehouse, key, ranker.shadow, proposed)
    return answer.model_copy(update={"id": key})


def analyse_bundle(
    folder: Path,
    *,
    db: Path | None = None,
    incident_id: str | None = None,
    incident: Incident | None = None,
    progress: Progress | None = None,
    ranker: Asked = "auto",
) -> list[Analysis]:
    """Ingest a bundle (into a temporary database unless `db` is given) and explain its incidents.

    A database keeps each answer, under its `id`, with what the ranker saw: feedback refers to it. Which ranker answers
    is said by `rca.review.choice.choose`.
    """
    with Warehouse(db) as warehouse:
        clock = _Clock()
        ingest_bundle(warehouse, folder, progress)
        clock.lap("ingest")
        update_profile(warehouse, progress)
        clock.lap("profile")
        incidents = (incident,) if incident else _chosen(read_bundle(folder).incidents, incident_id, folder)
        return _explain(warehouse, incidents, clock.spent, progress, ranker, keep=db is not None)


def analyse_database(
    db: Path,
    *,
    incident_id: str | None = None,
    incident: Incident | None = None,
    progress: Progress | None = None,
    ranker: Asked = "auto",
) -> list[Analysis]:
    """Explain incidents of an already ingested database, which keeps each answer under its `id`."""
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with rca ingest BUNDLE --db FILE")
    with Warehouse(db) as warehouse:
        update_profile(warehouse, progress)
        incidents = (incident,) if incident else _chosen(load_incidents(warehouse), incident_id, db)
        return _explain(warehouse, incidents, {"ingest": 0.0, "profile": 0.0}, progress, ranker, keep=True)
