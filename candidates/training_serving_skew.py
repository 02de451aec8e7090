"""Wrong from the first production row: training differs from serving (processing, leakage, overfitting).

Proposed only where no healthy production period exists and the baseline is the training and validation rows. A column
that was right in production and then broke is `data_quality` or `schema_change`. A difference that does not matter
(another season, a column without influence) explains nothing by the undo tests, and is not blamed.
"""

from candidates.measures.columns import histogram_item
from candidates.measures.diagnosis import diagnose
from candidates.measures.leakage import Relation
from candidates.measures.signatures import Signature
from candidates.measures.skew import ALWAYS, TELLS, ColumnSkew, ModelSkew, model_skew
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

MECHANISMS = {
    "unit_change": "scaling",
    "null_burst": "missing_in_serving",
    "default_value": "missing_in_serving",
    "frozen": "missing_in_serving",
    "nulls_filled": "missing_in_serving",
    "re_encoded": "encoding",
    "new_categories": "encoding",
    "garbled": "encoding",
}
GENERIC = 0.55
"""Specificity of a column whose distribution differs without a sign of what is wrong with it."""
NEWCOMERS = 0.3
"""Share of the rows in unknown categories up to which they are newcomers rather than another encoding."""
PLAIN, TOO_GOOD = 0.6, 0.5
"""A sign of wrong values as clear as the first says it all, unless the column alone told so much of the outcome."""
RELATED = 0.2
"""Share of a column's relation to the others that is lost when its values are surely not what they were."""
CLEAR_GAP = 4.0
SOME = 0.05
"""Share of the symptom from which a difference is worth telling."""
VERIFY = {
    "leakage": "Ask when {c} is written: is it known before the outcome? Train without it and compare in production.",
    "overfitting": "Compare train, validation and production by number of rounds or depth; refit with regularisation.",
    "parity": "Replay logged production inputs through the training code and compare the predictions row by row.",
}
REMEDY = {
    "leakage": "Drop the column or take its value as of prediction time; retrain; split by time.",
    "overfitting": "Regularise, stop early, or train on more rows; choose the model on validation rows.",
    "parity": "Serve with the training code and libraries; pin encodings and feature order; test parity on deploy.",
}
COMPARE = "Compute {c} for a few entities with the training code and the serving code, and compare the values."
SHARE_CODE = "Use one implementation of the feature for training and serving; backfill or retrain on the served values."


def _candidate(
    evidence: Evidence,
    node: str,
    *,
    subject: str | None,
    mechanism: str,
    impact: float,
    strength: float,
    specificity: float,
    summary: str,
    items: tuple[EvidenceItem, ...],
    features: dict[str, float],
    timing: float = 1.0,
) -> Candidate:
    onset = evidence.symptom.onset
    return Candidate(
        family="training_serving_skew",
        node=node,
        subject=subject,
        impact=impact,
        strength=min(strength, 1e6),
        specificity=specificity,
        mechanism=mechanism,
        observed_at=node,
        onset=onset.at,
        onset_low=onset.low,
        onset_high=onset.high,
        summary=summary,
        evidence=items,
        verify=VERIFY.get(mechanism, COMPARE).format(c=subject),
        remedy=REMEDY.get(mechanism, SHARE_CODE),
        explains=((("column", node, subject),) if subject else ()) + (("output", node),),
        features={"alignment": timing, "coincident_change": 0.0} | features,
    )


def _told(share: float, words: str, **data: float) -> EvidenceItem:
    rounded = {name: round(float(value), 4) for name, value in data.items()}
    text = f"explains {share:.0%} of the symptom, estimated by {words}"
    return EvidenceItem(kind="estimate", text=text, data={"share": round(share, 4), **rounded})


def _of_column(evidence: Evidence, node: str, skew: ColumnSkew) -> Candidate:
    column, sign, relation = skew.column, skew.signature, skew.relation
    name = column.column
    leaks = relation is not None and _leaks(relation, sign)
    if leaks and relation is not None:
        mechanism, specificity = "leakage", _leakage(relation)
        words = _words_of_leak(relation)
    elif sign is not None and not _newcomers(sign):
        mechanism, specificity, words = MECHANISMS.get(sign.mechanism, "processing"), sign.specificity, sign.words
    else:
        mechanism, words = "processing", "its values differ from the training rows'"
        specificity = GENERIC * _processed(skew)
    impact = _own_share(skew, leaks=leaks)
    told = {} if relation is None else {"told_in_training": relation.told, "relation_lost": relation.lost}
    return _candidate(
        evidence,
        node,
        subject=name,
        mechanism=mechanism,
        impact=impact,
        strength=max(column.shift.strength, relation.z if relation else 0.0),
        specificity=specificity,
        summary=f"{name} at {node} differs between training and serving since the first production row: {words}.",
        items=(_told(impact, skew.words, importance=column.importance, **told), histogram_item(skew.profile)),
        features={"importance": column.importance, "divergence": column.shift.divergence, "from_first": skew.always},
        timing=1.0 if skew.always >= ALWAYS else -0.5,
    )


def _leakage(relation: Relation) -> float:
    """Return the specificity of a lost relation to the outcome."""
    return (0.5 + 0.4 * relation.lost) * relation.alone


def _leaks(relation: Relation, sign: Signature | None) -> bool:
    """Return whether the lost relation says more of the column than the sign of wrong values in it."""
    if sign is None or sign.specificity < PLAIN:
        return True
    return relation.told * relation.lost > TOO_GOOD and _leakage(relation) * relation.alone > sign.specificity


def _words_of_leak(relation: Relation) -> str:
    if relation.shuffled is None:
        return f"{relation.lost:.0%} of what it says about the outcome in the training rows is gone in production"
    return "it says less of the outcome in production, while the other columns say as much as in the training rows"


def _newcomers(sign: Signature) -> bool:
    """Return whether a few categories unknown to training are all there is: as time goes by, new ones come."""
    return sign.mechanism in {"new_categories", "garbled"} and sign.touched < NEWCOMERS


def _processed(skew: ColumnSkew) -> float:
    """Return how far a column without a sign of wrong values was processed otherwise rather than drawn otherwise.

    Where only the population differs, reweighting explains as much as repairing, and the column keeps its relation to
    the other columns.
    """
    drawn = min(skew.population / max(skew.share, 1e-9), 1.0)
    return (1 - drawn) * (0.3 + 0.7 * min(skew.column.relation_loss / RELATED, 1.0))


def _own_share(skew: ColumnSkew, *, leaks: bool) -> float:
    if leaks and skew.relation is not None:
        return skew.share * skew.relation.alone
    told = skew.signature is not None and not _newcomers(skew.signature)
    return skew.share if told else skew.share * _processed(skew)


def _overfitting(evidence: Evidence, node: str, skew: ModelSkew, explained: float) -> Candidate | None:
    learned = skew.overfit
    if learned is None or learned.z < CLEAR_GAP or learned.sure <= 0:
        return None
    # without validation rows the gap may be anything that the columns and the function do not explain
    impact = learned.sure * learned.share * (1.0 if learned.validated else 1 - explained)
    if impact < SOME:
        return None
    values = {"train": learned.train, "validation": learned.validation, "production": learned.production}
    said = {name: round(value, 5) for name, value in values.items() if value == value}  # noqa: PLR0124 -- not NaN
    shown = ", ".join(f"{value:.3g} in {name}" for name, value in said.items())
    metric = evidence.symptom.incident.metric
    item = EvidenceItem(
        kind="series", text=f"{metric} by split", data={"labels": list(said), "value": list(said.values())}
    )
    words = "the part of the gap to the training rows that rows never trained on show as well"
    slopes = {
        name: value
        for name, value in (("calibration_slope", learned.slope), ("calibration_slope_train", learned.slope_train))
        if value == value  # noqa: PLR0124 -- not NaN
    }
    return _candidate(
        evidence,
        node,
        subject=None,
        mechanism="overfitting",
        impact=impact,
        strength=learned.z,
        specificity=0.9 * learned.sure if learned.validated else 0.6 * learned.sure,
        summary=f"{node} learned its training rows by heart: {metric} is {shown}.",
        items=(_told(impact, words, **slopes), item),
        features={"overfit": learned.sure},
    )


def _parity(evidence: Evidence, node: str, skew: ModelSkew, explained: float) -> Candidate | None:
    parity, diagnosis = skew.parity, diagnose(evidence, node)
    if diagnosis is None or (parity.known and parity.broken <= SOME):
        return None
    # inputs that are wrong look like another function to any stand-in; equal inputs do not
    impact = skew.function * (1.0 if parity.broken else 1 - explained)
    if impact < SOME:
        return None
    words = f"predictions deviate {diagnosis.function_ratio:.1f} times as much as usual from the function of training"
    if parity.broken:
        words = f"{parity.differing:.0%} of {parity.pairs} equal inputs got another prediction than in training"
    subject, read = skew.reread or (None, 0.0)
    which = f"; {read:.0%} of the change is how {subject} is read" if subject else ""
    return _candidate(
        evidence,
        node,
        subject=subject,
        mechanism="parity",
        impact=impact,
        strength=10 * max(diagnosis.function_ratio - 1, parity.broken),
        specificity=0.9 if parity.broken else 0.6,
        summary=f"{node} answers otherwise in serving than in training: {words}{which}.",
        items=(
            _told(impact, "putting the function of the training rows back", ratio=diagnosis.function_ratio),
            EvidenceItem(
                kind="estimate",
                text="equal inputs logged in training and in production",
                data={"pairs": parity.pairs, "differing": round(parity.differing, 4)},
            ),
        ),
        features={"function_ratio": diagnosis.function_ratio, "pairs": float(parity.pairs)},
    )


def generate(evidence: Evidence) -> Findings:
    """Propose what differs between the training and the serving of the symptomatic model."""
    if not evidence.symptom.reference_split:
        return Findings(ruled_out="production was healthy before the onset: nothing is wrong from the first row on")
    node = evidence.symptom.incident.node
    skew = model_skew(evidence, node)
    if skew is None:
        return Findings(not_examined=f"too few training rows of {node} carry predictions (and labels)")
    columns = [_of_column(evidence, node, column) for column in skew.columns]
    columns = [c for c in columns if c.impact >= SOME and c.specificity > 0]
    explained = max((c.impact for c in columns if c.impact >= TELLS), default=0.0)
    whole = (_overfitting(evidence, node, skew, explained), _parity(evidence, node, skew, explained))
    found = (*columns, *(candidate for candidate in whole if candidate is not None))
    if not found:
        return Findings(
            ruled_out="no column, and not the function, differs from training in a way that matters; no overfitting"
        )
    return Findings(candidates=found)
