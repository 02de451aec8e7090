"""Databases with kept answers, made by hand: the log of feedback needs no engine."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rankers.proposed import Proposed
from rca.review import keep_analysis
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.candidate import Candidate
from tests.samples import analysis


def proposed_of(answer: Analysis) -> Proposed:
    """What a ranker may have seen before it gave this answer, and one candidate that it did not list."""
    listed = [Candidate(c.family, c.node, c.subject, c.impact, 3.0, 0.5, c.summary) for c in answer.causes]
    unlisted = Candidate("label_change", "fraud-scorer", None, 0.1, 1.0, 0.1, "late labels")
    return Proposed((*listed, unlisted), (1.0,) * (len(listed) + 1), 1e-9)


def of_incident(name: str) -> Analysis:
    """The sample's answer, for an incident of another name."""
    answer = analysis()
    return answer.model_copy(update={"incident": answer.incident.model_copy(update={"id": name})})


SYSTEM = {
    "nodes": [
        {"id": "payments-feed", "kind": "dataset"},
        {"id": "fraud-scorer", "kind": "model"},
        {"id": "approvals", "kind": "kpi"},
    ],
    "edges": [{"from": "payments-feed", "to": "fraud-scorer"}],
}

Keep = Callable[[Analysis], str]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "rca.duckdb"


def with_system(warehouse: Warehouse) -> Warehouse:
    warehouse.connection.execute("INSERT INTO systems VALUES ('0', 1, ?)", [json.dumps(SYSTEM)])
    return warehouse


def open_memory() -> Warehouse:
    """Return a database in memory with the system and the sample's answer, for laws that need many."""
    warehouse = with_system(Warehouse())
    keep_analysis(warehouse, analysis(), proposed_of(analysis()))
    return warehouse


@pytest.fixture
def warehouse(database: Path) -> Iterator[Warehouse]:
    with Warehouse(database) as opened:
        yield with_system(opened)


@pytest.fixture
def keep(warehouse: Warehouse) -> Keep:
    return lambda answer: keep_analysis(warehouse, answer, proposed_of(answer))


@pytest.fixture
def kept(keep: Keep) -> str:
    """Return the id of the sample's answer of incident inc-42, which has three causes."""
    return keep(analysis())
