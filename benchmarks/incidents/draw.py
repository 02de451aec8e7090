"""Draw one incident at random: a fault of a family, innocent events around it, evidence that is there."""

# ruff: noqa: PLR2004 - chances and ranges are read best where the dice are thrown

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from rca.demo.cascade import Cascade
from rca.demo.extent import Extent
from rca.demo.faults import (
    Announcement,
    BadRetrain,
    Corruption,
    Drop,
    FeatureDrift,
    KpiFall,
    LoneShift,
    NewVersion,
    Recode,
    Rename,
    Retype,
    ScorerSetting,
    SlowOperation,
    UpstreamOutput,
)
from rca.demo.faults.values import KINDS
from rca.demo.scenario import Evidence
from rca.demo.services import SERVICES, operations
from rca.demo.table import is_text
from rca.demo.world import Effect, Fault

FAMILIES = (
    "data_quality",
    "feature_drift",
    "schema_change",
    "upstream_model_change",
    "model_change",
    "latency_component",
    "config_change",
    "downstream_change",
    "data_quality",
    "no_fault",
)
"""In turn; `data_quality` twice, as it has the most mechanisms."""

T = TypeVar("T")

UNITS = (0.01, 100.0, 1 / 60, 60.0, 24.0, 1 / 24, 1000.0, 0.001, 2.54, 0.4536, 3.281)
SENTINELS = (-999.0, -1.0, 9999.0, -99.0)


@dataclass(frozen=True)
class Luck:
    """The dice of one case and what they are thrown about."""

    cascade: Cascade
    rng: np.random.Generator

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of the things."""
        return things[int(self.rng.integers(len(things)))]

    def chance(self, p: float) -> bool:
        """Return True with probability p."""
        return bool(self.rng.random() < p)

    def between(self, low: float, high: float) -> float:
        """Return a number, uniformly."""
        return float(self.rng.uniform(low, high))

    def column(self, *, text: bool | None = None) -> str:
        """Return an input column, the likelier the more it matters; `text` asks for text or numbers."""
        domain, pool = self.cascade.domain, self.cascade.pool
        names = [
            name
            for name in domain.columns
            if domain.readers(name) and name not in domain.segments and text in (None, is_text(pool[name]))
        ]
        weight = np.array([self.cascade.importance(name) for name in names]) ** 0.6 + 1e-6
        return str(self.rng.choice(names, p=weight / weight.sum()))

    def idle_column(self, busy: set[str]) -> str:
        """Return an input column without much influence."""
        domain = self.cascade.domain
        names = sorted(
            (name for name in domain.columns if domain.readers(name) and name not in {*domain.segments, *busy}),
            key=self.cascade.importance,
        )
        return self.one_of(names[: max(2, len(names) // 3)])

    def segment(self) -> tuple[str, str] | None:
        """Return a slice that holds 15 to 85 % of the traffic, if there is one."""
        name = self.one_of(self.cascade.domain.segments)
        texts, counts = np.unique(self.cascade.pool[name].astype(str), return_counts=True)
        share = counts / counts.sum()
        large = texts[(share > 0.15) & (share < 0.85)]
        return (name, str(self.one_of(large))) if len(large) else None


def draw_extent(
    luck: Luck, label_delay: float, *, ramp: float = 0.3, sliced: float = 0.25, share: float = 1.0
) -> Extent:
    """Return an extent; `ramp` and `sliced` are the chances of a gradual onset and of a slice."""
    grows = luck.between(1.0, 4.0) if luck.chance(ramp) else 0.0
    onset = label_delay + grows + luck.between(1.2, 5.0)
    column, value = (luck.segment() if luck.chance(sliced) else None) or (None, None)
    return Extent(onset=onset, ramp=grows, share=share, column=column, value=value)


def draw_values(luck: Luck, delay: float) -> Fault:
    """Return wrong values of one column."""
    column = luck.column()
    text = is_text(luck.cascade.pool[column])
    kind = luck.one_of(("null_burst", "frozen", "misjoined") if text else tuple(KINDS))
    share = luck.between(0.3, 1.0) if kind in {"null_burst", "out_of_range"} else 1.0
    amount = {
        "unit_change": luck.one_of(UNITS),
        "out_of_range": luck.one_of(SENTINELS),
        "frozen": luck.between(0.1, 0.9),
    }
    return Corruption(column, kind, draw_extent(luck, delay, share=share), amount.get(kind, 0.0))


def draw_drift(luck: Luck, delay: float) -> Fault:
    """Return a population that really changes."""
    extent = draw_extent(luck, delay, share=luck.between(0.4, 0.95), ramp=0.5)
    return FeatureDrift(luck.column(text=False), extent, luck.one_of(("up", "down")), luck.between(4.0, 12.0))


def draw_schema(luck: Luck, delay: float) -> Fault:
    """Return a schema change."""
    sharp = draw_extent(luck, delay, ramp=0.0, sliced=0.0)
    kind = luck.one_of(("rename", "drop", "retype", "recode"))
    if kind == "rename":
        column = luck.column()
        return Rename(column, luck.one_of((f"{column}_v2", f"{column}_new", f"src_{column}")), sharp)
    if kind == "drop":
        return Drop(luck.column(), sharp)
    has_text = any(
        is_text(luck.cascade.pool[c]) and luck.cascade.importance(c) > 0.005 for c in luck.cascade.domain.columns
    )
    if kind == "retype" or not has_text:
        style = luck.one_of(("comma", "unit", "garbage"))
        share = luck.between(0.4, 0.9) if style == "garbage" else 1.0
        return Retype(luck.column(text=False), style, draw_extent(luck, delay, ramp=0.0, sliced=0.0, share=share))
    return Recode(luck.column(text=True), luck.one_of(("lower", "code", "prefix")), draw_extent(luck, delay, ramp=0.2))


def draw_upstream(luck: Luck, delay: float) -> Fault:
    """Return an upstream model whose output changes."""
    how = luck.one_of(("rescaled", "shifted", "flipped"))
    amount = luck.one_of((0.3, 0.5, 1.5, 2.0)) if how == "rescaled" else luck.one_of((-1.5, -1.0, 1.0, 1.5))
    if luck.chance(0.75):
        extent = draw_extent(luck, delay, sliced=0.0)
        return UpstreamOutput(how, extent, amount, version=luck.one_of(("7.3.0", "8.0.0")))
    key = {"rescaled": "output.scale", "shifted": "output.offset", "flipped": "output.order"}[how]
    return UpstreamOutput(how, draw_extent(luck, delay, sliced=0.0, ramp=0.0), amount, key=key)


def draw_retrain(luck: Luck, delay: float) -> Fault:
    """Return a bad retrain of the symptomatic model."""
    how = luck.one_of(("scrambled", "few_rows", "forgetting"))
    share = luck.between(0.5, 0.95) if how == "scrambled" else luck.between(0.97, 0.995)
    return BadRetrain(how, luck.one_of(("3.5.0", "4.0.0")), draw_extent(luck, delay, sliced=0.0), share)


def draw_setting(luck: Luck, delay: float) -> Fault:
    """Return a scorer that behaves differently with the same version."""
    kind = luck.one_of(("temperature", "offset", "cap", "stale"))
    amount = {
        "temperature": luck.one_of((0.4, 1.8, 2.5, 4.0)),
        "offset": luck.one_of((-1.2, -0.7, 0.7, 1.2)),
        "cap": luck.between(0.5, 0.85),
        "stale": float(luck.one_of((50, 200, 800))),
    }[kind]
    extent = draw_extent(luck, delay, ramp=0.15, sliced=0.1, share=luck.one_of((1.0, 1.0, 0.7)))
    return ScorerSetting(kind, amount, extent)


def draw_slow(luck: Luck, _: float) -> Fault:
    """Return one operation that slows down."""
    operation = luck.one_of(operations(luck.cascade.domain))
    extent = draw_extent(luck, 0.0, sliced=0.0, share=luck.one_of((1.0, 1.0, 0.5, 0.2)))
    return SlowOperation(operation.service, operation.operation, luck.between(2.0, 8.0), extent)


def draw_kpi(luck: Luck, _: float) -> Fault:
    """Return a business figure that moves on its own."""
    domain = luck.cascade.domain
    extent = draw_extent(luck, 0.0, sliced=0.0)
    if luck.chance(0.6):
        return KpiFall(domain.rate_kpi, luck.between(0.55, 0.88), extent)
    return KpiFall(domain.cost_kpi, luck.between(1.15, 1.6), extent)


DRAWS = {
    "data_quality": draw_values,
    "feature_drift": draw_drift,
    "schema_change": draw_schema,
    "upstream_model_change": draw_upstream,
    "model_change": draw_retrain,
    "latency_component": draw_slow,
    "config_change": draw_setting,
    "downstream_change": draw_kpi,
}

INNOCENT = (
    ("deploy", "deploy {node} 2.14"),
    ("config", "{node}: raise log level"),
    ("data_feed", "{node}: nightly load moved to 02:00"),
    ("infrastructure", "{node}: node pool rotated"),
    ("flag", "{node}: new metrics exporter on"),
    ("business", "campaign mailed"),
)


def draw_events(luck: Luck, onset: float, guilty: str | None) -> list[Effect]:
    """Return change events that do nothing, mostly shortly before the onset, on other nodes."""
    domain = luck.cascade.domain
    nodes = [node for node in (*domain.sources, *SERVICES, domain.upstream.node) if node != guilty]
    events: list[Effect] = []
    for _ in range(int(luck.rng.integers(1, 6))):
        kind, title = luck.one_of(INNOCENT)
        node = luck.one_of(nodes)
        when = onset + (luck.between(0.01, 0.4) if luck.chance(0.5) else luck.between(-1.0, 8.0))
        events.append(Announcement(node, kind, title.format(node=node), max(when, 0.05), before=None, after=None))
    return events


def draw_distractors(luck: Luck, onset: float, fault: Fault | None) -> tuple[Effect, ...]:
    """Return the innocent effects around one onset."""
    truth = fault.cause(luck.cascade.domain) if fault else None
    busy = {truth.subject} if truth and truth.subject else set()
    chosen = draw_events(luck, onset, truth.node if truth else None)
    if luck.chance(0.7):
        column = luck.idle_column(busy)
        busy.add(column)
        chosen.append(LoneShift(column, Extent(onset + luck.between(-0.5, 1.0), share=luck.between(0.4, 0.9))))
    if luck.chance(0.6):
        extent = Extent(onset + luck.between(-0.5, 1.0), share=luck.between(0.2, 0.7))
        chosen.append(Corruption(luck.idle_column(busy), "null_burst", extent))
    if luck.chance(0.6):
        role, version = luck.one_of((("downstream", "3.4.2"), ("upstream", "7.2.1")))
        chosen.append(NewVersion(role, version, Extent(onset + luck.between(3.0, 9.0))))
    if luck.chance(0.5):
        operation = luck.one_of(operations(luck.cascade.domain))
        start = onset + luck.between(-0.6, 0.6)
        blip = Extent(start, until=start - luck.between(0.05, 0.15))
        chosen.append(SlowOperation(operation.service, operation.operation, luck.between(2.0, 5.0), blip))
    if truth and truth.node in {*luck.cascade.domain.sources, *SERVICES} and luck.chance(0.4):
        kind = "deploy" if truth.node in SERVICES else "data_feed"
        chosen.append(Announcement(truth.node, kind, f"release of {truth.node}", onset + luck.between(0.0, 0.05)))
    return tuple(chosen)


def draw_evidence(luck: Luck, family: str, label_delay: float, fault: Fault | None) -> Evidence:
    """Return which evidence the bundle carries."""
    column = getattr(fault, "column", None)
    upstream_only = column is not None and column not in luck.cascade.domain.downstream.inputs
    needs_upstream = upstream_only or family == "upstream_model_change"
    return Evidence(
        traces=1500 if family == "latency_component" or luck.chance(0.7) else 0,
        lineage=luck.chance(0.7),
        resources=luck.chance(0.8),
        latency_kpis=luck.chance(0.6),
        trained_rows=1500 if luck.chance(0.8) else 0,
        label_delay=label_delay,
        upstream_log=needs_upstream or luck.chance(0.85),
    )
