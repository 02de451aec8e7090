"""A column was added, dropped, renamed, retyped, or its categories re-encoded.

Read from what each batch's schema was observed to be, and from the vocabulary of categories. A
dropped column whose values turn up under a new name was renamed; the subject is the old name.
"""

import difflib
from dataclasses import replace

import numpy as np

from candidates.measures.batches import SchemaDifference, schema_differences
from candidates.measures.columns import MovedColumn, column_candidate, moved_columns, unexamined
from candidates.measures.distances import kolmogorov_smirnov
from candidates.measures.same_cause import merged
from candidates.measures.signatures import Signature
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence, ModelEvidence

CHANGES = {"schema", "deploy", "data_feed", "config", "other"}
EMPTIED, NO_ROW = 0.5, 0.95
"""How surely a column that hardly a row fills any more was dropped; share of the rows that lost their value."""
REMEDY = (
    "Restore the old schema at the producer or map the new one at the reader; put the schema under a contract test."
)


def _alike(model: ModelEvidence, old: str, new: str) -> float:
    """Return how alike two columns are by name and values, in [0, 1]."""
    name = difflib.SequenceMatcher(None, old.casefold(), new.casefold()).ratio()
    a, b = model.columns.get(old), model.columns.get(new)
    rows = model.rows
    if rows is not None and old in rows.values and new in rows.values:
        before, after = rows.values[old][~rows.after], rows.values[new][rows.after]
        before, after = before[np.isfinite(before)], after[np.isfinite(after)]
        values = 1 - kolmogorov_smirnov(before, after) if len(before) and len(after) else 0.0
    elif a is not None and b is not None and a.kind == b.kind:
        was = {label for label, n in zip(a.labels, a.before, strict=True) if n > 0}
        now = {label for label, n in zip(b.labels, b.after, strict=True) if n > 0}
        values = len(was & now) / max(1, len(was | now))
    else:
        values = 0.0
    return 0.35 * name + 0.65 * values


def _renamed_to(model: ModelEvidence, dropped: SchemaDifference, added: list[SchemaDifference]) -> str | None:
    scored = [(_alike(model, dropped.column, a.column), a.column) for a in added if a.since <= dropped.since]
    scored += [(_alike(model, dropped.column, a.column), a.column) for a in added if a.since > dropped.since]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= 0.65 else None


def _words(difference: SchemaDifference, new_name: str | None) -> tuple[str, str]:
    if difference.mechanism == "dropped" and new_name:
        return "renamed", f"the batches carry {new_name} in its place (same values)"
    if difference.mechanism == "dropped":
        return "dropped", f"it is missing from the batches that hold {difference.share:.0%} of the window's rows"
    examples = f", for example {', '.join(map(repr, difference.examples))}" if difference.examples else ""
    lost = f"; {difference.uncast:,} values could not be read{examples}" if difference.uncast else ""
    return "retyped", f"its type changed from {difference.before} to {difference.after}{lost}"


def _from_schema(evidence: Evidence, moved: MovedColumn, added: list[SchemaDifference]) -> Candidate | None:
    difference = moved.schema
    if difference is None or difference.mechanism == "added":
        return None
    new_name = _renamed_to(moved.model, difference, added) if difference.mechanism == "dropped" else None
    mechanism, words = _words(difference, new_name)
    item = EvidenceItem(
        kind="schema",
        text=f"{difference.column}: {words}",
        data={
            "before": difference.before,
            "after": difference.after,
            "renamed_to": new_name,
            "since": difference.since.isoformat(),
            "examples": list(difference.examples),
        },
    )
    candidate = _candidate(evidence, moved, mechanism, 0.97, words)
    return _with(candidate, item, difference)


def _with(candidate: Candidate, item: EvidenceItem, difference: SchemaDifference) -> Candidate:
    onset = candidate.onset or difference.since
    return replace(candidate, evidence=(item, *candidate.evidence), onset=onset)


def _candidate(evidence: Evidence, moved: MovedColumn, mechanism: str, specificity: float, words: str) -> Candidate:
    name = moved.column.column
    return column_candidate(
        evidence,
        moved,
        family="schema_change",
        mechanism=mechanism,
        specificity=specificity,
        impact=moved.bad,
        estimator=moved.bad_words,
        words=words,
        verify=f"Diff the producer's schema of {name} across the onset; read one raw record from each side.",
        remedy=REMEDY,
        kinds=CHANGES,
    )


def _encoding(moved: MovedColumn) -> Signature | None:
    return next((s for s in moved.encoding if s.mechanism != "garbled"), None)


def generate(evidence: Evidence) -> Findings:
    """Propose the columns whose schema or encoding changed."""
    if not any(model.batches or model.rows for model in evidence.models.values()):
        return Findings(not_examined="no logged batches and no histograms, so no observed schemas")
    if (reason := unexamined(evidence)) is not None:
        return Findings(not_examined=reason)
    found: list[Candidate] = []
    added = {
        node: [d for d in schema_differences(model, evidence.symptom) if d.mechanism == "added"]
        for node, model in evidence.models.items()
    }
    for moved in moved_columns(evidence):
        if moved.from_model:
            continue
        candidate = _from_schema(evidence, moved, added[moved.model.node.id])
        sign = _encoding(moved)
        if candidate is None and sign is not None:
            specificity = sign.specificity * (0.5 if _wrong_says_more(moved, sign) else 1.0)
            candidate = _candidate(evidence, moved, sign.mechanism, specificity, sign.words)
        if candidate is None and _emptied(moved):
            words = "hardly a row has a value any more: its producer may have dropped it, though the logs still list it"
            candidate = _candidate(evidence, moved, "dropped", EMPTIED, words)
        if candidate is not None:
            found.append(candidate)
    if not found:
        return Findings(ruled_out="the batches (or histograms) kept their columns, types and categories")
    return Findings(candidates=merged(found))


def _emptied(moved: MovedColumn) -> bool:
    """Return whether a column that (nearly) all rows filled is empty in (nearly) all of them since."""
    return any(sign.mechanism == "null_burst" and sign.touched >= NO_ROW for sign in moved.wrong)


def _wrong_says_more(moved: MovedColumn, sign: Signature) -> bool:
    return any(s.specificity > sign.specificity for s in moved.wrong)
