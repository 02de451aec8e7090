"""Which incident an alert is about."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rca.errors import InputError
from rca.incidents.events import read_incident
from schemas.incident import Incident
from schemas.system import System

NODE_LABELS = ("node", "model", "service", "job", "pipeline")
METRIC_LABELS = ("metric", "slo")


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, as Alertmanager tells it."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None
    fingerprint: str


def incident_of(alert: Alert, system: System) -> Incident | str:
    """Return the incident that an alert opens, or why it opens none.

    Its id is a digest of fingerprint and start, so that repeats of an alert are the same incident, and the next time
    that it fires is another one.
    """
    name = alert.labels.get("alertname", "alert")
    node = next((alert.labels[key] for key in NODE_LABELS if alert.labels.get(key) in system.by_id), None)
    if node is None:
        return f"{name}: none of its labels {', '.join(NODE_LABELS)} names a declared node"
    metric = next((alert.labels[key] for key in METRIC_LABELS if alert.labels.get(key)), None)
    if metric is None:
        return f"{name}: it has no label 'metric'; add one to the rule, such as metric: auc"
    identity = "\0".join([alert.fingerprint or repr(sorted(alert.labels.items())), alert.starts_at.isoformat()])
    document = {
        "id": "alert-" + hashlib.blake2b(identity.encode(), digest_size=8).hexdigest(),
        "node": node,
        "metric": metric,
        "detected_at": alert.starts_at,
        "title": alert.annotations.get("summary") or name,
        "severity": alert.labels.get("severity"),
    }
    if alert.labels.get("direction") in ("up", "down"):
        document["direction"] = alert.labels["direction"]
    try:
        return read_incident({key: value for key, value in document.items() if value is not None})
    except InputError as error:
        return f"{name}: {error}"
