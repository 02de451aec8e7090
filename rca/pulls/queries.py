"""The file that says which queries become which metrics."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from rca.errors import InputError

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
KEYS = {"node", "node_label", "metric", "query", "step"}
EXAMPLE = "- {node: scorer, metric: latency_p95, query: 'PROMQL', step: 1m}"


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and the metric that its values are.

    Parameters
    ----------
    node
        Whose metric it is; empty where a label says so.
    node_label
        The label that names the node; empty where `node` does.
    """

    metric: str
    query: str
    step: timedelta
    node: str = ""
    node_label: str = ""

    @property
    def name(self) -> str:
        """Return how messages name the query."""
        return f"{self.metric} of {self.node or f'each {self.node_label}'}"


def read_queries(path: Path) -> tuple[Query, ...]:
    """Return the queries of a YAML file: a list of {node, metric, query, step}.

    Raises
    ------
    InputError
        When the file cannot be read or an entry lacks something; the message names the entry.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is not valid YAML: {error}", file=path) from error
    entries = document.get("queries") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not entries:
        raise InputError("holds no list of queries", file=path, mend=f"write {EXAMPLE}")
    queries = tuple(_query(entry, path, place) for place, entry in enumerate(entries, 1))
    names = [(query.node, query.node_label, query.metric) for query in queries]
    for place, name in enumerate(names, 1):
        if name in names[: place - 1]:
            raise InputError(f"{queries[place - 1].name} is asked for twice", file=path, row=place, mend="remove one")
    return queries


def _query(entry: Any, path: Path, place: int) -> Query:
    if not isinstance(entry, dict):
        raise InputError("is not a query", file=path, row=place, mend=f"write {EXAMPLE}")
    unknown = sorted(str(key) for key in set(entry) - KEYS)
    if unknown:
        known = ", ".join(sorted(KEYS))
        raise InputError(f"the key {unknown[0]!r} is unknown", file=path, row=place, mend=f"known keys are {known}")
    needed = {key: entry.get(key) for key in ("metric", "query")}
    absent = next((key for key, value in needed.items() if not isinstance(value, str) or not value), None)
    if absent or bool(entry.get("node")) == bool(entry.get("node_label")):
        what = absent or "one of node and node_label"
        raise InputError(f"the query lacks {what}", file=path, row=place, mend=f"write {EXAMPLE}")
    return Query(
        metric=str(entry["metric"]),
        query=str(entry["query"]),
        step=_step(entry.get("step", "1m"), path, place),
        node=str(entry.get("node") or ""),
        node_label=str(entry.get("node_label") or ""),
    )


def _step(text: Any, path: Path, place: int) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd]?)", str(text))
    seconds = int(found[1]) * UNITS[found[2] or "s"] if found else 0
    if not seconds:
        raise InputError(f"the step {text!r} is no duration", file=path, row=place, mend="write 30s, 1m, 5m, 1h or 1d")
    return timedelta(seconds=seconds)
