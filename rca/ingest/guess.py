"""Guess from names, types and values which columns of a log are the reserved ones."""

import re

from rca.ingest.relation import Column, Relation
from rca.ingest.session import Session
from rca.ingest.types import as_time, is_number, is_time, kind_of

PATTERNS = {
    reserved: tuple(names.split())
    for reserved, names in {
        "ts": "ts timestamp event_time event_timestamp prediction_time time datetime created_at date event_date "
        ".*_(at|time|ts|timestamp|date)",
        "label_ts": "label_ts label_time labell?ed_at label_timestamp outcome_time",
        "request_id": "request_id req_id prediction_id event_id requestid id",
        "trace_id": "trace_id traceid",
        "model_version": "model_version modelversion model_ver version",
        "query_id": "query_id qid search_id impression_id",
        "split": "split data_split dataset fold",
        "prediction": "prediction y_pred y_hat yhat pred predicted score proba probability prob p "
        "pred(iction|icted)?_.* .*_(pred|prediction|predicted|score|proba|probability)",
        "label": "label target y y_true actual ground_truth truth outcome class .*_(label|target|actual) is_.*",
    }.items()
}
"""Reserved column -> patterns of names met for it, the most telling first."""

TARGET_KINDS = ("numeric", "category", "boolean")
SPLIT_NAMES = "('train', 'training', 'validation', 'valid', 'test', 'production', 'prod')"


def guess_columns(session: Session, relation: Relation) -> dict[str, Column]:
    """Return reserved name -> the column that most likely plays it, in the order of `PATTERNS`."""
    found: dict[str, Column] = {}
    # the label's own time is looked for first, or it would pass for the time of the row
    for reserved in ("label_ts", *(name for name in PATTERNS if name != "label_ts")):
        for pattern in PATTERNS[reserved]:
            names = [c for c in relation.columns if re.fullmatch(pattern, c.name, re.IGNORECASE)]
            column = next((c for c in names if c not in found.values() and _fits(session, relation, reserved, c)), None)
            if column:
                found[reserved] = column
                break
    if "ts" not in found:
        times = [c for c in relation.columns if is_time(c.observed) and c not in found.values()]
        found |= {"ts": times[0]} if times else {}
    return {reserved: found[reserved] for reserved in PATTERNS if reserved in found}


def _fits(session: Session, relation: Relation, reserved: str, column: Column) -> bool:
    """Return whether a column's values can play the reserved role that its name suggests."""
    checks = {"ts": _is_time, "label_ts": _is_time, "split": _is_split, "label": _is_label}
    if reserved in checks:
        return checks[reserved](session, relation, column)
    return reserved != "prediction" or kind_of(column.observed) in TARGET_KINDS


def _share(session: Session, relation: Relation, column: Column, condition: str) -> float:
    """Return the share of a column's first values that meet a condition."""
    some = f"(FROM {relation.sql} WHERE {column.ref} IS NOT NULL LIMIT 1000)"
    share = session.scalar(f"SELECT avg(CAST(({condition}) AS INTEGER)) FROM {some}")
    return float(share or 0)


def _is_time(session: Session, relation: Relation, column: Column) -> bool:
    if is_time(column.observed):
        return True
    # a small number may be anything; a moment of this century is a large one
    large = f" AND abs({column.ref}) > 9e8" if is_number(column.type) else ""
    return _share(session, relation, column, f"{as_time(column.ref, column.type)} IS NOT NULL{large}") > 0.9  # noqa: PLR2004


def _is_split(session: Session, relation: Relation, column: Column) -> bool:
    return column.type == "VARCHAR" and _share(session, relation, column, f"lower({column.ref}) IN {SPLIT_NAMES}") == 1


def _is_label(session: Session, relation: Relation, column: Column) -> bool:
    if not column.name.lower().startswith("is_"):
        return kind_of(column.observed) in TARGET_KINDS
    if column.observed == "BOOLEAN":
        return True
    return is_number(column.type) and _share(session, relation, column, f"{column.ref} IN (0, 1)") == 1
