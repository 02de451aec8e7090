"""One request body on its way into the database, and what its sender is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa

Source = Literal["predictions", "histograms", "traces", "kpis", "changes", "lineage"]


@dataclass(frozen=True, slots=True)
class Lines:
    """Valid JSON documents, one a row.

    `shape` is alike for bodies that may share a file: to a model's log it says which keys have values of which type,
    because batches that differ in that are evidence.
    """

    rows: Sequence[bytes]
    shape: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """The content of one request.

    Parameters
    ----------
    key
        Says that two deliveries are one and the same: the sender's idempotency key, else the content's digest.
    digest
        Of the content, its source and node.
    node
        Of predictions: the model that made them.
    """

    id: str
    key: str
    digest: str
    source: Source
    content: Lines | pa.Table
    node: str | None
    received_at: datetime

    @property
    def rows(self) -> int:
        """Return how many rows were sent."""
        return len(self.content.rows) if isinstance(self.content, Lines) else int(self.content.num_rows)

    @property
    def size(self) -> int:
        """Return about how many bytes it takes while it waits."""
        content = self.content
        return sum(map(len, content.rows)) if isinstance(content, Lines) else int(content.nbytes)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is on disk of a delivery. `quarantined` counts rows and values set aside, `reasons` says why, each once."""

    id: str
    source: str
    node: str | None
    received_at: datetime
    batch: int
    rows: int
    quarantined: int
    reasons: tuple[str, ...]
    repeated: bool = False
