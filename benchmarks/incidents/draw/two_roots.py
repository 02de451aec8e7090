"""Draw two faults of different families that act at about the same time on the same figure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.incidents.draw.luck import Luck
from rca.demo.world import Fault

PAIRS = (
    ("data_quality", "schema_change"),
    ("data_quality", "upstream_model_change"),
    ("data_quality", "config_change"),
    ("data_quality", "model_change"),
    ("schema_change", "upstream_model_change"),
    ("schema_change", "config_change"),
    ("schema_change", "label_change"),
    ("data_quality", "concept_drift"),
    ("feature_drift", "schema_change"),
    ("population_shift", "data_quality"),
    ("latency_component", "component_fault"),
    ("slice_degradation", "data_quality"),
)
"""Families that move a common figure and do not hide one another."""


def draw_pair(luck: Luck, draws: Mapping[str, Mapping[str, Any]]) -> tuple[Fault, ...] | None:
    """Return two faults at most a day apart, in different places."""
    found = [luck.one_of([*draws[family].values()])(luck) for family in luck.one_of(PAIRS)]
    if not all(found):
        return None
    one, two = found
    truths = [fault.cause(luck.domain) for fault in found]
    if (truths[0].node, truths[0].subject) == (truths[1].node, truths[1].subject) or not apart(one, two):
        return None
    least = two.extent.ramp + luck.label_delay + 1.0
    onset = max(one.extent.onset + luck.between(-1.0, 1.0), least)
    return one, replace(two, extent=replace(two.extent, onset=onset))


def apart(one: Fault, two: Fault) -> bool:
    """Return whether the faults touch different columns."""
    columns = [getattr(fault, "column", None) for fault in (one, two)]
    return columns[0] is None or columns[0] != columns[1]
