"""A candidate drawn at random from everything that the bundle names: the floor under all figures."""

import zlib
from typing import Any

import numpy as np

from benchmarks.incidents.baselines.latest_change import families_of, subject_of
from benchmarks.incidents.baselines.samples import COLUMN_FAMILIES
from benchmarks.incidents.files import Files

FAMILIES = None
OF_MODEL = ("concept_drift", "label_change", "population_shift", "outliers", "training_serving_skew")
OF_SERVICE = ("cpu", "memory", "disk", "network", "errors", "availability")


def candidates(files: Files) -> list[tuple[str, str, str | None]]:
    """Return (family, node, subject) of all that could be said of a bundle."""
    found: set[tuple[str, str, str | None]] = {(family, files.model, None) for family in OF_MODEL}
    for node in files.models:
        for column in files.inputs(node):
            found |= {(family, files.producer(node, column), column) for family in COLUMN_FAMILIES}
    for event in files.changes:
        families = families_of(files, event) - {"data_quality", "schema_change"}
        found |= {(family, event["node"], subject_of(event, families)) for family in families}
    services = [name for name, node in files.nodes.items() if node["kind"] == "service"]
    found |= {("component_fault", service, metric) for service in services for metric in OF_SERVICE}
    found |= {("downstream_change", name, None) for name, node in files.nodes.items() if node["kind"] == "kpi"}
    return sorted(found, key=str)


def answer(files: Files) -> list[dict[str, Any]]:
    """Return the candidates in an order that only the bundle's name decides."""
    named = candidates(files)
    order = np.random.default_rng(zlib.crc32(files.folder.name.encode())).permutation(len(named))
    return [
        {"family": named[i][0], "node": named[i][1], "subject": named[i][2], "confidence": 0.0, "mechanism": None}
        for i in order
    ]
