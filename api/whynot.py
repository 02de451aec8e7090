"""Why a family, node or column that somebody names is not, or not higher, among the causes."""

from difflib import get_close_matches

import networkx as nx
from pydantic import BaseModel, Field

from candidates import families
from rca.review.analyses import kept_proposed
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, Cause

MOST = 20


class WhyNot(BaseModel):
    """What is known of a family, node or column that somebody names."""

    listed: list[Cause] = Field(description="Causes of the answer that name it.")
    proposed: list[str] = Field(description="Candidates that name it and were too improbable to be listed.")
    notes: list[str] = Field(description="Why families were ruled out or not examined.")


def why_not(warehouse: Warehouse, answer: Analysis, of: str, graph: "nx.DiGraph[str] | None" = None) -> WhyNot:
    """Return what is known of a family, node or column.

    Parameters
    ----------
    graph
        What depends on what, to tell whether a node can reach the symptom at all.
    """
    listed = [cause for cause in answer.causes if of in (cause.family, cause.node, cause.subject)]
    keys = {cause.key for cause in answer.causes}
    proposed = kept_proposed(warehouse, answer.id or "").candidates
    also = [
        f"{one.family} of {one.node}{f' ({one.subject})' if one.subject else ''}: explains {max(0.0, one.impact):.0%}"
        for one in proposed
        if of in (one.family, one.node, one.subject) and one.key not in keys
    ]
    notes = [f"{note.family}: {note.reason}" for note in (*answer.ruled_out, *answer.not_examined) if note.family == of]
    if graph is not None and of in graph:
        notes += _reach(graph, of, answer.incident.node)
    if not (listed or also or notes):
        notes = _nothing(warehouse, of, graph)
    return WhyNot(listed=listed, proposed=also[:MOST], notes=notes)


def _reach(graph: "nx.DiGraph[str]", node: str, symptom: str) -> list[str]:
    if node == symptom or symptom not in graph or nx.has_path(graph, node, symptom):
        return []
    return [f"nothing leads from {node} to {symptom}, so it cannot have caused it as far as the graph is known"]


def _nothing(warehouse: Warehouse, of: str, graph: "nx.DiGraph[str] | None") -> list[str]:
    columns = {
        row[0] for row in warehouse.connection.execute("SELECT DISTINCT column_name FROM prediction_columns").fetchall()
    }
    known = {*columns, *families(), *(graph or ())}
    if of in known or graph is None:
        return [f"no family proposed anything of {of!r}: nothing of it stood out in the windows that were compared"]
    near = get_close_matches(of, sorted(known), n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return [f"{of!r} is no node, column or family that is known here{hint}"]
