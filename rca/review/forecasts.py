"""What the current ranker and its challengers held of labelled incidents, kept before anything was learned from those.

It is the evidence for and against replacing the current ranker. Each incident is forecast once: learning again, with
another seed or a label more, adds to the evidence and never draws it anew. Labels are looked up when it is weighed, so
that one which was taken back no longer counts. The evidence is of the time since which a ranker answers: after a
rollback it begins anew, on incidents that were not forecast before.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankers.contest import Pair
from rankers.labelled import Key, Labelled
from rankers.model import Model
from rankers.quality import Outcome, outcome_of
from rankers.supervised import corrections, probabilities
from rca.warehouse import Warehouse

Challenger = Literal["learned", "heuristic"]
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Forecast:
    """Both rankers' probabilities of one incident's causes, and of none of them (key None)."""

    incident: str
    current: Mapping[Key | None, float]
    challenger: Mapping[Key | None, float]


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


def forecast(current: Model, challenger: Model, each: Labelled) -> Forecast:
    """Return what both hold of an incident."""
    return Forecast(each.incident, _held(current, each), _held(challenger, each))


def paired(kept: Mapping[str, Forecast], incidents: Sequence[Labelled]) -> list[Pair]:
    """Return how forecasts fare by what the labels say now, for the incidents whose right answer is told."""
    return [
        Pair(_outcome(found.current, each), _outcome(found.challenger, each), each.trust, frozenset(each.accounts))
        for each in incidents
        if each.told and (found := kept.get(each.incident))
    ]


def _held(model: Model, each: Labelled) -> dict[Key | None, float]:
    p, none = probabilities(each.slate, corrections(model, each.slate), model.sharpness, model.none_shift)
    return dict(zip(each.slate.keys, p.tolist(), strict=True)) | {None: none}


def _outcome(held: Mapping[Key | None, float], each: Labelled) -> Outcome:
    """Return how a forecast does; a cause that was not proposed then had no chance."""
    return outcome_of(each, np.array([held.get(key, 0.0) for key in each.slate.keys]), held.get(None, 0.0))


def _to_json(found: Forecast) -> str:
    causes = [
        [key and list(key), round(found.current[key], DIGITS), round(found.challenger[key], DIGITS)]
        for key in found.current
    ]
    return json.dumps(causes, allow_nan=False)


def _from_json(incident: str, text: str) -> Forecast | None:
    """Return a kept forecast; None when it is damaged, for then it is evidence of nothing."""
    try:
        rows = [(None if key is None else tuple(map(_name, key)), float(a), float(b)) for key, a, b in json.loads(text)]
    except (ValueError, TypeError):
        return None
    return Forecast(
        incident,
        {key: current for key, current, _ in rows},  # type: ignore[misc]
        {key: challenger for key, _, challenger in rows},  # type: ignore[misc]
    )


def _name(part: object) -> str | None:
    return None if part is None else str(part)
