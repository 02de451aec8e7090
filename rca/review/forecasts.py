"""What the current ranker and its challengers held of labelled incidents, kept before anything was learned from those.

It is the evidence for and against replacing the current ranker. Each incident is forecast once: learning again, with
another seed or a label more, adds to the evidence and never draws it anew. Labels are looked up when it is weighed, so
that one which was taken back no longer counts. The evidence is of the time since which a ranker answers: after a
rollback it begins anew, on incidents that were not forecast before.

Causes are kept by a digest of their names: what is erased elsewhere is not here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankers.contest import Answer, Pair, answer, paired
from rankers.labelled import Key, Labelled
from rankers.model import Model
from rca.warehouse import Warehouse

Held = Mapping[str, float]
"""Probability of each cause, by `digest`, and of none of them, by ''."""

Challenger = Literal["learned", "heuristic"]
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Forecast:
    """Probabilities of one incident's causes, and of none of them, held by both rankers.

    `calibrated`: by the current one, calibrated anew on the labels that the challenger learned from.
    """

    incident: str
    current: Held
    challenger: Held
    calibrated: Held


@dataclass(frozen=True, slots=True)
class Evidence:
    """The forecasts of one pair of rankers.

    Parameters
    ----------
    kept
        Those since the current one answers, by incident.
    spent
        Incidents that were forecast for this pair at any time.
    """

    kept: Mapping[str, Forecast]
    spent: frozenset[str]


def read_evidence(warehouse: Warehouse, current: str, challenger: Challenger) -> Evidence:
    """Return what was forecast for a pair of rankers."""
    since = answers_since(warehouse)
    rows = warehouse.connection.execute(
        "SELECT incident, since, document FROM ranker_forecasts WHERE current = ? AND challenger = ? ORDER BY incident",
        [current, challenger],
    ).fetchall()
    kept = (_from_json(name, text) for name, at, text in rows if at == since)
    return Evidence({each.incident: each for each in kept if each}, frozenset(name for name, _, _ in rows))


def add_forecasts(warehouse: Warehouse, current: str, challenger: Challenger, fresh: Iterable[Forecast]) -> None:
    """Keep new forecasts; an incident that has one keeps it."""
    since = answers_since(warehouse)
    rows = [[current, challenger, each.incident, since, _to_json(each)] for each in fresh]
    if rows:
        warehouse.connection.executemany("INSERT OR IGNORE INTO ranker_forecasts VALUES (?, ?, ?, ?, ?)", rows)


def answers_since(warehouse: Warehouse) -> int:
    """Return the place of the event since which the current ranker answers; 0 without."""
    row = warehouse.connection.execute(
        "SELECT max(place) FROM ranker_events WHERE what IN ('promoted', 'rolled_back')"
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def forecast(each: Labelled, current: Model, challenger: Model, calibrated: Model) -> Forecast:
    """Return what both hold of an incident."""
    return Forecast(each.incident, *(_held(model, each) for model in (current, challenger, calibrated)))


def pairs(kept: Mapping[str, Forecast], incidents: Sequence[Labelled]) -> list[Pair]:
    """Return how forecasts fare by what the labels say now.

    An incident is left out where the right answer is not told, or was not among the causes then.
    """
    both = [
        (each, found)
        for each in incidents
        if each.told and (found := kept.get(each.incident)) and {*_right(each)} <= {*found.current}
    ]
    return [
        paired(each, *(_answer(held, each) for held in (found.current, found.challenger, found.calibrated)))
        for each, found in both
    ]


def digest(key: Key) -> str:
    """Return what a cause is kept by."""
    return hashlib.blake2b(json.dumps(key).encode(), digest_size=8).hexdigest()


def _right(each: Labelled) -> list[str]:
    return [digest(key) for key, right in zip(each.slate.keys, each.right, strict=True) if right]


def _held(model: Model, each: Labelled) -> dict[str, float]:
    p, none = answer(model, each)
    return dict(zip(map(digest, each.slate.keys), p.tolist(), strict=True)) | {"": none}


def _answer(held: Held, each: Labelled) -> Answer:
    """Return a forecast as an answer; a cause that was not proposed then had no chance."""
    return np.array([held.get(digest(key), 0.0) for key in each.slate.keys]), held[""]


def _to_json(found: Forecast) -> str:
    all_held = (found.current, found.challenger, found.calibrated)
    causes = {key: [round(held[key], DIGITS) for held in all_held] for key in found.current}
    return json.dumps(causes, allow_nan=False)


def _from_json(incident: str, text: str) -> Forecast | None:
    """Return a kept forecast; None when it is damaged, for then it is evidence of nothing."""
    try:
        rows = [(key, [float(p) for p in held]) for key, held in json.loads(text).items()]
        current, challenger, calibrated = ({key: held[place] for key, held in rows} for place in range(3))
    except (ValueError, TypeError, AttributeError, IndexError):
        return None
    return Forecast(incident, current, challenger, calibrated) if "" in current else None
