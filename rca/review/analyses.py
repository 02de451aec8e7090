"""Answers as they were given, with all that the ranker saw: what feedback refers to and training learns from."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rankers.proposed import Proposed
from rca.errors import Absent, UnknownName
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.candidate import Candidate

_KEPT = ("family", "node", "subject", "mechanism", "slice", "observed_at", "explains")
_NUMBERS = ("impact", "strength", "specificity")


def keep_analysis(warehouse: Warehouse, analysis: Analysis, proposed: Proposed, *, at: datetime | None = None) -> str:
    """Keep an answer and what its ranker saw, and return its id.

    The id is a digest of what the answer says (its times of computation aside): the same answer again is the same
    row, and becomes the latest of its incident.

    Parameters
    ----------
    at
        When it was given; default: now.
    """
    said = _finite(analysis.model_dump(mode="json", exclude={"id", "timings_ms"}))
    saw = _to_json(proposed)
    text = json.dumps([said, saw], sort_keys=True, allow_nan=False)
    key = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    document = said | {"id": key, "timings_ms": _finite(analysis.timings_ms)}
    warehouse.connection.execute(
        "INSERT INTO analyses VALUES (?, ?, ?, ?, ?, ?, ?, NULL) "
        "ON CONFLICT (id) DO UPDATE SET given_at = greatest(given_at, excluded.given_at)",
        [
            key,
            analysis.incident.id,
            (at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None),
            analysis.ranker.kind,
            analysis.ranker.version,
            json.dumps(document, allow_nan=False),
            json.dumps(saw, allow_nan=False),
        ],
    )
    return key


def kept_analysis(warehouse: Warehouse, key: str | None = None, *, incident: str | None = None) -> Analysis:
    """Return a kept answer by its id, or the latest one of an incident.

    Raises
    ------
    Absent
        When there is none; suggests the nearest ids, or to analyse the incident.
    """
    row = warehouse.connection.execute(
        "SELECT document FROM analyses WHERE id = ? OR (? AND incident = ?) ORDER BY given_at DESC, id LIMIT 1",
        [key, key is None, incident],
    ).fetchone()
    if row is not None:
        return Analysis.model_validate_json(row[0])
    if key is not None:
        raise UnknownName("analysis", key, _column(warehouse, "id"))
    known = known_incidents(warehouse)
    if incident not in known:
        raise UnknownName("incident", incident or "", known)
    raise Absent(
        f"no answer for incident {incident!r} is kept",
        mend="make one: rca analyze --db FILE --incident ID, or POST /v1/incidents/ID:analyze",
    )


def latest_analyses(warehouse: Warehouse) -> dict[str, str]:
    """Return incident -> id of its latest kept answer."""
    rows = warehouse.connection.execute("SELECT incident, id FROM analyses ORDER BY given_at, id DESC").fetchall()
    return dict(rows)


def latest_analysis(warehouse: Warehouse, incident: str) -> str | None:
    """Return the id of the latest kept answer of an incident; None without."""
    row = warehouse.connection.execute(
        "SELECT id FROM analyses WHERE incident = ? ORDER BY given_at DESC, id LIMIT 1", [incident]
    ).fetchone()
    return row[0] if row else None


def known_incidents(warehouse: Warehouse) -> set[str]:
    """Return the ids of all incidents that were declared or explained."""
    rows = warehouse.connection.execute("SELECT id FROM incidents UNION SELECT incident FROM analyses").fetchall()
    return {row[0] for row in rows}


def kept_proposed(warehouse: Warehouse, key: str) -> Proposed:
    """Return what the ranker saw when it gave a kept answer; candidates without their sentences and evidence.

    Raises
    ------
    UnknownName
        When no such answer is kept; suggests the nearest ids.
    """
    found = all_proposed(warehouse, (key,))
    if key not in found:
        raise UnknownName("analysis", key, _column(warehouse, "id"))
    return found[key]


def all_proposed(warehouse: Warehouse, keys: Iterable[str]) -> dict[str, Proposed]:
    """Return what the rankers saw, by the answer's id, in one query; ids that are not kept are left out."""
    rows = warehouse.connection.execute(
        "SELECT id, proposed FROM analyses WHERE id IN (SELECT unnest(?::VARCHAR[])) ORDER BY id", [list(keys)]
    ).fetchall()
    return {key: _from_json(json.loads(text)) for key, text in rows}


def _column(warehouse: Warehouse, name: str) -> list[str]:
    return [row[0] for row in warehouse.connection.execute(f"SELECT DISTINCT {name} FROM analyses").fetchall()]


def _finite(value: Any) -> Any:
    """Return JSON data with null for each number that is not finite."""
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _to_json(proposed: Proposed) -> dict[str, Any]:
    return {
        "p_value": _number(proposed.p_value),
        "blame": [_number(share) for share in proposed.blame],
        "candidates": [
            {name: getattr(c, name) for name in _KEPT}
            | {name: _number(getattr(c, name)) for name in _NUMBERS}
            | {"features": {name: _number(value) for name, value in c.features.items()}}
            for c in proposed.candidates
        ],
    }


def _from_json(document: Mapping[str, Any]) -> Proposed:
    return Proposed(
        candidates=tuple(_candidate(each) for each in document["candidates"]),
        blame=tuple(_float(share) for share in document["blame"]),
        p_value=_float(document["p_value"]),
    )


def _candidate(document: dict[str, Any]) -> Candidate:
    explains = tuple(tuple(key) for key in document["explains"])
    features = {name: _float(value) for name, value in document["features"].items()}
    numbers = {name: _float(document[name]) for name in _NUMBERS}
    return Candidate(**(document | numbers | {"explains": explains, "features": features, "summary": ""}))


def _float(value: float | None) -> float:
    return math.nan if value is None else float(value)
