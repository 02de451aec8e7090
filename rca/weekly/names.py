"""What the incidents of a review are called, and what they turned out to be by now."""

from collections.abc import Sequence
from dataclasses import dataclass

from rca.incidents import refresh
from rca.warehouse import Warehouse

_NAMES = """
SELECT incident, title, severity, node, metric, outcome, right_family, right_node
FROM incident_overview WHERE incident IN (SELECT unnest($names::VARCHAR[]))
"""


@dataclass(frozen=True, slots=True)
class NamedIncident:
    """An incident in a line; `outcome` None: nothing is settled."""

    incident: str
    title: str | None
    severity: str | None
    node: str
    metric: str
    outcome: str | None
    right_family: str | None
    right_node: str | None


def named_incidents(warehouse: Warehouse, names: Sequence[str]) -> dict[str, NamedIncident]:
    """Return id -> the incident, of those that are known."""
    refresh(warehouse)
    rows = warehouse.connection.execute(_NAMES, {"names": list(names)}).fetchall()
    return {row[0]: NamedIncident(*row) for row in rows}
