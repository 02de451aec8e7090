"""The rows that an open incident still needs: those of its baseline and window."""

import json
from datetime import datetime, timedelta

from rca.ingest.documents import load_incidents
from rca.keep.periods import Period, ceil_hour, floor_hour
from rca.metrics.buckets import naive
from rca.review import settled
from rca.warehouse import Warehouse
from schemas.incident import Incident

BEFORE, AFTER = timedelta(days=14), timedelta(days=2)
"""What an incident that was never explained is taken to need before its first moment and after its last one."""


def open_incidents(warehouse: Warehouse) -> dict[str, Period]:
    """Return the incidents that are open, each with the hours from the start of its baseline to the end of its window.

    An incident that people handle is open until it is closed or merged; any other until its cause is settled.
    """
    last = dict(
        warehouse.connection.execute(
            "SELECT incident, arg_max(what, place) FROM incident_events "
            "WHERE what IN ('opened', 'reopened', 'closed', 'merged') GROUP BY incident"
        ).fetchall()
    )
    done = {one.incident for one in settled(warehouse) if one.labels}
    explained = _explained(warehouse)
    return {
        incident.id: explained.get(incident.id) or _guessed(incident)
        for incident in load_incidents(warehouse)
        if (last[incident.id] in {"opened", "reopened"} if incident.id in last else incident.id not in done)
    }


def _explained(warehouse: Warehouse) -> dict[str, Period]:
    rows = warehouse.connection.execute(
        "SELECT incident, CAST(arg_max(document, given_at) -> 'incident' AS VARCHAR) FROM analyses GROUP BY incident"
    ).fetchall()
    found = {}
    for incident, document in rows:
        told = json.loads(document)
        moments = [naive(datetime.fromisoformat(moment)) for moment in (*told["baseline"], *told["window"])]
        found[incident] = (floor_hour(min(moments)), ceil_hour(max(moments)))
    return found


def _guessed(incident: Incident) -> Period:
    moments = [m for m in (incident.started_at, incident.detected_at, incident.ended_at) if m]
    return floor_hour(naive(min(moments)) - BEFORE), ceil_hour(naive(max(moments)) + AFTER)
