"""A database with a system and answers of its incidents."""

from collections.abc import Callable, Iterator

import pytest

from rca.incidents import open_incident
from rca.review import keep_analysis, record
from rca.warehouse import Warehouse
from schemas.feedback import Feedback
from tests.rca.incidents.stories import AT, incident
from tests.rca.review.conftest import of_incident, proposed_of, with_system

Say = Callable[[Feedback], Feedback]


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with Warehouse() as opened:
        yield with_system(opened)


@pytest.fixture
def explained(warehouse: Warehouse) -> Callable[..., str]:
    """Return a function that opens an incident and keeps an answer of it."""

    def explain(name: str, **parts) -> str:
        open_incident(warehouse, incident(name, **parts), "monitor", parts.get("detected_at", AT))
        answer = of_incident(name)
        return keep_analysis(warehouse, answer, proposed_of(answer), at=AT)

    return explain


@pytest.fixture
def say(warehouse: Warehouse) -> Say:
    return lambda said: record(warehouse, said.model_copy(update={"analysis": None}))
