"""An incident as it is sent, and the tag of its version."""

from api.edits import etag
from rca.incidents import handled
from rca.warehouse import Warehouse


def current_tag(warehouse: Warehouse, incident: str) -> str:
    """Return the entity tag of an incident as it is now."""
    row = warehouse.connection.execute(
        """SELECT (SELECT coalesce(max(place), 0) FROM incident_events WHERE incident = $1),
                  (SELECT coalesce(max(place), 0) FROM feedback WHERE incident = $1),
                  (SELECT id FROM analyses WHERE incident = $1 ORDER BY given_at DESC, id LIMIT 1)""",
        [incident],
    ).fetchone() or (0, 0, None)
    return etag(f"{row[0]}.{row[1]}.{(row[2] or '')[:12]}")


def incident_json(warehouse: Warehouse, name: str) -> tuple[str, str]:
    """Return an incident's tag, and it and its latest answer as JSON: the answer as the very text that is kept."""
    now, tag = handled(warehouse, name), current_tag(warehouse, name)
    row = warehouse.connection.execute(
        "SELECT document FROM analyses WHERE incident = ? ORDER BY given_at DESC, id LIMIT 1", [name]
    ).fetchone()
    rest = now.model_dump_json(by_alias=True).removesuffix("}")
    return tag, f'{rest},"analysis":{row[0] if row else "null"}}}'
