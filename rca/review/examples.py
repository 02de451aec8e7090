"""Settled labels as a ranker learns from them: one example for each incident, in the order in which they settled."""

import hashlib
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from rankers import heuristic
from rankers.labelled import RIGHT, Labelled, labelled
from rankers.position import Session, inverse_weight, propensities
from rankers.slate import Slate, slate_of
from rca.review.alike import look_alike
from rca.review.analyses import all_proposed
from rca.review.feedback import history, live
from rca.review.labels import Label, SettledIncident, settled
from rca.review.trust import LabelKey, label_value, label_weights, reviewer_trust
from rca.warehouse import Warehouse
from schemas.feedback import Feedback, account

Weights = Mapping[LabelKey, float]

SAME = 1e-9
"""Relative difference between weights that is none."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What the log of feedback teaches.

    Parameters
    ----------
    training
        Incidents to learn from, in order of time.
    gold
        Incidents of the gold set, which measure and never train.
    unusable
        How many labelled incidents say nothing to learn from: disputed or undecided, without a kept answer, or without
        candidates.
    """

    training: tuple[Labelled, ...] = ()
    gold: tuple[Labelled, ...] = ()
    unusable: int = 0


def read_examples(warehouse: Warehouse) -> Examples:
    """Return what is settled, each incident with the weight of its labels (`rca.review.trust`, `rankers.position`)."""
    incidents = settled(warehouse)
    trusted = reviewer_trust(incidents)
    weights = label_weights(incidents, trusted)
    saw = all_proposed(warehouse, [each.analysis for each in incidents if each.analysis])
    training: list[tuple[Labelled, Label]] = []
    gold: list[Labelled] = []
    for each in incidents:
        proposed = saw.get(each.analysis or "")
        label = _deciding(each, weights)
        if not proposed or not proposed.candidates or label is None:
            continue
        found = _example(_weighty(each, label, weights), slate_of(proposed))
        if found is not None:
            people = tuple(sorted({look_alike(who) for who in label.reviewers}))
            found = replace(found, accounts=people, trust=label_value(label, trusted))
        if found is not None and each.gold:
            gold.append(replace(found, trust=1.0))
        elif found is not None:
            training.append((replace(found, weight=weights[each.incident, label.cause]), label))
    chances = propensities(sessions(warehouse, {each.incident for each in incidents if each.gold}))
    return Examples(_weighed(training, chances), tuple(gold), len(incidents) - len(training) - len(gold))


def _example(said: SettledIncident, slate: Slate) -> Labelled | None:
    verdicts = {label.cause: str(label.verdict) for label in said.labels if label.cause is not None}
    unlisted = any(label.cause not in slate.keys for label in said.missing)
    nothing = said.no_fault or unlisted or bool(said.unnamed)
    return labelled(said.incident, slate, verdicts, nothing=nothing)


def _deciding(said: SettledIncident, weights: Weights) -> Label | None:
    """Return the weightiest label that says what it was, or else what it was not; None when none weighs anything.

    In the gold set all labels weigh alike.
    """
    telling = [label for label in said.labels if label.positive or label.cause is None] or said.labels
    best = max(telling, key=lambda label: weights.get((said.incident, label.cause), 0.0), default=None)
    return best if best and (said.gold or weights.get((said.incident, best.cause), 0.0) > 0) else None


def _weighty(said: SettledIncident, deciding: Label, weights: Weights) -> SettledIncident:
    """Return an incident without what weighs less than the label that decides: nothing rides on another's weight."""
    if said.gold:
        return said
    least = weights[said.incident, deciding.cause] * (1.0 - SAME)
    words = bool({*said.unnamed_by} & {*deciding.reviewers})
    return replace(
        said,
        labels=tuple(label for label in said.labels if weights[said.incident, label.cause] >= least),
        unnamed=said.unnamed if words else (),
    )


def _weighed(found: Sequence[tuple[Labelled, Label]], chances: Sequence[float]) -> tuple[Labelled, ...]:
    """Return the examples, those whose cause stood where few look weighing more.

    That moves weight from some of an account's labels to others, never from one account to another: who confirms what
    stands far down gains nothing by it.
    """
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    lifts = [inverse_weight(chances, at.rank, explored=at.explored) if at.positive else 1.0 for _, at in found]
    for (each, label), lift in zip(found, lifts, strict=True):
        for who in label.reviewers:
            before[who] = before.get(who, 0.0) + each.weight
            after[who] = after.get(who, 0.0) + each.weight * lift
    return tuple(
        replace(each, weight=each.weight * lift * fmean(before[who] / after[who] for who in label.reviewers))
        for (each, label), lift in zip(found, lifts, strict=True)
    )


def sessions(warehouse: Warehouse, but: Container[str] = ()) -> list[Session]:
    """Return who read how far down an answer: one session for each reviewer and answer.

    Parameters
    ----------
    but
        Incidents to leave out.
    """
    rows = warehouse.connection.execute("SELECT id, json_array_length(document, '$.causes') FROM analyses").fetchall()
    shown = {str(key): int(causes) for key, causes in rows}
    read: dict[tuple[str, str], list[Feedback]] = {}
    for each in live(history(warehouse)):
        if each.kind == "verdict" and each.rank and each.analysis in shown and each.incident not in but:
            read.setdefault((each.analysis or "", account(each.reviewer)), []).append(each)
    return [
        Session(
            shown[key],
            frozenset(each.rank for each in said if each.rank),
            frozenset(each.rank for each in said if each.rank and each.verdict in RIGHT),
            any(each.explored for each in said),
        )
        for (key, _), said in sorted(read.items())
    ]


def fingerprint(examples: Sequence[Labelled], *more: str) -> str:
    """Return the SHA-256 of all that learning depends on: the examples in their order, and whatever else is named."""
    digest = hashlib.sha256(json.dumps([heuristic.VERSION, *more]).encode())
    for each in examples:
        head = [each.incident, each.slate.keys, each.weight, each.slate.none, sorted(each.slate.columns)]
        digest.update(json.dumps(head).encode())
        arrays = [each.slate.columns[name] for name in sorted(each.slate.columns)]
        for array in (*arrays, each.slate.alone, each.slate.pairs, each.slate.together, each.possible, each.right):
            digest.update(array.tobytes())
    return digest.hexdigest()
