"""Faults and innocent changes of `tests.candidates.scenes`, by the names that the tests use."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from schemas.evidence import Evidence
from schemas.incident import Change
from tests.candidates.scenes import (
    COUNTRIES,
    Log,
    Logs,
    answered,
    corrupted,
    embed,
    embedded,
    evidence_of,
    rescored,
    reversioned,
    score,
)
from tests.candidates.scenes import logs as draw


def resampled(by: str, strength: float) -> Callable[[Logs], Logs]:
    """Return the real drift: the window's rows drawn anew, with more of those whose `by` is large."""

    def apply(scene: Logs) -> Logs:
        values, late = scene["scorer"].columns[by], scene["scorer"].late
        z = (values[late] - values.mean()) / values.std()
        weight = np.exp(strength * z)
        index = np.arange(len(late))
        index[late] = np.random.default_rng(3).choice(index[late], size=int(late.sum()), p=weight / weight.sum())
        return {node: _taken(log, index) for node, log in scene.items()}

    return apply


def _taken(log: Log, index: np.ndarray) -> Log:
    columns = {name: values[index] for name, values in log.columns.items()}
    return replace(log, columns=columns, prediction=log.prediction[index], label=log.label[index])


def reshaped(column: str, how: Any, new_name: str | None = None) -> Callable[[Logs], Logs]:
    """Return the fault of a column that the window's batches drop, carry under a new name or with another type."""

    def apply(scene: Logs) -> Logs:
        log = scene["scorer"]
        values = log.columns[column]
        nothing = None if values.dtype == object else np.nan
        changed, schema = {column: np.where(log.late, nothing, values).astype(values.dtype)}, {column: how}
        if new_name:
            changed[new_name] = np.where(log.late, values, nothing).astype(values.dtype)
            schema[new_name] = "added"
        scene = rescored(scene, **changed)
        return scene | {"scorer": replace(scene["scorer"], schema=schema)}

    return apply


def respelled(spell: Callable[[str, np.random.Generator], str], share: float = 1.0) -> Callable[[Logs], Logs]:
    """Return the fault that writes the countries otherwise."""
    return corrupted("country", lambda old, rng: np.array([spell(v, rng) for v in old], dtype=object), share)


def garbage(_: str, rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("bcghjkqvwxyz"), 7))


def _worse(scene: Logs) -> Logs:
    return answered(scene, score(scene["scorer"].columns, amount=-0.6))


def _rescaled_output(scene: Logs) -> Logs:
    return embedded(scene, 0.4 * scene["embedder"].prediction + 1.5)


def _bad_input_upstream(scene: Logs) -> Logs:
    log, rng = scene["embedder"], np.random.default_rng(5)
    u = np.where(log.late & (rng.random(len(log.day)) < 0.8), 50.0, log.columns["u"])
    return embedded(scene, embed({"u": np.minimum(u, 4.0), "v": log.columns["v"]}), u=u)


def _mislabelled(scene: Logs) -> Logs:
    log = scene["scorer"]
    flipped = log.late & (np.random.default_rng(1).random(len(log.day)) < 0.12)
    return scene | {"scorer": replace(log, label=np.where(flipped, 1 - log.label, log.label))}


def _null(old: np.ndarray, _: np.random.Generator) -> np.ndarray:
    return np.full(len(old), np.nan)


FAULTS: dict[str, Callable[[Logs], Logs]] = {
    "none": lambda scene: scene,
    "shown by no input": _mislabelled,
    "nulls": corrupted("amount", _null, 0.7),
    "times 100": corrupted("amount", lambda old, _: 100 * old),
    "some times 100": corrupted("amount", lambda old, _: 100 * old, 0.4),
    "fahrenheit": corrupted("temp", lambda old, _: 1.8 * old + 32),
    "frozen": corrupted("amount", lambda old, _: np.full(len(old), 31.0)),
    "sentinel": corrupted("temp", lambda old, _: np.full(len(old), -999.0), 0.6),
    "misjoined": corrupted("temp", lambda old, rng: rng.permutation(old)),
    "leader misjoined": corrupted("amount", lambda old, rng: rng.permutation(old)),
    "decoy nulls": corrupted("noise", _null, 0.6),
    "decoy unit": corrupted("noise", lambda old, _: 100 * old),
    "drift": resampled("amount", 1.0),
    "decoy drift": corrupted("noise", lambda old, rng: rng.gamma(4.0, 10.0, len(old))),
    "dropped": reshaped("amount", "dropped"),
    "renamed": reshaped("amount", "dropped", "amount_eur"),
    "retyped": reshaped("amount", ("VARCHAR", "category")),
    "dropped category": reshaped("country", "dropped"),
    "decoy dropped": reshaped("noise", "dropped"),
    "upper case": respelled(lambda old, _: old.upper()),
    "codes": respelled(lambda old, _: str(COUNTRIES.index(old) + 1)),
    "new countries": respelled(lambda _, rng: "es" if rng.random() < 0.6 else "pt", 0.7),
    "garbled": respelled(garbage, 0.6),
    "worse version": lambda scene: reversioned(_worse(scene), "scorer"),
    "worse, no version": _worse,
    "harmless version": lambda scene: reversioned(scene, "scorer"),
    "upstream version": lambda scene: reversioned(_rescaled_output(scene), "embedder"),
    "upstream, no version": _rescaled_output,
    "harmless upstream version": lambda scene: reversioned(scene, "embedder"),
    "bad input upstream": _bad_input_upstream,
}


@cache
def healthy() -> Logs:
    """Return the logs without a fault."""
    return draw()


def faulty(*names: str) -> Logs:
    """Return the logs after some faults, in their order."""
    scene = healthy()
    for name in names:
        scene = FAULTS[name](scene)
    return scene


@cache
def _evidence(names: tuple[str, ...], metric: str) -> Evidence:
    return evidence_of(faulty(*names), metric)


def evidence(*names: str, metric: str = "logloss", changes: Sequence[Change] = ()) -> Evidence:
    """Return the evidence of some faults; what generators compute is kept once a process."""
    made = _evidence(names, metric)
    return replace(made, changes=tuple(changes), cache={}) if changes else made
