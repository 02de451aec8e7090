"""Columns that are another model's answers: they follow that model's inputs, even wrong ones, and never lead them."""

from collections.abc import Mapping

from schemas.evidence import Evidence


def is_answer(evidence: Evidence, node: str, column: str) -> bool:
    """Return whether a column of a model is another model's answer, logged or not."""
    producer = evidence.system.producer(node, column)
    return producer is not None and evidence.system.by_id[producer].kind == "model"


def answering(evidence: Evidence, node: str) -> Mapping[str, frozenset[str]]:
    """Return for each column of a model that is another logged model's answer the columns of that other model."""
    out = {}
    for column in {profile.column for profile in evidence.models[node].columns.values()}:
        producer = evidence.system.producer(node, column)
        if producer is not None and producer in evidence.models:
            out[column] = frozenset(profile.column for profile in evidence.models[producer].columns.values())
    return out
