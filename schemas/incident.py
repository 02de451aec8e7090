"""`incident.json` and `changes.jsonl`: the symptom to explain, and what people changed."""

from typing import Any, Literal

from pydantic import Field, model_validator

from schemas.base import Document, UtcTime

Direction = Literal["up", "down"]
ChangeKind = Literal[
    "deploy",
    "config",
    "schema",
    "data_feed",
    "label_guideline",
    "flag",
    "infrastructure",
    "business",
    "other",
]

MODEL_METRICS = (
    "accuracy",
    "auc",
    "logloss",
    "brier",
    "f1",
    "mae",
    "rmse",
    "bias",
    "positive_rate",
    "prediction_mean",
    "ndcg",
    "estimated_auc",
    "estimated_accuracy",
    "null_rate",
)
"""Metrics computed from a model's prediction log; rates are fractions in [0, 1]."""

SHARE_OF = "share of "
"""Prefix of a share of a model's answers (of one class, or from a cut-off on) that a KPI downstream may follow."""

LATENCY_METRICS = ("latency_avg", "latency_p50", "latency_p95", "latency_p99")
"""Latencies in milliseconds, from kpis.parquet or else from the node's spans."""

RESOURCE_METRICS = ("cpu", "memory", "disk", "network")
SERVICE_METRICS = (*LATENCY_METRICS, "requests", "errors", "availability", *RESOURCE_METRICS)


class Incident(Document):
    """A symptom: one metric of one node went wrong. What is left out, the engine works out."""

    id: str = Field(min_length=1)
    node: str = Field(description="Id of the node whose metric went wrong.")
    metric: str = Field(description="A model metric, a latency, or a metric name in kpis.parquet.")
    detected_at: UtcTime
    started_at: UtcTime | None = None
    ended_at: UtcTime | None = None
    baseline: tuple[UtcTime, UtcTime] | None = Field(default=None, description="A healthy period: [from, to].")
    direction: Direction | None = Field(default=None, description="Which way the metric moved.")
    title: str | None = None
    severity: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Incident":
        if self.baseline and self.baseline[0] >= self.baseline[1]:
            raise ValueError("baseline must be [from, to] with from before to")
        if self.started_at and self.ended_at and self.started_at >= self.ended_at:
            raise ValueError("started_at must come before ended_at")
        return self


class Change(Document):
    """A deployment, a configuration change, a new data feed, a guideline, a flag."""

    ts: UtcTime
    node: str | None = None
    kind: ChangeKind = "other"
    title: str | None = None
    before: Any = None
    after: Any = None
    url: str | None = None
    author: str | None = None
