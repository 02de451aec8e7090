"""What the batches' observed schemas say: columns dropped, added, renamed, retyped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.evidence import ModelEvidence, SchemaObservation, Symptom, Window

USUAL = 0.2
"""Share of the earlier rows from which a type is one of the column's usual ones."""


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """How one column's schema differs between the batches before and in the window.

    Parameters
    ----------
    mechanism
        `dropped`, `added`, `renamed` or `retyped`.
    share
        Share of the window's rows in batches that show it.
    since
        First row of the first batch that shows it, UTC.
    """

    column: str
    mechanism: str
    before: str
    after: str
    share: float
    since: datetime
    uncast: int = 0
    examples: tuple[str, ...] = ()


def _overlaps(batch: SchemaObservation, window: Window) -> bool:
    return batch.first < window.end and batch.last >= window.start


def _rows_by_batch(batches: list[SchemaObservation]) -> dict[tuple[datetime, datetime], int]:
    return {(b.first, b.last): b.rows for b in batches}


def _by_column(batches: list[SchemaObservation]) -> Mapping[str, list[SchemaObservation]]:
    out: dict[str, list[SchemaObservation]] = {}
    for batch in batches:
        out.setdefault(batch.column, []).append(batch)
    return out


def schema_differences(model: ModelEvidence, symptom: Symptom) -> tuple[SchemaDifference, ...]:
    """Compare the batches of the window with those before it, column by column.

    A batch belongs to the window when it starts in it; a batch that straddles the onset shows only
    what its rows share, so it counts for neither side unless there is nothing else.
    """
    start = symptom.onset.low if not symptom.reference_split else symptom.window.start
    after = [b for b in model.batches if b.first >= start and b.first < symptom.window.end]
    if not after:
        after = [b for b in model.batches if _overlaps(b, symptom.window)]
    before = [b for b in model.batches if b.last < start]
    if not before:
        late = {id(batch) for batch in after}
        before = [b for b in model.batches if b.first < start and id(b) not in late]
    if not before or not after:
        return ()
    window_batches = _rows_by_batch(after)
    total = max(1, sum(window_batches.values()))
    was, now = _by_column(before), _by_column(after)
    found: list[SchemaDifference] = []
    first = min(b.first for b in after)
    found.extend(
        SchemaDifference(column, "dropped", was[column][-1].type, "", 1.0, first)
        for column in sorted(set(was) - set(now))
    )
    for column in sorted(set(now) - set(was)):
        rows = sum(b.rows for b in now[column])
        found.append(SchemaDifference(column, "added", "", now[column][0].type, rows / total, now[column][0].first))
    for column in sorted(set(was) & set(now)):
        missing = total - sum(b.rows for b in now[column])
        if missing > 0.05 * total:
            absent = sorted(set(window_batches) - {(b.first, b.last) for b in now[column]})
            since = absent[0][0] if absent else now[column][0].first
            found.append(SchemaDifference(column, "dropped", was[column][-1].type, "", missing / total, since))
            continue
        found.extend(_retyped(column, was[column], now[column], total))
    return tuple(found)


def _form(batch: SchemaObservation) -> str:
    """Return what must stay of a column's type: its kind, of vectors of one length that as well."""
    return batch.type if batch.kind == "vector" and not batch.type.endswith("[]") else batch.kind


def _retyped(
    column: str, was: list[SchemaObservation], now: list[SchemaObservation], total: int
) -> list[SchemaDifference]:
    usual: dict[str, int] = {}
    for batch in was:
        if batch.nulls < batch.rows:
            usual[_form(batch)] = usual.get(_form(batch), 0) + batch.rows
    if not usual:
        return []
    kind = max(sorted(usual), key=lambda k: usual[k])
    rows = sum(usual.values())
    vectors = any(batch.kind == "vector" for batch in was)
    other = [
        b
        for b in now
        # vectors of several lengths in one batch say nothing of what they should be
        if usual.get(_form(b), 0) < USUAL * rows and b.nulls < b.rows and not (vectors and _form(b) == "vector")
    ]
    uncast = sum(b.uncast for b in now)
    if not other:
        return []
    share = sum(b.rows for b in other) / total
    before = next(b.type for b in reversed(was) if _form(b) == kind)
    examples = tuple(dict.fromkeys(e for b in other for e in b.examples))[:3]
    return [SchemaDifference(column, "retyped", before, other[0].type, share, other[0].first, uncast, examples)]
