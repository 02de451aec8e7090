"""What the engine and the peers answer to one case: services in order, how sure, how long it took."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.nezha.peers import PEERS
from rca.analyse import analyse
from rca.bundle import read_bundle
from rca.evidence.gather import gather
from rca.ingest import ingest_bundle
from rca.ingest.documents import load_system
from rca.profile import update_profile
from rca.symptom import measure_symptom
from rca.warehouse import Warehouse
from schemas.analysis import Analysis

ENGINE = "engine"
RANKING = ("candidates", "blame", "rank")
"""Stages that a peer's seconds stand beside: what is read and reduced from files is not among them."""


@dataclass(frozen=True)
class Answer:
    """One method's answer.

    Parameters
    ----------
    nodes
        Services, most suspicious first, each once.
    confidence, none_of_these
        Of the first cause and of none; NaN for methods without.
    seconds, ranking_seconds
        From the files, and for the ranking alone; NaN where not measured.
    told
        The first causes in words.
    """

    nodes: tuple[str, ...]
    confidence: float = float("nan")
    none_of_these: float = float("nan")
    seconds: float = float("nan")
    ranking_seconds: float = float("nan")
    told: tuple[str, ...] = ()


def each_once(nodes: Iterable[str]) -> tuple[str, ...]:
    """Return names in order without those that came before."""
    return tuple(dict.fromkeys(nodes))


def answers(folder: Path, *, peers: bool = True) -> dict[str, Answer]:
    """Return method -> its answer to one bundle."""
    started = time.perf_counter()
    with Warehouse(None) as warehouse:
        ingest_bundle(warehouse, folder)
        update_profile(warehouse)
        incident = read_bundle(folder).incidents[0]
        analysis = analyse(warehouse, incident)
        found = {ENGINE: _of_engine(analysis, time.perf_counter() - started)}
        if peers:
            system = load_system(warehouse)
            evidence = gather(warehouse, system, measure_symptom(warehouse, system, incident))
            for name, rank in PEERS.items():
                before = time.perf_counter()
                nodes = tuple(rank(evidence))
                found[name] = Answer(nodes, ranking_seconds=time.perf_counter() - before)
    return found


def _of_engine(analysis: Analysis, seconds: float) -> Answer:
    causes = analysis.causes
    return Answer(
        nodes=each_once(cause.node for cause in causes),
        confidence=causes[0].confidence if causes else 0.0,
        none_of_these=analysis.none_of_these,
        seconds=seconds,
        ranking_seconds=sum(analysis.timings_ms.get(stage, 0.0) for stage in RANKING) / 1000,
        told=tuple(f"{c.confidence:.2f} {c.family}/{c.mechanism} {c.node}:{c.subject}" for c in causes[:3]),
    )
