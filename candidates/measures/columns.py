"""The input columns that moved, each with where it comes from, what it shows and what it explains."""

import math
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.batches import SchemaDifference, schema_differences
from candidates.measures.borne_out import borne_out
from candidates.measures.clock import alignment, stamp
from candidates.measures.diagnosis import MOVED, ColumnDiagnosis, diagnose
from candidates.measures.followed import Followed, followed
from candidates.measures.handed_on import handed_on
from candidates.measures.influence import column_share, has_moved, origin
from candidates.measures.other_unit import other_unit
from candidates.measures.sides import input_keys
from candidates.measures.signatures import Signature, changed_encoding, in_company, wrong_values
from candidates.measures.swapped import swapped
from candidates.measures.taken_over import given_to_any, taken_over
from candidates.measures.versions import change_item
from candidates.measures.vocabulary import vocabulary_signature
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate
from schemas.evidence import ColumnProfile, Evidence, ModelEvidence

SHOWN_BINS = 12
LOST_STRENGTH = 30.0
"""Strength of a relation to the other columns that is gone altogether, on the scale of a shift's."""
SHAPES = frozenset({"unit_change", "default_value"})
"""Signatures that a real shift of the population, borne out by other columns, may happen to look like."""
NEW = SHAPES | {"out_of_range"}
"""Those that values never seen before, borne out by their outcomes, may look like."""
WRONG, COMPANY = 0.5, 3
"""Sign from which values are wrong rather than right; columns with right ones that move where the population does."""
UNLOGGED = 0.6
"""How far a cause is believed to act through a model whose inputs and outputs are not logged."""


@dataclass(frozen=True, slots=True)
class MovedColumn:
    """A column that moved or changed its schema, seen at the model that reads it.

    Parameters
    ----------
    producer
        The furthest upstream declared node that hands the column on.
    from_model
        Whether that is another model, whose output the column then is.
    bad, drift
        Shares of the symptom explained if its values are wrong, if its population really moved.
    wrong, encoding
        Signatures, most specific first.
    schema
        What the batches' schemas say of it, if they changed.
    followed
        How far the outcomes went with its new values; None where they do not say.
    """

    model: ModelEvidence
    column: ColumnDiagnosis
    producer: str
    from_model: bool
    bad: float
    bad_words: str
    drift: float
    drift_words: str
    wrong: tuple[Signature, ...]
    encoding: tuple[Signature, ...]
    schema: SchemaDifference | None
    followed: Followed | None = None

    @property
    def borne_out(self) -> bool:
        """Return whether the outcomes went with the new values: then these are right."""
        return _confirmed(self.column, self.followed)

    @property
    def profile(self) -> ColumnProfile:
        """Return the profile that moved most."""
        profiles = [self.model.columns[key] for key in self.column.keys]
        return max(profiles, key=lambda p: (p.after.sum() > 0, -len(p.part)))


def unexamined(evidence: Evidence) -> str | None:
    """Return why no column can be said to have moved, if so."""
    if evidence.symptom.reference_split:
        return (
            "there is no healthy production period before the symptom; a difference from the training rows since the "
            "first production row is no change of a column"
        )
    if not evidence.models and evidence.operations:
        return f"no model with a log is upstream of {evidence.symptom.incident.node}"
    if not any(diagnose(evidence, node) for node in evidence.models):
        if evidence.models and all(model.rows is None for model in evidence.models.values()):
            return "only histograms without losses: whether a column matters to the symptom needs losses or rows"
        if bare := [node for node, model in sorted(evidence.models.items()) if model.rows and not input_keys(model)]:
            return f"the log of {bare[0]} holds no features: log them beside the predictions"
        return "no logged predictions with enough rows before and after the onset"
    return None


def moved_columns(evidence: Evidence) -> tuple[MovedColumn, ...]:
    """Return every input column upstream of the symptom that moved, computed once."""
    return evidence.once("moved_columns", lambda: tuple(_moved(evidence)))


def _moved(evidence: Evidence) -> list[MovedColumn]:
    out: list[MovedColumn] = []
    if evidence.symptom.reference_split:
        return out
    for node in sorted(evidence.models):
        model = evidence.models[node]
        diagnosis = diagnose(evidence, node)
        differences = {d.column: d for d in schema_differences(model, evidence.symptom)}
        columns = diagnosis.columns if diagnosis else {}
        moved = sorted(filter(has_moved, columns.values()), key=lambda each: (-each.shift.divergence, each.column))
        swaps = swapped([each.column for each in moved], model.rows)
        out += _in_company(
            [
                _describe(evidence, model, column, differences.get(name), swaps.get(name))
                for name, column in columns.items()
                if has_moved(column) or (name in differences and column.importance > 0)
            ]
        )
    return out


def _in_company(moved: list[MovedColumn]) -> list[MovedColumn]:
    """Return a model's columns; where several moved with valid values, a tilted one moved with them."""
    valid = {id(m) for m in moved if m.column.shift.strength >= MOVED and not m.schema and _right(m)}
    return [
        replace(m, wrong=in_company(m.wrong, m.profile)) if len(valid) - (id(m) in valid) >= COMPANY else m
        for m in moved
    ]


def _right(moved: MovedColumn) -> bool:
    signs = (*moved.wrong, *moved.encoding)
    return max((sign.specificity for sign in signs), default=0.0) < WRONG


def _through_unlogged(evidence: Evidence, column: ColumnDiagnosis, producer: str) -> float:
    """Return the share of the symptom that a column may have through upstream models without a log.

    Such a model reads the same column, and its output, seen where it is read, moved: whether by this
    column or by a change of the model itself only rows with old values can say (`handed_on`).
    """
    best = 0.0
    if column.shift.strength < MOVED:
        return best
    for edge in evidence.system.edges:
        declared = evidence.system.by_id[edge.source]
        reader = diagnose(evidence, edge.target)
        unlogged = declared.kind == "model" and diagnose(evidence, edge.source) is None
        if not unlogged or reader is None or evidence.system.producer(edge.source, column.column) != producer:
            continue
        for output in (reader.columns[c] for c in edge.columns if c in reader.columns):
            if has_moved(output):
                came = came_with(evidence, edge.target, column, output)
                share = column_share(evidence, edge.target, output, bad=True)[0]
                best = max(best, max(UNLOGGED, came or 0.0) * share)
    return best


def came_with(evidence: Evidence, node: str, column: ColumnDiagnosis, output: ColumnDiagnosis) -> float | None:
    """Return what of the movement of an unlogged model's output came with a column's new values, read at one model."""
    rows = evidence.models[node].rows
    outputs = tuple(key for key in output.keys if rows is not None and key in rows.bins)
    if rows is None or not outputs or column.keys[0] not in rows.bins:
        return None
    return handed_on(rows, column.keys[0], outputs)


def came_from_inputs(evidence: Evidence, carried: MovedColumn) -> float:
    """Return what of the movement of an unlogged model's output came with a moved column that it reads, [0, 1]."""
    node, shares = carried.model.node.id, [0.0]
    for moved in moved_columns(evidence):
        column, source = moved.column, carried.producer
        reads = evidence.system.producer(source, column.column) == moved.producer
        if moved.model.node.id == node and column.shift.strength >= MOVED and reads:
            shares.append(came_with(evidence, node, column, carried.column) or 0.0)
    return max(shares)


def _describe(
    evidence: Evidence,
    model: ModelEvidence,
    column: ColumnDiagnosis,
    schema: SchemaDifference | None,
    swap: Signature | None,
) -> MovedColumn:
    node = model.node.id
    producer = origin(evidence, node, column.column)
    declared = evidence.system.by_id.get(producer)
    bad, bad_words = column_share(evidence, node, column, bad=True)
    hidden = _through_unlogged(evidence, column, producer)
    if hidden > bad:
        bad, bad_words = hidden, "what the output of an unlogged model that also reads it explains"
    profile = model.columns[column.keys[0]]
    reference = evidence.symptom.reference_split
    drift, drift_words = column_share(evidence, node, column, bad=False)
    vocabulary = vocabulary_signature(model.vocabulary.get(column.column, ()))
    encoding = changed_encoding(profile, reference=reference)
    wrong = wrong_values(profile, model.rows, reference=reference)
    # what only tells the time cannot stand still, or turn up beside the wrong rows, and still be right
    wrong = () if column.calendar else wrong
    went = followed(evidence, node, profile.column) if _asked(column, profile) else None
    unit = other_unit(evidence, node, profile.column, column.shift.onset) if _asked(column, profile) else None
    innocent = SHAPES if column.column in borne_out(evidence, node) else frozenset()
    innocent = NEW if _confirmed(column, went) else innocent
    if unit is not None:  # the outcomes went with what the values were
        went, innocent = unit.followed, frozenset()
        wrong = (unit.sign, *(sign for sign in wrong if sign.mechanism not in NEW))
    elif not _permuted(encoding) and (sign := _default(evidence, model, column, went)) is not None:
        wrong = (sign, *wrong)
    if swap is not None:
        wrong = (swap, *wrong)
    return MovedColumn(
        model=model,
        column=column,
        producer=producer,
        from_model=producer != node and declared is not None and declared.kind == "model",
        bad=bad,
        bad_words=bad_words,
        drift=drift,
        drift_words=drift_words,
        wrong=tuple(sign for sign in wrong if sign.mechanism not in innocent),
        encoding=vocabulary or encoding,
        schema=schema,
        followed=went,
    )


def _permuted(encoding: tuple[Signature, ...]) -> bool:
    """Return whether all old shares sit on other categories: a default would have taken from all of them."""
    return any(sign.mechanism == "re_encoded" for sign in encoding)


def _default(
    evidence: Evidence, model: ModelEvidence, column: ColumnDiagnosis, went: Followed | None
) -> Signature | None:
    """Return the sign of a known value that was given to rows to which it does not belong."""
    profile = model.columns[column.keys[0]]
    if went is not None and went.false:
        return taken_over(profile, model.rows)
    diagnosis = diagnose(evidence, model.node.id)
    if diagnosis is None or model.rows is None or column.relation_loss <= 0:
        return None
    steady = [c.keys[0] for c in diagnosis.columns.values() if c is not column and not has_moved(c)]
    return given_to_any(profile, model.rows, [key for key in steady if key in model.rows.bins])


def _confirmed(column: ColumnDiagnosis, went: Followed | None) -> bool:
    return math.isfinite(column.ventured) or (went is not None and went.true)


def _asked(column: ColumnDiagnosis, profile: ColumnProfile) -> bool:
    """Return whether the outcomes can be asked of a column's new values: of one that is read, whole, and moved."""
    return not profile.part and column.importance > 0 and column.shift.strength >= MOVED


def histogram_item(profile: ColumnProfile) -> EvidenceItem:
    """Return the column's distribution before and after, the bins that moved most, in their order."""
    before, after = profile.before, profile.after
    p = before / max(before.sum(), 1)
    q = after / max(after.sum(), 1)
    chosen = np.sort(np.argsort(-np.maximum(p, q), kind="stable")[:SHOWN_BINS])
    name = profile.column + (f" ({profile.part})" if profile.part else "")
    return EvidenceItem(
        kind="histogram",
        text=f"the distribution of {name} before and since",
        data={
            "column": profile.column,
            "labels": [profile.labels[i] for i in chosen],
            "before": [round(float(p[i]), 5) for i in chosen],
            "after": [round(float(q[i]), 5) for i in chosen],
        },
    )


def change_items(evidence: Evidence, nodes: set[str], kinds: set[str] | None = None) -> tuple[EvidenceItem, ...]:
    """Return the change events on some nodes near the symptom's onset, nearest first, at most three."""
    symptom = evidence.symptom
    slack = max(3 * symptom.bucket_seconds, 3600.0)
    near = [
        (abs((change.ts - symptom.onset.at).total_seconds()), change)
        for change in evidence.changes
        if change.node in nodes
        and (kinds is None or change.kind in kinds)
        and -slack <= (change.ts - symptom.onset.low).total_seconds()
        and (change.ts - symptom.onset.high).total_seconds() <= slack
    ]
    near.sort(key=lambda pair: (pair[0], pair[1].title or ""))
    return tuple(change_item(change) for _, change in near[:3])


def column_candidate(
    evidence: Evidence,
    moved: MovedColumn,
    *,
    family: str,
    mechanism: str,
    specificity: float,
    impact: float,
    estimator: str,
    words: str,
    verify: str,
    remedy: str,
    kinds: set[str],
) -> Candidate:
    """Return the candidate that a family makes of a moved column; `kinds` are the change events that fit it."""
    column, shift = moved.column, moved.column.shift
    name = column.column
    onset = shift.onset or column.parted
    reader = moved.model.node.id
    source = f"{name} from {moved.producer}" if moved.producer != reader else name
    since = f" since {stamp(onset.at)}" if onset else ""
    events = change_items(evidence, {moved.producer}, kinds)
    explained = EvidenceItem(
        kind="estimate",
        text=f"explains {impact:.0%} of the symptom, estimated by {estimator}",
        data={"share": round(impact, 4), "estimator": estimator, "importance": round(column.importance, 4)},
    )
    return Candidate(
        family=family,
        node=moved.producer,
        subject=name,
        impact=impact,
        strength=min(max(shift.strength, LOST_STRENGTH * column.relation_loss), 1e6),
        specificity=specificity,
        mechanism=mechanism,
        observed_at=reader,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        summary=f"{source}: {words}{since}.",
        evidence=(explained, histogram_item(moved.profile), *events),
        verify=verify,
        remedy=remedy,
        explains=(("column", reader, name), ("output", reader)),
        features={
            "importance": column.importance,
            "divergence": shift.divergence,
            "alignment": alignment(onset, evidence.symptom),
            "coincident_change": float(bool(events)),
            "relation_loss": column.relation_loss,
        },
    )
