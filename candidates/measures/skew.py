"""What differs between a model's training rows and its production, and what that does to the metric.

The diagnosis compares production with the training and validation rows. Shares are taken of the honest gap (to the
validation rows) where it is most of the whole; a column's share is that of an undo or redo test as in
`candidates.measures.diagnosis`.
"""

import math
from dataclasses import dataclass

import numpy as np

from candidates.measures.clock import within
from candidates.measures.columns import WRONG
from candidates.measures.diagnosis import MOVED, ColumnDiagnosis, ModelDiagnosis, diagnose
from candidates.measures.influence import bad_share, clip
from candidates.measures.laboratory import Laboratory
from candidates.measures.leakage import Relation, relations
from candidates.measures.overfitting import Overfit, overfit
from candidates.measures.parity import Parity, check_parity, reread
from candidates.measures.shifts import measure_shift
from candidates.measures.signatures import Signature, changed_encoding, wrong_values
from candidates.measures.vocabulary import vocabulary_signature
from candidates.measures.what_if import column_of, redo
from schemas.evidence import ColumnProfile, Evidence, ModelEvidence, Rows

ALWAYS = 0.7
"""Share of a column's difference that its first production rows must show already."""
FIRST = 0.15
"""Share of production that is its beginning."""
TELLS = 0.1
"""Share from which a column is looked at further."""
LOST = 0.3
CARRIES = 0.01
"""Importance from which a column can carry the symptom: unseen values of one without it stand for other things."""


@dataclass(frozen=True, slots=True)
class ColumnSkew:
    """A column that differs between training and serving.

    Parameters
    ----------
    share
        Of the symptom that its difference explains, [0, 1], and the estimator `words`.
    population
        Share that a mere difference of population explains, [0, 1].
    signature
        The clearest sign of wrong values or another encoding; None when the distribution merely differs.
    relation
        To the outcome, when that is lost in production; else None.
    always
        Share of the difference that the first production rows show, about 1 when it was there from the start.
    """

    column: ColumnDiagnosis
    profile: ColumnProfile
    share: float
    words: str
    population: float
    signature: Signature | None
    relation: Relation | None
    always: float


@dataclass(frozen=True, slots=True)
class ModelSkew:
    """What differs between a model's training and its serving.

    Parameters
    ----------
    overfit
        What the splits say; None without training rows.
    parity
        Of predictions of equal inputs.
    function
        Share of the symptom that goes away when the offline function is put back, [0, 1].
    reread
        The column that serving reads otherwise, if one makes most of the function's change, and its share of it.
    """

    columns: tuple[ColumnSkew, ...]
    overfit: Overfit | None
    parity: Parity
    function: float
    reread: tuple[str, float] | None


def model_skew(evidence: Evidence, node: str) -> ModelSkew | None:
    """Return what differs between training and serving of a model, computed once; None without enough rows."""
    return evidence.once(("skew", node), lambda: _skew(evidence, node))


def _skew(evidence: Evidence, node: str) -> ModelSkew | None:
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    rows = model.rows if model else None
    if model is None or rows is None or diagnosis is None or not np.isfinite(diagnosis.unit):
        return None
    learned = overfit(model, rows, diagnosis.metric)
    scale = _scale(diagnosis, learned)
    asked = _Asked(evidence, model, rows, diagnosis)
    found = relations(model, rows, _broken(model, rows, diagnosis))
    columns = [_column(asked, column, found, scale) for column in diagnosis.columns.values()]
    parity = check_parity(model, rows)
    moved = diagnosis.function_moved or parity.broken > TELLS
    return ModelSkew(
        columns=tuple(column for column in columns if column is not None),
        overfit=learned,
        parity=parity,
        function=clip(diagnosis.function * scale) if moved else 0.0,
        reread=asked.reread() if moved else None,
    )


def _scale(diagnosis: ModelDiagnosis, learned: Overfit | None) -> float:
    """Return what turns shares of the change from all reference rows into shares of the honest gap."""
    if learned is None or not learned.validated:
        return 1.0
    honest = learned.production - learned.validation
    if honest * diagnosis.unit <= 0 or abs(honest) < abs(diagnosis.unit) / 2:
        return 1.0
    return diagnosis.unit / honest


class _Asked:
    """The laboratory of a model, made when it is first needed."""

    def __init__(self, evidence: Evidence, model: ModelEvidence, rows: Rows, diagnosis: ModelDiagnosis) -> None:
        self.symptom, self.model, self.rows, self.diagnosis = evidence.symptom, model, rows, diagnosis
        self._lab: Laboratory | None = None

    @property
    def lab(self) -> Laboratory:
        if self._lab is None:
            shifts = {key: measure_shift(profile, self.symptom) for key, profile in self.model.columns.items()}
            self._lab = Laboratory(self.model, self.rows, shifts, self.diagnosis.metric)
        return self._lab

    def shuffled(self, column: ColumnDiagnosis, lost: float) -> float:
        """Return the share of the change that the training rows show when a column says as little as in production."""
        own = self.lab.block(column.keys)
        if not own:
            return 0.0
        rng, asked = np.random.default_rng(0), column_of(self.lab, own)
        return clip(redo(self.lab, asked, column.shift, shuffled=lost, rng=rng) / self.diagnosis.unit)

    def reread(self) -> tuple[str, float] | None:
        """Return the column that makes most of the function's change, and its share of it.

        Where no column makes half of it, the one that makes most will do if it alone has other values than in training:
        what reads it together with others changed with it.
        """
        lab, columns = self.lab, self.model.columns
        if lab.scale == "votes":  # the training rows' stand-in is on another scale than one of the window would be
            return None
        shares = reread(lab.surrogate, lab.window.index, lab.window.output)
        best = max(sorted(shares), key=lambda key: shares[key], default=None)
        if best is None:
            return None
        moved = [name for name, found in self.diagnosis.columns.items() if found.shift.strength >= MOVED]
        name = columns[best].column
        return (name, shares[best]) if shares[best] > 1 / 2 or moved == [name] else None


def _column(asked: _Asked, column: ColumnDiagnosis, found: dict[str, Relation], scale: float) -> ColumnSkew | None:
    model = asked.model
    profile = max((model.columns[key] for key in column.keys), key=lambda p: (p.after.sum() > 0, -len(p.part)))
    lost = max((found[k] for k in column.keys if k in found), key=lambda r: r.lost, default=None)
    relation = lost if lost is not None and lost.lost > LOST else None
    if relation is not None and relation.shuffled is not None and column.shift.strength >= MOVED:
        relation = None  # other values, which tell less for that
    if column.shift.strength < MOVED and relation is None and not column.relation_loss > 0:
        return None
    share, words = bad_share(column)
    if relation is not None:
        told = asked.shuffled(column, relation.mixed)
        if told > share:
            share, words = told, "letting the column say as little of the outcome in training as in production"
    share = clip(share * scale) * clip(column.importance / CARRIES)
    if share < TELLS / 2:
        return None
    return ColumnSkew(
        column=column,
        profile=profile,
        share=share,
        words=words,
        population=clip(column.mix * scale),
        signature=_signature(asked.model, asked.rows, column, profile),
        relation=relation,
        always=_always(asked, profile),
    )


def _signature(model: ModelEvidence, rows: Rows, column: ColumnDiagnosis, profile: ColumnProfile) -> Signature | None:
    signs = [
        *wrong_values(profile, rows, reference=True),
        *changed_encoding(profile, reference=True),
        *vocabulary_signature(model.vocabulary.get(column.column, ())),
    ]
    return max(signs, key=lambda s: (s.specificity, s.mechanism), default=None)


def _broken(model: ModelEvidence, rows: Rows, diagnosis: ModelDiagnosis) -> frozenset[str]:
    """Return the keys of the columns that moved and whose values are plainly wrong or written otherwise."""
    moved = [(key, c) for c in diagnosis.columns.values() if c.shift.strength >= MOVED for key in c.keys]
    signs = {key: _signature(model, rows, column, model.columns[key]) for key, column in moved}
    return frozenset(key for key, sign in signs.items() if sign is not None and sign.specificity >= WRONG)


def _always(asked: _Asked, profile: ColumnProfile) -> float:
    """Return how far the first production rows differ from training as all of them do (1: just so)."""
    counts = profile.counts[within(profile.ts, asked.symptom.window)]
    rows = counts.sum(axis=1)
    if rows.sum() <= 0 or profile.reference.sum() <= 0:
        return 1.0
    first = np.cumsum(rows) - rows < FIRST * rows.sum()
    p, q = (side / side.sum() for side in (profile.reference, counts.sum(axis=0)))
    weight = np.log((q + 1e-3) / (p + 1e-3))
    early = counts[first].sum(axis=0)
    moved = float(weight @ q - weight @ p)
    return float(weight @ (early / early.sum()) - weight @ p) / moved if moved > 0 and math.isfinite(moved) else 1.0
