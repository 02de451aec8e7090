"""What the engine and the peers answer to one recorded case."""

import time
from pathlib import Path

from benchmarks.incidents.report import ENGINE
from benchmarks.nezha.peers import PEERS
from benchmarks.recorded.answer import Answer, of_engine
from rca.analyse import analyse
from rca.bundle import read_bundle
from rca.evidence.gather import gather
from rca.ingest import ingest_bundle
from rca.ingest.documents import load_system
from rca.profile import update_profile
from rca.symptom import measure_symptom
from rca.warehouse import Warehouse


def answers(folder: Path, *, peers: bool = True) -> dict[str, Answer]:
    """Return method -> its answer to one bundle."""
    started = time.perf_counter()
    with Warehouse(None) as warehouse:
        ingest_bundle(warehouse, folder)
        update_profile(warehouse)
        incident = read_bundle(folder).incidents[0]
        analysis = analyse(warehouse, incident)
        found = {ENGINE: of_engine(analysis, time.perf_counter() - started)}
        if peers:
            system = load_system(warehouse)
            evidence = gather(warehouse, system, measure_symptom(warehouse, system, incident))
            for name, rank in PEERS.items():
                before = time.perf_counter()
                nodes = tuple(rank(evidence))
                found[name] = Answer(nodes, ranking_seconds=time.perf_counter() - before)
    return found
