"""A site whose incidents the heuristic misjudges, and whose reviewers say what was right."""

from datetime import UTC, datetime, timedelta

import numpy as np

from rankers.proposed import Proposed
from rca.review import keep_analysis, record
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.candidate import Candidate
from schemas.feedback import Feedback, NamedCause
from tests.samples import analysis

START = datetime(2026, 3, 5, tzinfo=UTC)
FAMILIES = ("data_quality", "feature_drift", "model_change")


def candidates(number: int, *, hinted: bool = True) -> tuple[list[Candidate], int]:
    """Return an incident's candidates, and which is right: the one with the hint, which the heuristic does not weigh.

    Parameters
    ----------
    hinted
        Whether the hint is right; otherwise the cause that explains most is.
    """
    random = np.random.default_rng(number)
    impacts = np.sort(random.uniform(0.3, 0.9, 4))[::-1]
    right = int(random.integers(1, 4))
    found = [
        Candidate(
            FAMILIES[int(random.integers(len(FAMILIES)))],
            f"node-{place}",
            f"part-{place}",
            float(impact),
            10.0,
            0.6,
            "",
            features={"hint": float(place == right) + float(random.normal(0, 0.1))},
        )
        for place, impact in enumerate(impacts)
    ]
    return found, right if hinted else 0


def answer(name: str, found: list[Candidate]) -> Analysis:
    """Return an answer that lists all candidates in their order."""
    plain = analysis()
    causes = tuple(
        plain.causes[0].model_copy(
            update={"rank": rank, "family": c.family, "node": c.node, "subject": c.subject, "confidence": 0.2}
        )
        for rank, c in enumerate(found, start=1)
    )
    return plain.model_copy(
        update={"causes": causes, "incident": plain.incident.model_copy(update={"id": name}), "none_of_these": 0.1}
    )


def review(
    warehouse: Warehouse, numbers: range, *, hinted: bool = True, gold: bool = False, reviewers: int = 7
) -> None:
    """Keep an answer for each number and say what was right of it, a minute after the one before."""
    for number in numbers:
        found, right = candidates(number, hinted=hinted)
        name = f"inc-{number:04d}"
        key = keep_analysis(warehouse, answer(name, found), Proposed(found, [1.0] * len(found), 1e-9))
        chosen = found[right]
        said = Feedback(
            id=f"{number:06d}",
            at=START + timedelta(minutes=number),
            reviewer=f"reviewer {number % reviewers}",
            incident=name,
            analysis=key,
            cause=NamedCause(family=chosen.family, node=chosen.node, subject=chosen.subject),
            verdict="confirmed",
            seconds=60,
            gold=gold,
        )
        record(warehouse, said)
