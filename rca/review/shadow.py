"""What the candidate for the current ranker would have answered, kept beside the answer for comparison."""

import json
import math

from rankers import supervised
from rankers.model import Model
from rankers.proposed import Proposed
from rca.warehouse import Warehouse


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


def _rounded(probability: float) -> float | None:
    return round(probability, 6) if math.isfinite(probability) else None
