"""`system.yaml`: the nodes and edges of the system under observation (CONTRACT section 1)."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Document

NodeKind = Literal["model", "dataset", "pipeline", "service", "kpi"]
Task = Literal["binary", "multiclass", "regression", "ranking"]

RESERVED_COLUMNS = (
    "ts",
    "request_id",
    "trace_id",
    "model_version",
    "query_id",
    "split",
    "prediction",
    "label",
    "label_ts",
)
"""The default names of the columns of a prediction log that are neither feature nor segment."""

ALWAYS_RAW = ("ts", "model_version", "split", "prediction", "label", "label_ts")
"""Reserved columns that cannot be sensitive."""

ATTRIBUTION_PREFIX = "attribution_"
PROBABILITY_PREFIX = "proba_"


class Node(Document):
    """One part of the system. `threshold` is a probability in [0, 1], used by binary models."""

    id: str = Field(min_length=1, description="Unique name of the node; any string.")
    kind: NodeKind = Field(description="What kind of part this is.")
    owner: str | None = Field(default=None, description="Team that owns the node.")
    task: Task | None = Field(default=None, description="Models only: what is predicted.")
    threshold: float = Field(
        default=0.5, ge=0, le=1, description="Binary models: the probability from which a row counts as positive."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Reserved column name -> the name that the files use instead, for example {ts: event_time}.",
    )
    segments: tuple[str, ...] = Field(default=(), description="Columns to slice by that the model itself may not use.")
    features: tuple[str, ...] | None = Field(
        default=None, description="Input columns; default: every column not otherwise reserved."
    )
    sensitive: tuple[str, ...] = Field(
        default=(),
        description="Columns that are counted, but whose values are neither stored nor shown: texts become tokens, "
        "numbers are rounded.",
    )

    @model_validator(mode="after")
    def _can_be_hidden(self) -> Self:
        for reserved in ALWAYS_RAW:
            if self.column(reserved) in self.sensitive:
                raise ValueError(
                    f"{self.column(reserved)!r} of node {self.id!r} is its {reserved}, which cannot be sensitive: "
                    "every metric needs it as it is"
                )
        return self

    def column(self, reserved: str) -> str:
        """Return the name that the files use for a reserved column."""
        return self.columns.get(reserved, reserved)


class Edge(Document):
    """Cause -> effect: what `source` does can break `target`.

    `columns` says which input columns of `target` come from `source`. Service edges run from the
    callee to the caller.
    """

    source: str = Field(alias="from", description="The node that acts.")
    target: str = Field(alias="to", description="The node that can break.")
    columns: tuple[str, ...] = Field(default=(), description="Input columns of `to` that come from `from`.")


class System(Document):
    """The declared system: unique nodes, and edges between declared nodes. Cycles are allowed."""

    nodes: tuple[Node, ...] = Field(min_length=1)
    edges: tuple[Edge, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[str] = set()
        for node in self.nodes:
            if node.id in seen:
                raise ValueError(f"node id {node.id!r} appears twice; ids must be unique")
            seen.add(node.id)
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in seen:
                    raise ValueError(
                        f"edge {edge.source!r} -> {edge.target!r} names {end!r}, which is not among the nodes; "
                        "declare it or correct the name"
                    )
        return self

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """Return the nodes by their id."""
        return {node.id: node for node in self.nodes}

    def producer(self, node: str, column: str) -> str | None:
        """Return the node that an edge names as the source of an input column, if any."""
        return self._producers.get((node, column))

    @cached_property
    def _producers(self) -> dict[tuple[str, str], str]:
        named: dict[tuple[str, str], str] = {}
        for edge in self.edges:
            for column in edge.columns:
                named.setdefault((edge.target, column), edge.source)
        return named
