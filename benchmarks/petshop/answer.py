"""What the engine and the peers answer to one issue: nodes in order, how sure, how long it took."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.nezha.answer import ENGINE, RANKING, Answer, each_once
from benchmarks.petshop.bundle import write_bundle
from benchmarks.petshop.cases import Issue
from benchmarks.petshop.peers import PEERS
from benchmarks.petshop.rcaeval import METHODS, rank
from rca.analyse import analyse
from rca.bundle import read_bundle
from rca.ingest import ingest_bundle
from rca.profile import update_profile
from rca.warehouse import Warehouse


def engine(issue: Issue) -> Answer:
    """Return the engine's answer, through the files of a bundle like anybody's."""
    with TemporaryDirectory(prefix="rca-petshop-") as scratch, Warehouse(None) as warehouse:
        folder = write_bundle(issue, Path(scratch))
        started = time.perf_counter()
        ingest_bundle(warehouse, folder)
        update_profile(warehouse)
        analysis = analyse(warehouse, read_bundle(folder).incidents[0])
        seconds = time.perf_counter() - started
    causes = analysis.causes
    return Answer(
        nodes=each_once(cause.node for cause in causes),
        confidence=causes[0].confidence if causes else 0.0,
        none_of_these=analysis.none_of_these,
        seconds=seconds,
        ranking_seconds=sum(analysis.timings_ms.get(stage, 0.0) for stage in RANKING) / 1000,
        told=tuple(f"{c.confidence:.2f} {c.family}/{c.mechanism} {c.node}:{c.subject}" for c in causes[:3]),
    )


def answers(issue: Issue, *, peers: bool = True, rcaeval: str | None = None) -> dict[str, Answer]:
    """Return method -> its answer."""
    found = {ENGINE: engine(issue)}
    for name, ask in PEERS.items() if peers else ():
        started = time.perf_counter()
        nodes = tuple(ask(issue))
        found[name] = Answer(nodes, ranking_seconds=time.perf_counter() - started)
    for method in METHODS if rcaeval else ():
        ranked, seconds = rank(issue, method, rcaeval or "")
        found[f"RCAEval {method}"] = Answer(tuple(ranked), ranking_seconds=seconds)
    return found
