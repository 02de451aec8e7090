"""What one pull brought: documents of the contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from rca.errors import InputError

Document = dict[str, Any]
"""One line of changes.jsonl."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull brought, in the order of time.

    Parameters
    ----------
    source
        The tool: `mlflow`, `prometheus`, `dvc`, `whylogs`.
    changes
        Change events, as lines of changes.jsonl.
    kpis, histograms
        Rows of kpis.parquet and of histograms/*.parquet; None where the source has none.
    notes
        What the reader should know: what was left out, and why.
    """

    source: str
    changes: tuple[Document, ...] = ()
    kpis: pa.Table | None = None
    histograms: pa.Table | None = None
    notes: tuple[str, ...] = ()


def missing_extra(tool: str, extra: str) -> InputError:
    """Return the error for a tool whose client is not installed."""
    return InputError(
        f"the client of {tool} is not installed",
        mend=f"install it: uv tool install 'rca-engine[{extra}]' (or pip install 'rca-engine[{extra}]')",
    )


def node_of(name: str, nodes: Mapping[str, str]) -> str:
    """Return the node that stands for a tool's own name: as mapped, else of the same name."""
    return nodes.get(name, name)


def in_order(changes: Iterable[Document]) -> tuple[Document, ...]:
    """Return change events by time, then node and title, so that equal content makes equal files."""
    return tuple(sorted(changes, key=lambda change: (change["ts"], str(change["node"]), change["title"])))
