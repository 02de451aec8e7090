"""What the candidate for the current ranker would have answered, kept beside the answer for comparison."""

import json
import math
from dataclasses import dataclass

from rankers import supervised
from rankers.model import Model
from rankers.proposed import Proposed
from rca.review.labels import settled
from rca.review.registry import all_versions
from rca.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Shadowed:
    """How a candidate did beside the rankers that answered.

    Parameters
    ----------
    answers
        Kept answers that it was scored beside.
    agreed
        Those with the same first cause.
    judged
        Those of whose incident a cause was confirmed, where neither ranker had learned from it, ...
    right, answered_right
        ... and how often the candidate's first cause was right, and the one that was shown.
    """

    answers: int
    agreed: int
    judged: int
    right: int
    answered_right: int


def keep_shadow(warehouse: Warehouse, key: str, candidate: Model, proposed: Proposed) -> None:
    """Keep the order and the confidences of a candidate beside a kept answer.

    It is a by-product: whatever is wrong with the candidate, the answer stands.

    Parameters
    ----------
    key
        Id of the kept answer.
    """
    try:
        ranking = supervised.rank(candidate, proposed)
        document = {
            "ranker": candidate.version,
            "causes": [[*each.candidate.key, _rounded(each.confidence)] for each in ranking.ranked],
            "none_of_these": _rounded(ranking.none),
        }
        text = json.dumps(document, allow_nan=False)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return
    warehouse.connection.execute("UPDATE analyses SET shadow = ? WHERE id = ?", [text, key])


def shadowed(warehouse: Warehouse, version: str) -> Shadowed:
    """Return how a candidate did in the shadow."""
    rows = warehouse.connection.execute(
        "SELECT incident, ranker_version, document->'$.causes[0]', shadow->'$.causes[0]' FROM analyses "
        "WHERE shadow->>'$.ranker' = ? ORDER BY id",
        [version],
    ).fetchall()
    learned = {each.version: {*each.incidents} for each in all_versions(warehouse)}
    right = {each.incident: {label.cause for label in each.labels if label.positive} for each in settled(warehouse)}
    answers = agreed = judged = candidate_right = answered_right = 0
    for incident, answered_by, shown_text, candidate_text in rows:
        first = json.loads(shown_text or "{}")
        shown = (first.get("family"), first.get("node"), first.get("subject"))
        candidate = tuple(json.loads(candidate_text or "[]")[:3])
        answers += 1
        agreed += shown == candidate
        remembered = incident in learned.get(version, ()) or incident in learned.get(answered_by, ())
        if right.get(incident) and not remembered:
            judged += 1
            candidate_right += candidate in right[incident]
            answered_right += shown in right[incident]
    return Shadowed(answers, agreed, judged, candidate_right, answered_right)


def _rounded(probability: float) -> float | None:
    return round(probability, 6) if math.isfinite(probability) else None
