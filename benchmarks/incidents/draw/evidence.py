"""Draw which evidence the bundle carries; what the truth cannot be told without is always there."""

from collections.abc import Sequence

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.labels import Unlabelled
from rca.demo.extent import Extent
from rca.demo.scenario import Evidence, Gap
from rca.demo.world import Effect, Truth

LONG_AGO = 10_000.0
"""Days before the end; before any log begins."""

OF_OUTCOMES = {"concept_drift", "slice_degradation"}
OF_SERVICES = {"latency_component", "component_fault"}
WITHOUT_LABELS = {"data_quality", "schema_change", "feature_drift", "upstream_model_change", "config_change"}
"""Families that show in inputs and predictions, so that labels may be missing."""


def needs_upstream_log(luck: Luck, truths: Sequence[Truth]) -> bool:
    """Return whether the fault shows in an upstream model's log only, or is told by its labels."""
    final = luck.final.inputs
    return any(
        truth.family in {"upstream_model_change", "label_change"}
        or (truth.family == "training_serving_skew" and truth.node != luck.final.node)
        or (truth.subject in luck.domain.columns and truth.subject not in final)
        for truth in truths
    )


def draw_evidence(luck: Luck, truths: Sequence[Truth], *, full: bool) -> Evidence:
    """Return the evidence; `full` leaves nothing out."""
    families = {truth.family for truth in truths}
    services = bool(families & OF_SERVICES)
    often = luck.chance(0.3)
    delayed = any(truth.mechanism.startswith("delay") for truth in truths)
    return Evidence(
        traces=1500 if full or services or luck.chance(0.7) else 0,
        lineage=full or luck.chance(0.7),
        resources=full or "component_fault" in families or luck.chance(0.8),
        resource_minutes=5.0 if often else 60.0,
        resource_days=12.0 if often else None,
        latency_kpis=full or luck.chance(0.6),
        trained_rows=1500 if full or "training_serving_skew" in families or luck.chance(0.8) else 0,
        label_delay=luck.label_delay,
        label_ts=delayed or luck.chance(0.5),
        batch_hours=int(luck.one_of((6, 24, 24, 24, 48))),
        gaps=() if full else draw_gaps(luck),
        upstream_log=full or needs_upstream_log(luck, truths) or luck.chance(0.85),
    )


def draw_gaps(luck: Luck) -> tuple[Gap, ...]:
    """Return some hours in which one kind of telemetry was lost; too few to hide anything."""
    if not luck.chance(0.25):
        return ()
    onset = luck.between(0.5, 12.0)
    source = luck.one_of(("traces", "kpis", luck.final.node))
    return (Gap(source, onset, onset - luck.between(0.1, 0.4)),)


def draw_unlabelled(luck: Luck, truths: Sequence[Truth], onset: float) -> tuple[Effect, ...]:
    """Return missing labels.

    Often only the final model has labels. Always so where the outcomes themselves changed and an
    earlier model has the same outcome: its log would show the fault further upstream. Never where a
    guideline is told by an earlier model's labels. Now and then labels since before the onset, or
    all of them, are not there, for families that show without them.
    """
    families = {truth.family for truth in truths}
    found: list[Effect] = []
    labelled = [spec for spec in luck.domain.models if spec.task != "embedding"]
    for spec in labelled[:-1]:
        must = bool(families & OF_OUTCOMES) and spec.target == luck.final.target
        judged = any(truth.node == spec.node for truth in truths)
        if must or ("label_change" not in families and not judged and luck.chance(0.35)):
            found.append(Unlabelled(spec.node, Extent(LONG_AGO)))
    if truths and families <= WITHOUT_LABELS and luck.chance(0.12):
        since = LONG_AGO if luck.chance(0.4) else onset + luck.between(0.0, 2.0)
        found += [Unlabelled(spec.node, Extent(since)) for spec in labelled]
    return tuple(found)
