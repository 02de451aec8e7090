"""The latest change before the onset is to blame: what people look for first."""

from typing import Any

import numpy as np

from benchmarks.incidents.baselines.windows import onset_of
from benchmarks.incidents.files import Files

AFTER = np.timedelta64(6, "h")
"""The onset is known no better than this: a change shortly after it is a change before it."""

FAMILIES = frozenset({"model_change", "upstream_model_change", "config_change", "label_change", "downstream_change"})
"""Those whose subject an event tells; of a feed or a service it does not say which column or operation."""
SETTINGS = {"config", "flag", "infrastructure"}
DATA = {"data_feed", "schema"}


def families_of(files: Files, event: dict[str, Any]) -> set[str]:
    """Return what an event may have brought, by its kind and by where it happened."""
    kind, what = event["kind"], files.nodes.get(event["node"], {}).get("kind")
    if kind == "label_guideline":
        return {"label_change"}
    if kind in SETTINGS:
        return {"config_change"}
    if kind == "deploy" and what == "model":
        return {"model_change"} if event["node"] == files.model else {"upstream_model_change"}
    if what == "service":
        return {"latency_component", "component_fault"}
    return {"downstream_change"} if kind == "business" else {"data_quality", "schema_change"} if kind in DATA else set()


def subject_of(event: dict[str, Any], families: set[str]) -> str | None:
    """Return what an event itself names: a version, or a setting's key, or its title."""
    after = event.get("after")
    if families & {"model_change", "upstream_model_change"} and after is not None:
        return str(next(iter(after.values())) if isinstance(after, dict) and after else after)
    if "config_change" in families:
        return str(next(iter(after))) if isinstance(after, dict) and after else str(event["title"])
    return None


def answer(files: Files) -> list[dict[str, Any]]:
    """Return the changes, the latest before the onset first."""
    onset = onset_of(files)
    until = (onset if onset is not None else files.detected) + AFTER
    causes = []
    for event in reversed([event for event in files.changes if event["ts"] <= until]):
        families = families_of(files, event)
        cause = {"families": sorted(families), "node": event["node"], "subject": subject_of(event, families)}
        causes.append(cause | {"confidence": 0.0, "mechanism": event["kind"]})
    return causes
