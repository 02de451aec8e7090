"""An input's values are wrong: nulls, unit or scale, out of range, frozen, garbled, misjoined, duplicated.

The signature says what kind of wrong; the *repair*, *redo* and *drop* estimates say whether it matters.
Stands back where the batches' schemas show that the column was dropped, renamed or retyped.
"""

import math
from dataclasses import replace

from candidates.measures.clock import alignment
from candidates.measures.columns import MovedColumn, change_items, column_candidate, moved_columns, unexamined
from candidates.measures.diagnosis import MOVED, ColumnDiagnosis
from candidates.measures.influence import clip
from candidates.measures.outcome_change import SURE, outcome_change, outcome_looks
from candidates.measures.row_faults import RowFault, row_faults, row_source
from candidates.measures.same_cause import merged
from candidates.measures.signatures import Signature
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

NOVEL = 0.05
UNDONE = 0.3
"""Share of the symptom that putting a column back must undo, for a relation lost in few of the rows to be a fault."""
CHANGES = {"data_feed", "deploy", "config", "schema", "infrastructure", "other"}
VERIFY = {
    "null_burst": "Query the source of {c} for nulls since the onset; compare with the feed's own row counts.",
    "unit_change": "Take a few entities seen before and since: is {c} the same quantity in another unit?",
    "frozen": "Read {c} at its source: does it still change?",
    "clipped": "Read {c} at its source: do values still come from beyond the bound?",
    "swapped": "Take a few entities seen before and since: does {c} stand in another column now?",
    "misjoined": "Join a few rows by hand: does {c} belong to the entity it stands beside?",
}
REMEDY = "Fix or roll back the producer, quarantine the affected rows and backfill; guard with a range and null check."


def _signature(evidence: Evidence, moved: MovedColumn) -> Signature | None:
    """Return the most specific sign of wrong values, a lost relation included."""
    column = moved.column
    signs = [*moved.wrong, *(s for s in moved.encoding if s.mechanism == "garbled")]
    shift = column.shift
    novel = float(shift.after[shift.before <= 0].sum())
    respelled = any(s.touched > NOVEL for s in moved.encoding if s.mechanism != "garbled")
    if novel > NOVEL or respelled or (moved.followed is not None and moved.followed.true):
        pass  # values never seen before cannot relate to anything, and true ones are not another row's: no misjoin
    elif column.relation_loss > 0.3:
        words = f"it lost {column.relation_loss:.0%} of its relation to the other columns"
        # a real shift narrows or widens a column, which weakens its relations too
        drifted = shift.strength >= MOVED and column.mix > 0.3
        sure = (0.5 + 0.4 * column.relation_loss) * (0.35 if drifted else 1.0)
        signs.append(Signature("misjoined", sure, 1.0, words))
    elif column.relation_loss > 0 and _undone(column) > UNDONE:
        words = f"in some rows it lost its relation to the other columns ({column.relation_loss:.0%} over all rows)"
        signs.append(Signature("misjoined", 0.5 + 0.4 * _undone(column), column.relation_loss, words))
    elif column.label_loss > 0.5:
        words = "it no longer says anything about the outcome, while the other columns still do"
        sure = (0.3 + 0.3 * column.label_loss) * (1.0 - _other_outcomes(evidence, moved))
        signs.append(Signature("misjoined", sure, 1.0, words))
    best = max(signs, key=lambda s: s.specificity, default=None)
    units = next((s for s in moved.wrong if s.mechanism == "unit_change"), None)
    if best is not None and best.mechanism == "misjoined" and units is not None:
        # a factor in some of the rows breaks the relation to the others just so
        return replace(units, specificity=max(units.specificity, best.specificity))
    return best


def _other_outcomes(evidence: Evidence, moved: MovedColumn) -> float:
    """Return how surely the outcomes are others given the columns that stayed alone, [0, 1]: no wrong join makes them.

    Whose value a row holds in one column has nothing to do with what the others say of its outcome. 0 where none stayed
    to look with.
    """
    node = moved.model.node.id
    change, looks = outcome_change(evidence, node), outcome_looks(evidence, node)
    if change is None or not looks or not looks[-1].bins or looks[-1].bins.keys() & set(moved.column.keys):
        return 0.0
    return clip(change.intact.z / SURE - 1.0)


def _undone(column: ColumnDiagnosis) -> float:
    """Return the share of the symptom that a column's lost relation both would make and undoes, [0, 1].

    Of a column that kept its distribution: one that drifted relates less to the others as well.
    """
    share = min(column.repair, column.redo) if column.shift.strength < MOVED else 0.0
    return min(1.0, share) if math.isfinite(share) else 0.0


def _stands_back(moved: MovedColumn, signature: Signature) -> float:
    """Return the specificity left when a changed schema or encoding says it better."""
    if moved.schema and moved.schema.mechanism != "added":
        return 0.1 * signature.specificity
    better = max((s.specificity for s in moved.encoding if s.mechanism != "garbled"), default=0.0)
    return signature.specificity * (0.3 if better > signature.specificity else 1.0)


def _candidate(evidence: Evidence, moved: MovedColumn, signature: Signature) -> Candidate:
    name = moved.column.column
    candidate = column_candidate(
        evidence,
        moved,
        family="data_quality",
        mechanism=signature.mechanism,
        specificity=_stands_back(moved, signature),
        impact=moved.bad,
        estimator=moved.bad_words,
        words=signature.words,
        verify=VERIFY.get(signature.mechanism, "Compare {c} with its source for rows since the onset.").format(c=name),
        remedy=REMEDY,
        kinds=CHANGES,
    )
    if clip(moved.column.freed) <= 0:
        return candidate
    # what a column that stopped no longer says of the outcome looks like another outcome of the same inputs
    return replace(candidate, explains=(*candidate.explains, ("outcome", moved.model.node.id)))


def _row_candidate(evidence: Evidence, fault: RowFault) -> Candidate:
    series = fault.series
    data = (
        {"ts": [str(t) for t in series.ts[-200:]], "value": [float(v) for v in series.value[-200:]]} if series else {}
    )
    estimate = f"explains {fault.share:.0%} of the symptom, estimated by {fault.estimator}"
    return Candidate(
        family="data_quality",
        node=row_source(evidence, fault.node),
        subject=None,
        impact=fault.share,
        strength=min(fault.strength, 1e6),
        specificity=fault.specificity,
        mechanism=fault.mechanism,
        observed_at=fault.node,
        onset=evidence.symptom.onset.at,
        summary=f"{fault.words}.",
        evidence=(
            EvidenceItem(kind="estimate", text=estimate, data={"share": round(fault.share, 4)}),
            EvidenceItem(kind="series", text=fault.words, data=data),
            *change_items(evidence, {fault.node, row_source(evidence, fault.node)}, CHANGES),
        ),
        verify="Count the rows per key and hour at the source and in the log.",
        remedy="Deduplicate or backfill the feed; make the join or the retry idempotent.",
        explains=(
            ("rows", fault.node),
            ("output", fault.node),
            *(("column", fault.node, column) for column in fault.columns),
            # rows of some values only: the outcomes' mix went with them
            *((("classes", fault.node),) if fault.columns else ()),
        ),
        features={"alignment": alignment(evidence.symptom.onset, evidence.symptom), "coincident_change": 0.0},
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the columns, and the logs, whose values are wrong."""
    if (reason := unexamined(evidence)) is not None:
        return Findings(not_examined=reason)
    found = [_row_candidate(evidence, fault) for fault in row_faults(evidence)]
    for moved in moved_columns(evidence):
        signature = _signature(evidence, moved)
        if signature and not moved.from_model:
            found.append(_candidate(evidence, moved, signature))
    if not found:
        return Findings(ruled_out="no null burst, unit change, frozen, out-of-range or misjoined column, no lost rows")
    return Findings(candidates=merged(found))
