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
from rca.review.labels import SettledIncident, settled
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
SELECT DISTINCT ON (incident) incident, id, json_transform(document, ?) FROM analyses
ORDER BY incident, given_at DESC, id
"""


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
    signatures = _signatures(warehouse)
    own = signatures.pop(incident)[1]
    known = {one.incident: one for one in settled(warehouse)}
    near = sorted(
        (not _told(known.get(name)), -round(cosine(own, signature), 4), name, key)
        for name, (key, signature) in signatures.items()
    )
    return tuple(
        Similar(name, -nearness, key, _findings(warehouse, known.get(name), key))
        for _, nearness, name, key in near[:top]
        if nearness
    )


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


def _signatures(warehouse: Warehouse) -> dict[str, tuple[str, dict[str, float]]]:
    """Return incident -> id and signature of its latest answer."""
    kinds = {name: node.kind for name, node in load_system(warehouse).by_id.items()}
    rows = warehouse.connection.execute(_LATEST, [json.dumps(SHAPE)]).fetchall()
    return {incident: (key, signature(document, kinds)) for incident, key, document in rows}


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
