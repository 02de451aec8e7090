"""Incidents made by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.incident import Incident

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def later(hours: float) -> datetime:
    """Return so many hours after AT."""
    return AT + timedelta(hours=hours)


def incident(name: str, **parts: Any) -> Incident:
    """Return the document of an incident of the sample's model."""
    return Incident(**({"id": name, "node": "fraud-scorer", "metric": "auc", "detected_at": AT} | parts))
