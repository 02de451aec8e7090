"""Incidents as they are handled: opened, merged, closed; listed, filtered and told in order."""

from rca.incidents.events import handled, read_incident
from rca.incidents.handle import (
    alerted,
    close,
    edit,
    merge,
    note,
    open_incident,
    reopen,
    split,
    split_off,
    verified,
)
from rca.incidents.listing import facets, incident_page
from rca.incidents.overview import refresh
from rca.incidents.timeline import timeline
from rca.incidents.weeks import week_of, week_start

__all__ = [
    "alerted",
    "close",
    "edit",
    "facets",
    "handled",
    "incident_page",
    "merge",
    "note",
    "open_incident",
    "read_incident",
    "refresh",
    "reopen",
    "split",
    "split_off",
    "timeline",
    "verified",
    "week_of",
    "week_start",
]
