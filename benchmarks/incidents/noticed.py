"""Would anybody notice? How far each figure moved, and whether the faults did it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.draw.symptoms import Pair, shared_symptoms
from benchmarks.incidents.skew_move import skew_move
from rca.demo.symptoms import Move, move_of, needs_label
from rca.demo.world import Fault, World

NOTICED = 3.0
"""A symptom moves by at least so many of its healthy day-to-day standard deviations."""

INNOCENT_SHARE = 0.3
"""The innocent effects alone may make at most this share of the symptom."""

FAULT_SHARE = 0.6
"""The faults make at least this share of the symptom when nothing else happens."""

ROOT_SHARE = 0.25
"""Of two faults each must make at least this share of the symptom."""

STILL_CALM = 2.1
"""A natural fluctuation moves by less than so many of its day-to-day standard deviations."""

STIRRED = 0.5
"""Innocent events move a figure in which nothing is wrong by less than so many of them: what does more is no decoy."""

WORSE = {
    "auc": -1, "accuracy": -1, "f1": -1, "logloss": 1, "brier": 1, "mae": 1, "rmse": 1, "cost_per_request": 1,
    "latency_p95": 1, "errors": 1, "availability": -1,
}  # fmt: skip
"""Which way is worse; nobody reports an improvement. Other metrics may move either way."""

SKEW = "training_serving_skew"

Seen = tuple[str, str, float]
"""A symptom: node, metric, and how far it moved in healthy day-to-day standard deviations."""


def moved(world: World, pair: Pair, fault: Fault, family: str, delay: float) -> Move:
    """Return how far a figure moved at a fault's onset; against the training rows if it was never right."""
    if family == SKEW:
        return skew_move(world, *pair)
    return move_of(world, *pair, onset=fault.extent.onset, label_delay=delay, settled=fault.extent.ramp)


def change(move: Move) -> float:
    """Return how far a figure moved in its own unit."""
    return move.after - move.before


@dataclass(frozen=True)
class Worlds:
    """The same stretch of traffic in several ways.

    Parameters
    ----------
    faulty
        With everything that happens.
    calm, bare
        With the innocent effects alone, and with the faults alone.
    only
        With several faults: with the innocent effects and one fault each.
    """

    faulty: World
    calm: World
    bare: World
    only: tuple[World, ...] = ()


def noticed(worlds: Worlds, faults: Sequence[Fault], delay: float) -> list[Seen]:
    """Return the symptoms that moved clearly, for the worse, and because of the faults."""
    truths = [fault.cause(worlds.faulty.domain) for fault in faults]
    first, family, found = min(faults, key=lambda fault: -fault.extent.onset), truths[0].family, []
    for pair in shared_symptoms(worlds.faulty.domain, truths):
        move, innocent, guilty = (
            moved(world, pair, first, family, delay) for world in (worlds.faulty, worlds.calm, worlds.bare)
        )
        if not (np.isfinite(move.z) and abs(move.z) >= NOTICED and move.z * WORSE.get(pair[1], move.z) > 0):
            continue
        parts = [change(moved(world, pair, first, family, delay)) - change(innocent) for world in worlds.only]
        each = all(part / change(move) >= ROOT_SHARE for part in parts)
        by_faults = change(guilty) / change(move) >= FAULT_SHARE
        if each and by_faults and abs(change(innocent)) < INNOCENT_SHARE * abs(change(move)):
            found.append((*pair, move.z))
    return found


def innocent(world: World, bare: World, pair: Pair, onset: float, delay: float) -> bool:
    """Return whether the events around a figure leave it alone, and it is as good as over the rows of training time.

    False as well where too few rows say so.
    """
    with_them, without = (move_of(each, *pair, onset=onset, label_delay=delay) for each in (world, bare))
    node, metric = pair
    if node == world.domain.final.node and needs_label(metric) and not abs(skew_move(bare, *pair).z) < NOTICED:
        return False
    return abs(change(with_them) - change(without)) < STIRRED * without.sd


def fluctuation(world: World, bare: World, onset: float, delay: float, luck: Luck) -> list[Seen]:
    """Return symptoms that look unusual though nothing is wrong; `bare`: the same traffic without innocent events."""
    pairs = [pair for pair in shared_symptoms(world.domain, ()) if innocent(world, bare, pair, onset, delay)]
    moves = [(*pair, move_of(world, *pair, onset=onset, label_delay=delay).z) for pair in pairs]
    calm = [move for move in moves if np.isfinite(move[2]) and abs(move[2]) < STILL_CALM]
    calm.sort(key=lambda move: -abs(move[2]))
    return calm[: max(1, len(calm) // 3)] if luck.chance(0.6) else calm
