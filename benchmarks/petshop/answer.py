"""What the engine and the peers answer to one issue: nodes in order, how sure, how long it took."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.incidents.report import ENGINE
from benchmarks.petshop.bundle import write_bundle
from benchmarks.petshop.cases import Issue
from benchmarks.petshop.peers import PEERS
from benchmarks.petshop.rcaeval import METHODS, rank
from benchmarks.recorded.answer import Answer, of_engine
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
    return of_engine(analysis, seconds)


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
