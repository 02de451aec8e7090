"""OpenLineage run events; dataset and job events carry no run and are told apart by their keys."""

import json
from typing import Any

from api.problems import Problem
from rca.live.delivery import Lines


def run_events(value: Any) -> Lines:
    """Return the run events of a body: one event, or a list of them.

    Raises
    ------
    Problem
        When an event is no object, or is not a run event.
    """
    events = value if isinstance(value, list) else [value]
    for place, event in enumerate(events, 1):
        if not isinstance(event, dict) or "eventTime" not in event or "job" not in event:
            raise Problem(422, "no-run-event", f"event {place} has no eventTime or no job; send OpenLineage RunEvents")
    encode = json.JSONEncoder(separators=(",", ":")).encode
    return Lines([encode(event).encode() for event in events])
