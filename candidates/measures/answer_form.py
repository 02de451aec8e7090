"""The form of a model's answers, and where answers to the same inputs changed: everywhere, or in a slice.

A coarser number format leaves few different answers; a fallback, a default or a stale cache gives one answer to many
rows. Neither follows from the inputs, and neither is a matter of one slice. The change of the function itself is
measured in `served_function`.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.diagnosis import diagnose
from candidates.measures.health import INFLUENCE
from candidates.measures.histograms import SEEN
from candidates.measures.influence import clip, function_share, symptomatic_models
from candidates.measures.predicates import Slice
from candidates.measures.slice_report import slice_reports
from candidates.measures.slices import selected
from schemas.evidence import Evidence, FloatArray, IntArray, Rows
from schemas.system import Node

FEWEST = 200
"""Fewer answers on a side do not show a form."""
MOST = 0.9
"""Share of the rows that the most frequent answers are counted up to."""
COLLAPSED = 10
"""Factor by which so many different answers must have become fewer."""
GAINED = 0.1
"""Share of the rows that one answer must gain to stand out."""
SERVING = frozenset({"service", "pipeline"})
"""Kinds of nodes that hand requests to a model, or its answers on."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What became of the form of a model's answers: `coarse` or `spike`, and a clause."""

    mechanism: str
    words: str


def answer_form(rows: Rows, node: Node) -> AnswerForm | None:
    """Return how the form of a model's answers changed; None where it did not, or of classes, which always are few.

    Of classes with probabilities the answer is the largest one.
    """
    if node.task == "multiclass" and rows.proba is None:
        return None
    answer = rows.prediction if rows.proba is None or node.task != "multiclass" else rows.proba.max(axis=1)
    fine = np.isfinite(answer)
    old, new = answer[~rows.after & fine], answer[rows.after & fine]
    size = min(len(old), len(new))
    if size < FEWEST:
        return None
    # as many rows of each side: more rows have more different answers
    old, new = (side[np.linspace(0, len(side) - 1, size).astype(int)] for side in (old, new))
    many, few = (_needed(np.unique(side, return_counts=True)[1]) for side in (old, new))
    if few * COLLAPSED <= many:
        return AnswerForm("coarse", f"{few:,} different answers make up {MOST:.0%} of all, before it took {many:,}")
    return _spike(old, new)


def _needed(counts: IntArray) -> int:
    """Return how many of the most frequent answers make up `MOST` of the rows."""
    return 1 + int(np.searchsorted(np.cumsum(np.sort(counts)[::-1]), MOST * counts.sum()))


def _spike(old: FloatArray, new: FloatArray) -> AnswerForm | None:
    values, counts = np.unique(new, return_counts=True)
    value = values[int(counts.argmax())]
    was, now = float(np.mean(old == value)), float(np.mean(new == value))
    if now - was < GAINED:
        return None
    return AnswerForm("spike", f"{now:.0%} of the answers are exactly {value:g}, before {was:.0%}")


def served_by(evidence: Evidence, node: str) -> tuple[str, ...]:
    """Return the symptomatic models whose requests or answers pass through a node that hands them no column."""
    declared = evidence.system.by_id.get(node)
    if declared is None or declared.kind not in SERVING or node not in evidence.graph:
        return ()
    handing = {edge.target for edge in evidence.system.edges if edge.source == node and edge.columns}
    beside = {*evidence.graph.predecessors(node), *evidence.graph.successors(node)}
    return tuple(sorted((beside & symptomatic_models(evidence)) - handing))


def comparable(evidence: Evidence, node: str) -> float:
    """Return the share of the window's rows whose inputs, of those that the model reads, had been seen before, [0, 1].

    Of the others it cannot be said that the same inputs are answered otherwise: wrong values drive answers to a bound.
    """
    diagnosis = diagnose(evidence, node)
    columns = diagnosis.columns.values() if diagnosis else ()
    new = [clip(c.importance / INFLUENCE) * float(c.shift.after[c.shift.before <= SEEN].sum()) for c in columns]
    return 1.0 - max(new, default=0.0)


def elsewhere(evidence: Evidence, node: str, where: Slice) -> float:
    """Return how far a model's answers to the same inputs changed outside of a slice as well as within it, [0, 1]."""
    diagnosis, model = diagnose(evidence, node), evidence.models[node]
    if diagnosis is None or diagnosis.deviation is None or model.rows is None or not diagnosis.function_moved:
        return 0.0
    found = diagnosis.deviation
    size, now = found.size**2, found.part == 1
    inside = np.zeros(len(size), dtype=bool)
    inside[now] = selected(where, model.columns, model.rows)[found.row[now]]
    usual, within, beyond = (
        float(size[rows].mean()) if rows.any() else 0.0 for rows in (found.part == 0, now & inside, now & ~inside)
    )
    return clip((beyond - usual) / (within - usual)) if within > usual else float(beyond > usual)


def changed_everywhere(evidence: Evidence, node: str, where: Slice) -> float:
    """Return the share of the symptom that changed answers explain, as far as no slice bounds them, [0, 1]."""
    return function_share(evidence, node) * elsewhere(evidence, node, where)


def bounded(evidence: Evidence, node: str) -> float:
    """Return how far the changed answers of a model lie in one of its degraded slices alone, [0, 1]."""
    reports = slice_reports(evidence, node) or ()
    return max((one.sure * (1.0 - elsewhere(evidence, node, one.found.where)) for one in reports), default=0.0)
