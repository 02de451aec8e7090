"""The nearest past incidents by the signature of their evidence, with what was confirmed there and what fixed it.

A signature is a sparse vector: the symptom (metric and direction, kind of node), what the families made of it
(confidences by family, by mechanism, and by kind of the node that is blamed), and the ranking features of the first
causes. Nearness is the cosine of two signatures (Salton and McGill, Introduction to Modern Information Retrieval,
1983). Names of nodes and columns are left out: the same fault elsewhere is the same kind of incident.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rca.ingest.documents import load_system
from rca.review.analyses import kept_analysis
from rca.review.feedback import history
from rca.review.labels import SettledIncident, resolve
from rca.warehouse import Warehouse
from schemas.feedback import CauseKey, Verdict

FIRST = 3
"""Causes whose ranking features count."""

SYMPTOM = 0.5
"""Weight of the symptom's own coordinates, beside up to 1 for all of the confidences by family."""

FEATURES = 0.5
"""Weight of a cause's ranking features, times its confidence."""

Signature = Mapping[str, float]

SHAPE = {
    "incident": {"node": "VARCHAR", "metric": "VARCHAR", "direction": "VARCHAR"},
    "causes": [
        {
            "family": "VARCHAR",
            "mechanism": "VARCHAR",
            "node": "VARCHAR",
            "confidence": "DOUBLE",
            "features": "MAP(VARCHAR, DOUBLE)",
        }
    ],
}
"""What a signature is made of; the evidence, the bulk of an answer, stays behind."""

_LATEST = """
-- a row is the latest answer of one incident
WITH latest AS (
    SELECT DISTINCT ON (incident) incident, id FROM analyses ORDER BY incident, given_at DESC, id
),
-- a row is an incident whose latest answer's signature is kept
signed AS (SELECT incident, id FROM latest SEMI JOIN incident_overview AS o ON o.analysis = latest.id)
"""

_UNSIGNED = (
    _LATEST
    + """
SELECT incident, id, json_transform(document, $shape) FROM analyses SEMI JOIN (
    SELECT id FROM latest WHERE incident = $own OR id NOT IN (SELECT id FROM signed)
) USING (id)
"""
)

_SIGNED = (
    _LATEST
    + """
, own AS (SELECT unnest($names::VARCHAR[]) AS coordinate, unnest($values::DOUBLE[]) AS value)
SELECT incident, any_value(id), sum(kept.value * own.value)
FROM incident_signatures AS kept JOIN own USING (coordinate) JOIN signed USING (incident)
WHERE incident <> $own GROUP BY incident
"""
)

BATCH = 100
"""So many incidents are asked at a time whether it is settled what they were."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a past incident turned out to be: a cause, the remedy its answer gave, and what reviewers remarked."""

    cause: CauseKey | None
    verdict: Verdict
    remedy: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A past incident, how near it is in [0, 1], the answer it was judged by, and what is settled of it."""

    incident: str
    similarity: float
    analysis: str
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data; a cause as {family, node, subject}."""
        names = ("family", "node", "subject")
        causes = [one.cause and dict(zip(names, one.cause, strict=True)) for one in self.findings]
        shown = [asdict(one) | {"cause": cause} for one, cause in zip(self.findings, causes, strict=True)]
        return asdict(self) | {"findings": shown}


def similar_incidents(warehouse: Warehouse, incident: str, *, top: int = 5) -> tuple[Similar, ...]:
    """Return the past incidents that are most like this one, by their latest answers.

    Those of which it is settled what they were come first, the nearest before the others; an incident is not similar
    to itself.

    Raises
    ------
    InputError
        When the incident is unknown or no answer of it is kept.
    """
    kept_analysis(warehouse, incident=incident)  # or says what there is instead
    near = sorted((-nearness, name, key) for name, key, nearness in _nearness(warehouse, incident) if nearness)
    told: list[Similar] = []
    others: list[Similar] = []
    for start in range(0, len(near), BATCH):
        part = near[start : start + BATCH]
        known = {one.incident: one for one in resolve(history(warehouse, [name for _, name, _ in part]))}
        for nearness, name, key in part:
            past = known.get(name)
            if _told(past) and len(told) < top:
                told.append(Similar(name, -nearness, key, _findings(warehouse, past, key)))
            elif len(others) < top:
                others.append(Similar(name, -nearness, key, ()))
        if len(told) >= top:
            break
    return tuple((*told, *others)[:top])


def cosine(one: Signature, other: Signature) -> float:
    """Return the cosine of two sparse vectors without negative coordinates, [0, 1]; 0 where one of them is empty."""
    product = math.fsum(value * other[name] for name, value in one.items() if name in other)
    length = math.hypot(*one.values()) * math.hypot(*other.values())
    return min(1.0, max(0.0, product / length)) if length else 0.0


def signature(document: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, float]:
    """Return the signature of an answer.

    Parameters
    ----------
    document
        The answer's `incident` (node, metric, direction) and `causes` (family, mechanism, node, confidence, features),
        most probable first.
    kinds
        Node -> its kind.
    """
    symptom = document["incident"]
    out = {
        f"metric/{symptom['metric']}/{symptom['direction']}": SYMPTOM,
        f"symptom of/{kinds.get(symptom['node'], '')}": SYMPTOM,
    }
    for place, cause in enumerate(document["causes"]):
        family, confidence = cause["family"], cause["confidence"]
        coordinates = [
            f"family/{family}",
            f"mechanism/{family}/{cause['mechanism']}",
            f"at/{family}/{kinds.get(cause['node'], '')}",
        ]
        for name in coordinates:
            out[name] = out.get(name, 0.0) + confidence
        known = {name: value for name, value in cause["features"].items() if value} if place < FIRST else {}
        for name, value in known.items():
            coordinate = f"feature/{family}/{name}/{'+' if value > 0 else '-'}"
            out[coordinate] = out.get(coordinate, 0.0) + FEATURES * confidence * abs(value) / (1.0 + abs(value))
    return out


def _nearness(warehouse: Warehouse, incident: str) -> list[tuple[str, str, float]]:
    """Return every other incident, its latest answer, and how near it is.

    Kept signatures (`incident_signatures`, at length 1) are taken where they are of the latest answer; the others are
    worked out.
    """
    kinds = {name: node.kind for name, node in load_system(warehouse).by_id.items()}
    given = {"own": incident}
    rows = warehouse.connection.execute(_UNSIGNED, given | {"shape": json.dumps(SHAPE)}).fetchall()
    fresh = {name: (key, signature(document, kinds)) for name, key, document in rows}
    _, own = fresh.pop(incident)
    length = math.hypot(*own.values())
    coordinates = {"names": list(own), "values": [value / length for value in own.values()]}
    kept = warehouse.connection.execute(_SIGNED, given | coordinates).fetchall()
    found = [(name, key, min(1.0, float(nearness))) for name, key, nearness in kept]
    found += [(name, key, cosine(own, each)) for name, (key, each) in fresh.items()]
    return [(name, key, round(nearness, 4)) for name, key, nearness in found]


def _told(past: SettledIncident | None) -> bool:
    """Return whether it is settled what an incident was."""
    return past is not None and any(label.positive or label.cause is None for label in past.labels)


def _findings(warehouse: Warehouse, past: SettledIncident | None, key: str) -> tuple[Finding, ...]:
    """Return what is settled that an incident was; remedies are those of the answer that was judged."""
    labels = [label for label in past.labels if label.positive or label.cause is None] if past else []
    if past is None or not labels:
        return ()
    causes = kept_analysis(warehouse, past.analysis or key).causes
    remedies = {c.key: c.remedy for c in reversed(causes)}
    return tuple(
        Finding(label.cause, label.verdict, remedies.get(label.cause, "") if label.cause else "", label.comments)
        for label in labels
    )
