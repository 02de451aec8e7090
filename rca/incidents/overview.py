"""What lists and reviews ask of incidents, one row each, kept in step with what it is worked out from.

`refresh` compares the logs with what the rows were made from and works out anew those that have grown, so that reading
ten thousand incidents parses no document. Whatever it holds follows from the logs: emptying it loses nothing.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from rca.incidents.events import Folded, events_of, folded, naive
from rca.incidents.verdicts import Judged, judged
from rca.ingest.documents import latest_system
from rca.review import history
from rca.review.similar import SHAPE, signature
from rca.warehouse import Warehouse
from schemas.feedback import Feedback, account

BATCH = 2000
"""Incidents that are worked out at a time."""

_STALE = """
-- a row is an incident and what there is of it now
WITH documents AS (SELECT id AS incident, hash(document) AS source FROM incidents),
answers AS (
    SELECT DISTINCT ON (incident) incident, id AS analysis FROM analyses ORDER BY incident, given_at DESC, id
),
said AS (SELECT incident, max(place) AS last_record FROM feedback GROUP BY incident),
happened AS (SELECT incident, max(place) AS version FROM incident_events GROUP BY incident),
now AS (
    SELECT incident, source, analysis, coalesce(last_record, 0) AS last_record, coalesce(version, 0) AS version
    FROM documents FULL JOIN answers USING (incident)
    LEFT JOIN said USING (incident) LEFT JOIN happened USING (incident)
)
SELECT incident, now.source IS NULL AND now.analysis IS NULL AS gone
FROM now FULL JOIN incident_overview AS kept USING (incident)
WHERE (now.source, now.analysis, now.last_record, now.version)
    IS DISTINCT FROM (kept.source, kept.analysis, kept.last_record, kept.version)
ORDER BY incident
"""

_FACTS = """
-- a row is an incident: its document, and of its latest answer what a list shows
WITH asked AS (SELECT unnest(?::VARCHAR[]) AS incident),
answers AS (
    SELECT DISTINCT ON (incident) incident, id AS analysis, document AS answer
    FROM analyses SEMI JOIN asked USING (incident) ORDER BY incident, given_at DESC, id
)
SELECT incident, hash(document) AS source, document, analysis,
    json_array_length(answer, '$.causes') AS causes,
    answer->'$.causes[0]' AS first, answer->'$.incident' AS symptom, answer->>'$.none_of_these' AS none_of_these,
    json_transform(answer, ?) AS shape
FROM asked LEFT JOIN incidents ON id = incident LEFT JOIN answers USING (incident)
"""

_FIRSTS = """
-- a row is an answer and its most probable cause
SELECT id, document->'$.causes[0]' FROM analyses WHERE id IN (SELECT unnest(?::VARCHAR[]))
"""

_COLUMNS = {
    "incident": "VARCHAR",
    "source": "UBIGINT",
    "analysis": "VARCHAR",
    "last_record": "BIGINT",
    "version": "BIGINT",
    "node": "VARCHAR",
    "metric": "VARCHAR",
    "title": "VARCHAR",
    "severity": "VARCHAR",
    "detected_at": "TIMESTAMP",
    "onset": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "state": "VARCHAR",
    "merged_into": "VARCHAR",
    "assigned": "VARCHAR",
    "closed_at": "TIMESTAMP",
    "family": "VARCHAR",
    "cause_node": "VARCHAR",
    "cause_subject": "VARCHAR",
    "confidence": "DOUBLE",
    "none_of_these": "DOUBLE",
    "causes": "INTEGER",
    "outcome": "VARCHAR",
    "right_family": "VARCHAR",
    "right_node": "VARCHAR",
    "right_subject": "VARCHAR",
    "right_at": "TIMESTAMP",
    "right_rank": "INTEGER",
    "judged_confidence": "DOUBLE",
    "judged_right": "BOOLEAN",
    "records": "INTEGER",
    "disputed": "BOOLEAN",
    "people": ["VARCHAR"],
    "text": "VARCHAR",
}
_SIGNATURES = {"incident": "VARCHAR", "coordinate": "VARCHAR", "value": "FLOAT"}
_MADE = ("incident_overview", "standing_verdicts", "incident_signatures")
_VERDICTS = {"incident": "VARCHAR", "who": "VARCHAR", "cause": "VARCHAR", "agrees": "BOOLEAN", "noted_at": "TIMESTAMP"}

Row = dict[str, Any]


def refresh(warehouse: Warehouse) -> int:
    """Bring the overview in step with the logs, and return how many incidents were worked out anew.

    Where another connection does so at the same time, one of them leaves it to the other.
    """
    stale = warehouse.connection.execute(_STALE).fetchall()
    gone = [name for name, missing in stale if missing]
    names = [name for name, missing in stale if not missing]
    try:
        if gone:
            _forget(warehouse, gone)
        for start in range(0, len(names), BATCH):
            _renew(warehouse, names[start : start + BATCH])
    except (duckdb.TransactionException, duckdb.ConstraintException):
        return 0
    return len(stale)


def empty(warehouse: Warehouse) -> None:
    """Forget all rows; the next `refresh` works all of them out: after records were altered in place, say."""
    with warehouse.transaction():
        for table in _MADE:
            warehouse.connection.execute(f"DELETE FROM {table}")


def _forget(warehouse: Warehouse, incidents: Sequence[str]) -> None:
    with warehouse.transaction():
        _delete(warehouse, _MADE, incidents)


def _delete(warehouse: Warehouse, tables: Iterable[str], incidents: Sequence[str]) -> None:
    for table in tables:
        warehouse.connection.execute(
            f"DELETE FROM {table} WHERE incident IN (SELECT unnest(?::VARCHAR[]))", [list(incidents)]
        )


def _renew(warehouse: Warehouse, incidents: Sequence[str]) -> None:
    facts = warehouse.connection.execute(_FACTS, [list(incidents), json.dumps(SHAPE)]).fetchall()
    happened = events_of(warehouse, incidents)
    said: dict[str, list[Feedback]] = {}
    for each in history(warehouse, incidents):
        said.setdefault(each.incident, []).append(each)
    places = _last_places(warehouse, incidents)
    found = {name: judged(records) for name, records in said.items()}
    firsts = _firsts(warehouse, (each.analysis for each in found.values()))
    rows = [
        _row(fact, folded(happened.get(fact[0], ())), found.get(fact[0], Judged()), places.get(fact[0], 0), firsts)
        for fact in facts
    ]
    verdicts = [
        {"incident": name, "who": who, "cause": cause, "agrees": agrees, "noted_at": naive(at).isoformat()}
        for name, each in found.items()
        for who, cause, agrees, at in each.verdicts
    ]
    with warehouse.transaction():
        insert_rows(warehouse, "incident_overview", _COLUMNS, rows, replace=True)
        _delete(warehouse, _MADE[1:], incidents)
        insert_rows(warehouse, "standing_verdicts", _VERDICTS, verdicts)
        insert_rows(warehouse, "incident_signatures", _SIGNATURES, _signatures(warehouse, facts))


def _signatures(warehouse: Warehouse, facts: Iterable[Sequence[Any]]) -> list[Row]:
    """Return the signatures of the latest answers, each at length 1."""
    system = latest_system(warehouse)
    kinds = {name: node.kind for name, node in system.by_id.items()} if system else {}
    rows = []
    for incident, *_, shape in facts:
        coordinates = signature(shape, kinds) if shape else {}
        length = math.hypot(*coordinates.values())
        rows += [
            {"incident": incident, "coordinate": name, "value": value / length}
            for name, value in coordinates.items()
            if value and math.isfinite(value)
        ]
    return rows


def insert_rows(
    warehouse: Warehouse, table: str, columns: Mapping[str, Any], rows: Sequence[Row], *, replace: bool = False
) -> None:
    """Insert many rows at once: a hundred times faster than one by one."""
    if rows:
        warehouse.connection.execute(
            f"INSERT {'OR REPLACE ' if replace else ''}INTO {table} BY NAME "
            "SELECT unnest(from_json(?::JSON, ?), recursive := true)",
            [json.dumps(rows, allow_nan=False), json.dumps([columns])],
        )


def _last_places(warehouse: Warehouse, incidents: Sequence[str]) -> dict[str, int]:
    rows = warehouse.connection.execute(
        "SELECT incident, max(place) FROM feedback WHERE incident IN (SELECT unnest(?::VARCHAR[])) GROUP BY incident",
        [list(incidents)],
    ).fetchall()
    return dict(rows)


def _firsts(warehouse: Warehouse, analyses: Iterable[str | None]) -> dict[str, Row]:
    """Return answer -> its most probable cause."""
    rows = warehouse.connection.execute(_FIRSTS, [[key for key in analyses if key]]).fetchall()
    return {key: json.loads(cause) for key, cause in rows if cause}


def _row(fact: Sequence[Any], now: Folded, said: Judged, last_record: int, firsts: Mapping[str, Row]) -> Row:
    """Return one incident's row."""
    incident, source, document, analysis, causes, first, symptom, none_of_these, _ = fact
    own = json.loads(document) if document else {}
    measured = json.loads(symptom) if symptom else {}
    cause = json.loads(first) if first else {}
    window = measured.get("window") or [None, None]
    shown = firsts.get(said.analysis or "") if said.settled else None
    return {
        "incident": incident,
        "source": source,
        "analysis": analysis,
        "last_record": last_record,
        "version": now.version,
        **{name: own.get(name) or measured.get(name) for name in ("node", "metric", "title", "severity")},
        "detected_at": _time(own.get("detected_at") or window[1]),
        "onset": _time(own.get("started_at") or measured.get("onset")),
        "ended_at": _time(own.get("ended_at")),
        "state": now.state,
        "merged_into": now.merged_into,
        "assigned": now.owner,
        "closed_at": now.closed_at and naive(now.closed_at).isoformat(),
        "family": cause.get("family"),
        "cause_node": cause.get("node"),
        "cause_subject": cause.get("subject"),
        "confidence": cause.get("confidence"),
        "none_of_these": float(none_of_these) if none_of_these else None,
        "causes": causes,
        **said.columns(),
        "judged_confidence": shown.get("confidence") if shown else None,
        "judged_right": (shown["family"], shown["node"], shown.get("subject")) in said.right if shown else None,
        "people": sorted({account(name) for name in (*now.people, *said.people, now.owner or "")} - {""}),
        "text": _text(incident, own or measured, cause, now.words, said.comments, said.named(), (now.reason,)),
    }


def _time(written: str | None) -> str | None:
    return naive(datetime.fromisoformat(written)).isoformat() if written else None


def _text(incident: str, symptom: Row, cause: Row, *words: Iterable[str]) -> str:
    """Return what a search looks through."""
    parts = [incident, *(symptom.get(name) or "" for name in ("title", "node", "metric", "severity"))]
    parts += [cause.get(name) or "" for name in ("family", "mechanism", "node", "subject", "summary", "remedy")]
    return " ".join([*parts, *(word for each in words for word in each)]).replace("_", " ").casefold()[:20_000]
