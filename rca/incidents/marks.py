"""What a line of the list shows beside its row: since when, how often the same cause came back, who reviewed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rca.incidents.events import aware
from rca.warehouse import Warehouse

RECENT_DAYS = 90
"""Incidents this near in time count as the same cause coming back."""

_MARKS = f"""
WITH asked AS (SELECT unnest(?::VARCHAR[]) AS incident),
-- a row is an incident and the cause that is settled or, before that, the most probable
caused AS (
    SELECT incident, onset, detected_at, state, coalesce(right_family, family) AS kind,
        coalesce(right_node, cause_node) AS place,
        CASE WHEN right_family IS NULL THEN cause_subject ELSE right_subject END AS part
    FROM incident_overview WHERE outcome IS DISTINCT FROM 'no_fault'
),
again AS (
    SELECT one.incident, count(*) AS times
    FROM (SELECT * FROM caused SEMI JOIN asked USING (incident)) AS one
    JOIN caused AS other ON one.kind = other.kind AND one.place = other.place
        AND one.part IS NOT DISTINCT FROM other.part AND one.incident <> other.incident AND other.state <> 'merged'
        AND abs(date_diff('day', one.detected_at, other.detected_at)) <= {RECENT_DAYS}
    GROUP BY one.incident
),
judged AS (
    SELECT incident, list(DISTINCT who ORDER BY who) AS who FROM standing_verdicts SEMI JOIN asked USING (incident)
    GROUP BY incident
)
SELECT incident, onset, coalesce(times, 0), coalesce(who, [])
FROM asked LEFT JOIN (SELECT incident, onset FROM incident_overview) USING (incident)
LEFT JOIN again USING (incident) LEFT JOIN judged USING (incident)
"""


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one incident: its onset, other incidents of the same cause within 90 days, and who gave a verdict."""

    onset: datetime | None
    again: int
    reviewers: tuple[str, ...]


def marks(warehouse: Warehouse, incidents: Iterable[str]) -> dict[str, Marks]:
    """Return incident -> its marks; reads the overview, which `refresh` keeps in step."""
    rows = warehouse.connection.execute(_MARKS, [list(incidents)]).fetchall()
    return {
        incident: Marks(onset and aware(onset), times, tuple(reviewers)) for incident, onset, times, reviewers in rows
    }
