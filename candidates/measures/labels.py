"""What the labels say of themselves: whether they are the same as before, known as soon, and called the same."""

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.batches import schema_differences
from candidates.measures.change_words import INERT, suspected
from candidates.measures.clock import stamp
from candidates.measures.label_arrival import coverage, latest, settled
from candidates.measures.label_heap import heap
from candidates.measures.label_origin import label_origin
from candidates.measures.label_peers import agreement
from candidates.measures.label_scale import rescaled
from candidates.measures.outcome import MEASURED
from candidates.measures.outcome_change import OutcomeChange, outcome_looks
from candidates.measures.since_event import follows
from candidates.measures.versions import change_item
from schemas.analysis import EvidenceItem
from schemas.evidence import Evidence, ModelEvidence, Onset, Rows
from schemas.incident import Change

TOLD = 0.5
"""Specificity from which a sign says more than that the outcomes moved."""
NEW_LABELS = 0.01
"""Share of the labels that are of a class never logged before, from which the vocabulary changed."""
GONE = 0.02
LATE = 0.1
"""Share of one outcome's labels that took longer than they ever did, from which their delay changed."""
SOONER = 1.5
"""Factor by which labels come sooner, from which they come from elsewhere."""
FEWER, FEWER_SURE = 0.1, 0.4
FEW = 30
UNREAD = 0.4
"""What is left of a sign where the symptom is no model's metric."""
HOUR = 1 / 24
CLEAR = 4.0
"""Standard errors by which labels that agreed must differ."""
DIFFER = 0.02
"""Share of the requests by which labels that agreed must differ."""
OTHERS, OTHERS_ALONE = 0.9, 0.8
"""How sure outcomes that others record are a matter of the labels: where those of the former still are as expected,
and where nobody of them is left to compare."""
ONE_WAY = 0.85
NOISY, EVEN = 0.85, 3.0
"""Slope left of the relation, and standard errors of single inputs' beyond it, up to which labels look noisy."""
ERRING = 0.2
"""Specificity of noise: outcomes that became a matter of chance look the same."""
OF_A_PRODUCER = {"data_feed": 0.8, "schema": 0.8, "deploy": 0.8, "config": 0.8, "flag": 0.8, "infrastructure": 0.6}
"""Kinds of changes that may change the labels which a node records, and how surely at the very onset."""
TOLD_OF_LABELS, WITHIN = 0.9, 0.6
"""How sure a change is that says so; factor of another one that only lies within the interval of an onset."""
WORDS = re.compile(
    r"\blabel(?:s|led|ling)?\b|annotat|ground.?truth|guideline"
    r"|\boutcomes? (?:are|is|now|from|feed|source|table|reported|recorded|definition|taken|window)",
    re.IGNORECASE,
)
"""What titles of changes say when they are about labels."""
AS_EVER = re.compile(
    r"\b(?<!other )(?<!remaining )(?:definitions?|rules?|criteria|meanings?)\b[^;,.]{0,12}"
    r"\b(?:unchanged|as before|stay|the same)\b|\bno (?:functional |material )?changes?\b|\btypos?\b",
    re.IGNORECASE,
)
"""What they say when all labels mean what they meant."""


@dataclass(frozen=True, slots=True)
class LabelSign:
    """One sign that the labels, not the world, changed: its mechanism, how sure it is in [0, 1], and a clause.

    `announced`: whether a change event tells it. `seen`: whether the labels themselves show it beyond chance, so that
    outcomes given the inputs need not.
    """

    mechanism: str
    specificity: float
    words: str
    item: EvidenceItem | None = None
    announced: bool = False
    seen: bool = False


def label_producer(evidence: Evidence, model: ModelEvidence) -> str | None:
    """Return the node that an edge names as the source of a model's labels, if any."""
    names = {"label", model.node.column("label")}
    found = (evidence.system.producer(model.node.id, name) for name in sorted(names))
    return next((node for node in found if node is not None), None)


def label_signs(evidence: Evidence, model: ModelEvidence, change: OutcomeChange | None) -> tuple[LabelSign, ...]:
    """Return the signs that a model's labels changed, surest first."""
    found = [
        _vocabulary(model),
        _unreadable(evidence, model),
        _later(model),
        _fewer(model, change),
        _guideline(evidence, model, change),
        _disagreeing(evidence, model),
        _recorded_by_others(evidence, model),
        _one_way(change),
        _noisier(change),
        _heaped(model),
        _rescaled(model, change),
    ]
    # a figure that is no model's metric seldom reads labels: what moved it is no matter of how they are recorded
    apart = 1.0 if evidence.symptom.incident.node in evidence.models else UNREAD
    signs = [replace(sign, specificity=apart * sign.specificity) for sign in found if sign]
    return tuple(sorted(signs, key=lambda s: (-s.specificity, s.mechanism)))


def _vocabulary(model: ModelEvidence) -> LabelSign | None:
    rows = [(name, before, after) for name, before, after in model.label_vocabulary]
    before, after = (sum(counts) for counts in ([r[1] for r in rows], [r[2] for r in rows]))
    if not before or not after:
        return None
    new = [(name, n / after) for name, was, n in rows if was == 0 and n / after > NEW_LABELS]
    gone = [(name, was / before) for name, was, n in rows if n == 0 and was / before > GONE]
    if not new and not gone:
        return None
    said = [f"{name!r} is new ({share:.0%} of the labels)" for name, share in new[:3]]
    said += [f"{name!r} is gone (was {share:.0%})" for name, share in gone[:3]]
    data = {
        "labels": [r[0] for r in rows[:12]],
        "before": [r[1] for r in rows[:12]],
        "after": [r[2] for r in rows[:12]],
    }
    words = "the labels' vocabulary changed: " + ", ".join(said)
    item = EvidenceItem(kind="schema", text=words, data=data)
    return LabelSign("label_vocabulary", 0.95 if new else 0.7, words, item, seen=bool(new))


def _unreadable(evidence: Evidence, model: ModelEvidence) -> LabelSign | None:
    names = {"label", model.node.column("label")}
    for found in schema_differences(model, evidence.symptom):
        if found.column in names and found.mechanism != "added":
            words = f"the labels' type changed from {found.before} to {found.after}"
            if found.uncast:
                words += f"; {found.uncast:,} could not be read"
            data = {"before": found.before, "after": found.after, "examples": list(found.examples)}
            return LabelSign("label_vocabulary", 0.95, words, EvidenceItem(kind="schema", text=words, data=data))
    return None


def _later(model: ModelEvidence) -> LabelSign | None:
    if model.rows is None:
        return None
    late = latest(model.rows, model.node.task or "regression")
    if late is None or late.share < LATE:
        return _sooner(model.rows)
    of = _outcome_name(model, late.place)
    words = (
        f"{late.share:.0%} of the labels {of} took longer than 99% of them did before: {late.after:.1f} days, "
        f"usually {late.before:.1f} (medians)"
    )
    data = {
        "share_late": round(late.share, 4),
        "before_days": round(late.before, 3),
        "after_days": round(late.after, 3),
    }
    sure = 0.6 + 0.3 * min(1.0, (late.share - LATE) / LATE)
    return LabelSign("label_delay", sure, words, EvidenceItem(kind="estimate", text=words, data=data))


def _outcome_name(model: ModelEvidence, place: int) -> str:
    """Return an outcome as a reader knows it: the class, or which tenth of the values before."""
    if model.rows is None or model.node.task == "regression":
        return f"in tenth {place + 1} of the values before"
    values = np.unique(model.rows.label[np.isfinite(model.rows.label)])
    value, names = values[place], model.rows.classes
    return repr(names[int(value)]) if 0 <= value < len(names) else f"{value:g}"


def _sooner(rows: Rows) -> LabelSign | None:
    if rows.label_delay is None:
        return None
    known = np.isfinite(rows.label_delay) & np.isfinite(rows.label)
    before, after = rows.label_delay[known & ~rows.after], rows.label_delay[known & settled(rows)]
    if len(before) < FEW or len(after) < FEW:
        return None
    was, now = (max(float(np.median(x)), HOUR) for x in (before, after))
    if now >= was / SOONER:
        return None
    words = f"labels arrive {now:.1f} days after the prediction, before {was:.1f} (median)"
    data = {"before_days": round(was, 3), "after_days": round(now, 3)}
    return LabelSign("label_source", 0.75, words, EvidenceItem(kind="estimate", text=words, data=data))


def _fewer(model: ModelEvidence, change: OutcomeChange | None) -> LabelSign | None:
    found = coverage(model.rows, model.node.task or "regression") if model.rows is not None else None
    if found is None:
        return None
    was, now = found.before, found.after
    if was - now < FEWER:
        return None
    which = "" if found.answer is None else f" and were answered {_answer_name(model, found.answer)}"
    had = "have a label" if found.by is None else f"had a label within {found.by:.2g} days"
    words = f"{now:.0%} of the rows that are old enough{which} {had}, before {was:.0%}"
    data = {"before": round(was, 4), "after": round(now, 4)}
    # labels that are missing for one outcome more than for another move the known ones in one direction
    one_way = change is not None and change.moved.one_way >= ONE_WAY
    sure = FEWER_SURE + (0.5 * min(1.0, (was - now) / (2 * FEWER)) if one_way else 0.0)
    item = EvidenceItem(kind="estimate", text=words, data=data)
    return LabelSign("labels_missing", sure, words, item, seen=one_way and found.z > CLEAR)


def _answer_name(model: ModelEvidence, answer: int) -> str:
    """Return an answer as a reader knows it: the class, or which part of the answers before."""
    if model.node.task == "multiclass" and model.rows is not None:
        values = np.unique(model.rows.prediction[np.isfinite(model.rows.prediction)])
        value, names = values[answer], model.rows.classes
        return repr(names[int(value)]) if 0 <= value < len(names) else f"{value:g}"
    return f"in part {answer + 1} of the answers before"


def _disagreeing(evidence: Evidence, model: ModelEvidence) -> LabelSign | None:
    """Tell labels that followed from those of another model of the same outcome, and no longer do."""
    for node, other in sorted(evidence.models.items()):
        if node == model.node.id:
            continue
        found = agreement(model, other)
        if found is None and other.node.task == model.node.task:
            sign = _apart(model, node, other)
            if sign is not None:
                return sign
        elif found is not None and found.z > CLEAR and found.before - found.after > DIFFER:
            words = (
                f"its labels agree with those of {node}, which records the same outcome, for {found.after:.0%} of the "
                f"requests, before for {found.before:.0%}"
            )
            data = {"before": round(found.before, 4), "after": round(found.after, 4), "other": node}
            item = EvidenceItem(kind="estimate", text=words, data=data)
            return LabelSign("label_source", 0.9, words, item, seen=True)
    return None


def _apart(model: ModelEvidence, node: str, other: ModelEvidence) -> LabelSign | None:
    """Tell labels that had the mean of those of another model, and no longer have."""
    classes = model.node.task != "regression"
    own, its = _label_means(model, classes=classes), _label_means(other, classes=classes)
    if own is None or its is None:
        return None
    (was, error), (now, error_now) = ((_gap(own[i], its[i])) for i in (0, 1))
    same = abs(was) < 2 * error and _alike(own[0], its[0])
    if not same or abs(now - was) <= CLEAR * math.hypot(error, error_now):
        return None
    words = f"its labels no longer agree with those of {node}, which records the same outcome"
    data = {"mean": round(own[1][0], 5), "other_mean": round(its[1][0], 5), "other": node}
    return LabelSign("label_source", 0.85, words, EvidenceItem(kind="estimate", text=words, data=data))


def _label_means(model: ModelEvidence, *, classes: bool) -> tuple[tuple[float, float, int], ...] | None:
    """Return (mean, standard deviation, rows) of the known labels before and since; None where there are few."""
    rows = model.rows
    if rows is None:
        return None
    out = []
    for side in (~rows.after, rows.after):
        label = rows.label[side & np.isfinite(rows.label)]
        if len(label) < FEW * (1 if classes else 2):
            return None
        out.append((float(label.mean()), float(label.std()), len(label)))
    return tuple(out)


def _gap(one: tuple[float, float, int], other: tuple[float, float, int]) -> tuple[float, float]:
    """Return the difference of two means and its standard error."""
    return one[0] - other[0], math.hypot(one[1] / math.sqrt(one[2]), other[1] / math.sqrt(other[2])) + 1e-12


def _alike(one: tuple[float, float, int], other: tuple[float, float, int]) -> bool:
    """Return whether two samples of labels look drawn from one: about the same mean and spread."""
    spread = max(one[1], other[1], 1e-12)
    return abs(one[0] - other[0]) < 0.05 * spread and abs(one[1] - other[1]) < 0.05 * spread


def _recorded_by_others(evidence: Evidence, model: ModelEvidence) -> LabelSign | None:
    """Tell outcomes that others record now, unless theirs are as the inputs let expect."""
    found = label_origin(model, outcome_looks(evidence, model.node.id))
    if found is None or found.z < CLEAR:
        return None
    who = ", ".join(map(repr, found.gained[:3]))
    words = f"{found.after:.0%} of the outcomes are recorded by {who} ({found.column}), before {found.before:.0%}"
    if math.isfinite(found.z):
        words += f"; they lie farther from what the inputs let expect than the others' ({found.z:.1f} standard errors)"
    data = {"column": found.column, "before": round(found.before, 4), "after": round(found.after, 4)}
    sure = OTHERS if math.isfinite(found.z) else OTHERS_ALONE
    item = EvidenceItem(kind="estimate", text=words, data=data)
    return LabelSign("label_source", sure, words, item, seen=math.isfinite(found.z))


def _guideline(evidence: Evidence, model: ModelEvidence, change: OutcomeChange | None) -> LabelSign | None:
    nodes = {model.node.id, label_producer(evidence, model)}
    about = [(c, _about_labels(c, model)) for c in evidence.changes if c.node in nodes]
    events = [(c, sure) for c, sure in about if sure > 0]
    symptom = evidence.symptom
    onset = change.onset if change and change.onset else symptom.onset
    slack = max(3 * symptom.bucket_seconds, 6 * 3600.0)

    def gap(event: Change) -> float:
        # the outcomes' onset and the symptom's are two estimates of one moment
        return min(_beside(event, one) for one in (onset, symptom.onset))

    def distance(event: Change) -> float:
        return min(abs((event.ts - one.at).total_seconds()) for one in (onset, symptom.onset))

    def believed(event: Change, sure: float) -> float:
        if distance(event) <= slack:
            return sure
        if model.rows is not None and not follows(outcome_looks(evidence, model.node.id), model.rows, event.ts):
            return sure * INERT
        return sure * (WITHIN if sure < TOLD_OF_LABELS else 1.0)

    told = [(c, believed(c, sure)) for c, sure in events if gap(c) <= slack]
    if not told:
        return None
    nearest, sure = min(told, key=lambda one: (-one[1], gap(one[0]), distance(one[0])))
    title = f": {nearest.title}" if nearest.title else ""
    words = f"the labelling changed at {stamp(nearest.ts)}{title}"
    mechanism = "guideline" if nearest.kind == "label_guideline" else "label_source"
    return LabelSign(mechanism, sure, words, change_item(nearest), announced=True)


def _beside(event: Change, onset: Onset) -> float:
    """Return how many seconds an event lies outside of an onset's interval."""
    return max((onset.low - event.ts).total_seconds(), (event.ts - onset.high).total_seconds(), 0.0)


def _about_labels(change: Change, model: ModelEvidence) -> float:
    """Return how surely a change is one of labels, [0, 1]: by its kind, its words, or because of where it was made.

    One that says itself that all is as it was is none, nor is one on the model that names an input.
    """
    title = change.title or ""
    if change.kind == "label_guideline" or WORDS.search(title):
        return TOLD_OF_LABELS * (INERT if AS_EVER.search(title) else 1.0)
    if change.node != model.node.id:
        return suspected(change) * OF_A_PRODUCER.get(change.kind, 0.0)
    if any(profile.column in re.split(r"[^\w.]+", title) for profile in model.columns.values()):
        return 0.0
    # the feeds of a model's inputs belong to the nodes that produce them: its own feed is mostly one of labels
    return 0.6 * suspected(change) if change.kind == "data_feed" else 0.0


def _one_way(change: OutcomeChange | None) -> LabelSign | None:
    if change is None or not math.isfinite(change.moved.one_way) or change.moved.one_way < ONE_WAY:
        return None
    return LabelSign("relabelled", 0.3, "outcomes moved in one direction only, whatever was expected")


def _noisier(change: OutcomeChange | None) -> LabelSign | None:
    """Tell labels that lost a part of every input's relation alike, as labels that err at random do."""
    if change is None or not 0 < change.moved.kept < NOISY or change.moved.uneven > EVEN:
        return None
    words = (
        f"{1 - change.moved.kept:.0%} of every relation to the inputs is gone alike, as labels that err would have it"
    )
    return LabelSign("label_noise", ERRING, words)


def _heaped(model: ModelEvidence) -> LabelSign | None:
    found = heap(model.rows) if model.rows is not None and model.node.task == "regression" else None
    if found is None:
        return None
    side = "above" if found.cut > 0 else "below"
    shares = f"{found.after:.0%} of the labels are exactly {found.value:g}, before {found.before:.0%}"
    words = f"{shares}, and fewer lie {side} it"
    data = {"value": found.value, "before": round(found.before, 4), "after": round(found.after, 4)}
    return LabelSign("guideline", 0.85, words, EvidenceItem(kind="estimate", text=words, data=data))


def _rescaled(model: ModelEvidence, change: OutcomeChange | None) -> LabelSign | None:
    if model.rows is None or model.node.task not in MEASURED or change is None:
        return None
    found = rescaled(model.rows)
    # what befalls the outcomes of one kind of rows more than of others is no matter of the unit
    if found is None or (found.mechanism == "label_unit" and change.moved.uneven > EVEN):
        return None
    return LabelSign(found.mechanism, 0.9, found.words, EvidenceItem(kind="estimate", text=found.words))
