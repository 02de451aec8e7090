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
from rca.review.analyses import all_proposed
from rca.review.feedback import history, live
from rca.review.labels import Label, SettledIncident, settled
from rca.review.trust import LabelKey, label_weights, reviewer_trust
from rca.warehouse import Warehouse
from schemas.feedback import Feedback, account

Weights = Mapping[LabelKey, float]


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
    weights = label_weights(incidents, reviewer_trust(incidents))
    saw = all_proposed(warehouse, [each.analysis for each in incidents if each.analysis])
    training: list[tuple[Labelled, Label]] = []
    gold: list[Labelled] = []
    for each in incidents:
        proposed = saw.get(each.analysis or "")
        found = _example(each, slate_of(proposed)) if proposed and proposed.candidates else None
        label = _deciding(each, weights)
        if found is not None and each.gold:
            gold.append(found)
        elif found is not None and label is not None:
            training.append((replace(found, weight=weights[each.incident, label.cause]), label))
    chances = propensities(sessions(warehouse, {each.incident for each in incidents if each.gold}))
    return Examples(_weighed(training, chances), tuple(gold), len(incidents) - len(training) - len(gold))


def _example(said: SettledIncident, slate: Slate) -> Labelled | None:
    verdicts = {label.cause: str(label.verdict) for label in said.labels if label.cause is not None}
    unlisted = any(label.cause not in slate.keys for label in said.missing)
    nothing = said.no_fault or unlisted or bool(said.unnamed)
    return labelled(said.incident, slate, verdicts, nothing=nothing)


def _deciding(said: SettledIncident, weights: Weights) -> Label | None:
    """Return the weightiest label that says what it was, or else what it was not; None when none weighs anything."""
    telling = [label for label in said.labels if label.positive or label.cause is None] or said.labels
    best = max(telling, key=lambda label: weights.get((said.incident, label.cause), 0.0), default=None)
    return best if best and weights.get((said.incident, best.cause), 0.0) > 0 else None


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
