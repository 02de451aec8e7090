"""How often the slice scan finds an injected slice, over calm and over naturally drifting tables.

    python -m benchmarks.slices [--tables hotel bank bike] [--cases 24] [--json]

A real model (LightGBM) is trained on the first third of a table, the rows of the next half are the baseline, those of
the last sixth the window: in the table's own order (`drift`: what the years did to it stays in)
or shuffled (`calm`). In one slice of one to three conditions answers are shuffled, outcomes are shuffled or flipped, or
errors grow. An answer is right when it selects the same rows of the window to 90 % Jaccard.

`plain` scans the losses as they are, by the difference in differences alone.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from candidates.measures.departures import departures
from candidates.measures.predicates import Condition, Slice
from candidates.measures.row_errors import row_errors
from candidates.measures.slices import as_errors, find_slices, thinned
from rca.demo.boosting import fit_boosting
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import is_text, read_columns, take
from rca.profile.quantiles import numeric_edges
from schemas.evidence import ColumnProfile, ModelEvidence, Rows
from schemas.system import Node

DATA = Path(__file__).parent / "data"
HOTEL = Path(__file__).parents[1] / "rca" / "demo" / "data" / "hotel_bookings.parquet"
MOST_ROWS = 15_000
SAME = 0.9
NOTICED = 5.0
"""Standard errors by which the loss in the slice must have grown, more than elsewhere."""
SUPPORT = (0.03, 0.35)
"""Share of the rows that a slice holds, on both sides."""
ONE_OF_MANY = (0.1, 0.67)
"""Share of the rows that one of its conditions holds for."""
NEEDED = 0.85
"""A condition that leaves more of the others' rows than this is no part of a slice: the predicate is not unique."""
FLIPPED, OFF = 0.3, 1.5
"""Share of labels flipped; by how many standard deviations of the error a number is off."""
TOP_CATEGORIES = 50


@dataclass(frozen=True)
class Table:
    """A table with its target; `drop` are columns that give the outcome away."""

    file: Path
    task: str
    target: str
    drop: tuple[str, ...] = ()
    yes: str | None = None


TABLES = {
    "hotel": Table(HOTEL, "binary", "is_canceled", ("booked_on",)),
    "adult": Table(DATA / "adult.parquet", "binary", "income", (), ">50K"),
    "bank": Table(DATA / "bank.parquet", "binary", "y", ("year",), "yes"),
    "telco": Table(DATA / "telco.parquet", "binary", "Churn", (), "Yes"),
    "bike": Table(DATA / "bike.parquet", "regression", "cnt", ("dteday", "casual")),
    "metro": Table(DATA / "metro.parquet", "regression", "traffic_volume", ("date_time",)),
    "flights": Table(DATA / "flights.parquet", "regression", "arr_delay", ()),
}
TUNE, HELD_OUT = ("hotel", "adult", "bank", "telco"), ("bike", "metro", "flights")
"""Choices were made on the first; only the second says how good they are."""


@dataclass(frozen=True)
class Served:
    """A trained model's traffic: rows of the baseline, then of the window."""

    columns: Columns
    prediction: np.ndarray
    label: np.ndarray
    after: np.ndarray
    task: str


@cache
def served(name: str, *, calm: bool) -> Served:
    """Train on the first third; return the other rows as the model serves them."""
    table = TABLES[name]
    columns = read_columns(table.file, drop=table.drop)
    if name == "metro":
        when = read_columns(table.file)["date_time"].astype("datetime64[s]")
        columns["hour"] = ((when - when.astype("datetime64[D]")) / np.timedelta64(1, "h")).round()
        columns["weekday"] = ((when.astype("datetime64[D]").astype(int) + 3) % 7).astype(float)
    if table.yes is not None:
        columns[table.target] = np.char.startswith(columns[table.target].astype(str), table.yes).astype(float)
    n = len(columns[table.target])
    order = np.random.default_rng(1).permutation(n) if calm else np.arange(n)
    parts = np.split(order, [n // 3, 5 * n // 6])
    thirds = [np.sort(np.random.default_rng(2).permutation(part)[:MOST_ROWS]) for part in parts]
    inputs = tuple(c for c in columns if c != table.target)
    spec = ModelSpec("model", table.task, table.target, inputs, "team")  # type: ignore[arg-type]
    model = fit_boosting(spec, take(columns, thirds[0]), columns[table.target][thirds[0]], 0)
    rows = take(columns, np.concatenate(thirds[1:]))
    label = rows.pop(table.target)
    after = np.arange(len(label)) >= len(thirds[1])
    return Served(rows, model.predict(rows), label, after, table.task)


def condition(columns: Columns, taken: set[str], rng: np.random.Generator) -> Condition | None:
    """Return a condition on a column not taken yet that holds for a tenth to two thirds of the rows."""
    free = sorted(set(columns) - taken)
    column = free[rng.integers(len(free))]
    values = columns[column]
    if is_text(values):
        texts, counts = np.unique(values[values != None].astype(str), return_counts=True)  # noqa: E711
        usable = texts[(counts > ONE_OF_MANY[0] * len(values)) & (counts < ONE_OF_MANY[1] * len(values))]
        return Condition(column, value=str(rng.choice(usable))) if len(usable) else None
    finite = np.sort(values[np.isfinite(values)])
    if not len(finite) or finite[0] == finite[-1]:
        return None
    share, start = rng.uniform(0.12, 0.6), rng.uniform()
    low = finite[int(start * (1 - share) * len(finite))]
    high = finite[min(int((start * (1 - share) + share) * len(finite)), len(finite) - 1)]
    kind = rng.integers(3)
    one = (Condition(column, low=low, high=high), Condition(column, low=low), Condition(column, below=high))[kind]
    return one if ONE_OF_MANY[0] < one.mask(values).mean() < ONE_OF_MANY[1] else None


def draw(world: Served, rng: np.random.Generator) -> Slice | None:
    """Return a slice of one to three conditions, or None when this draw is no use."""
    conditions: list[Condition] = []
    for _ in range(1 + rng.integers(3)):
        one = condition(world.columns, {c.column for c in conditions}, rng)
        if one is None:
            return None
        conditions.append(one)
    where = Slice(tuple(sorted(conditions, key=lambda c: c.column)))
    inside = where.mask(world.columns)
    low, high = SUPPORT
    fine = all(low < inside[side].mean() < high for side in (world.after, ~world.after))
    masks = [
        np.logical_and.reduce([c.mask(world.columns[c.column]) for c in conditions if c is not o]) for o in conditions
    ]
    if len(conditions) > 1 and any((inside & world.after).sum() > NEEDED * (m & world.after).sum() for m in masks):
        return None
    return where if fine else None


def loss(prediction: np.ndarray, label: np.ndarray, kind: str) -> np.ndarray:
    """Return each row's loss."""
    if kind == "logloss":
        p = np.clip(prediction, 1e-6, 1 - 1e-6)
        return -np.where(label > 0, np.log(p), np.log(1 - p))
    return np.abs(prediction - label) if kind == "mae" else np.square(prediction - label)


def degrade(world: Served, inside: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str]:
    """Return predictions and labels with some of the slice's rows of the window degraded, and how."""
    prediction, label = world.prediction.copy(), world.label.copy()
    hit = np.flatnonzero(inside & world.after & (rng.random(len(inside)) < rng.choice([0.5, 0.75, 1.0])))
    how = ("answers", "outcomes", "errors")[rng.integers(3)]
    if how == "answers":
        prediction[hit] = prediction[rng.permutation(hit)]
    elif how == "outcomes":
        label[hit] = label[rng.permutation(hit)]
    elif world.task == "binary":
        label[hit] = np.where(rng.random(len(hit)) < FLIPPED, 1 - label[hit], label[hit])
    else:
        prediction[hit] += rng.choice([-OFF, OFF]) * np.std(world.prediction - world.label)
    return prediction, label, how


@dataclass(frozen=True)
class Case:
    """One case: the evidence, the true rows and predicate."""

    table: str
    calm: bool
    how: str
    truth: Slice
    inside: np.ndarray
    model: ModelEvidence
    score: np.ndarray
    kind: str


def make(name: str, *, calm: bool, seed: int) -> Case:
    """Return a case whose slice's loss grew noticeably."""
    world = served(name, calm=calm)
    rng = np.random.default_rng([seed, sum(map(ord, name)), calm])
    while True:
        where = draw(world, rng)
        if where is None:
            continue
        inside = where.mask(world.columns)
        prediction, label, how = degrade(world, inside, rng)
        kind = ("brier", "logloss")[seed % 2] if world.task == "binary" else ("mae", "rmse")[seed % 2]
        score = loss(prediction, label, kind)
        was = loss(world.prediction, world.label, kind)
        hit = inside & world.after
        grown = score[hit].mean() - was[hit].mean()
        if grown > NOTICED * was[hit].std() / np.sqrt(hit.sum()):
            return Case(name, calm, how, where, inside, evidence(world, prediction, label, score), score, kind)


def evidence(world: Served, prediction: np.ndarray, label: np.ndarray, score: np.ndarray) -> ModelEvidence:
    """Return the model's evidence as the engine would gather it."""
    made = {name: profile(name, values, world.after) for name, values in world.columns.items()}
    day = np.zeros(len(score))
    for side in (world.after, ~world.after):
        day[side] = np.arange(side.sum()) / side.sum() * 14 + 14 * side[-1]
    rows = Rows(
        after=world.after,
        ts=np.datetime64("2026-03-01", "us") + (day * 86_400e6).astype("timedelta64[us]"),
        version=np.full(len(score), "v1", dtype=object),
        prediction=prediction,
        label=label,
        score=score,
        bins={name: place for name, (_, place) in made.items()},
        values={name: values for name, values in world.columns.items() if not is_text(values)},
    )
    return ModelEvidence(
        node=Node(id="model", kind="model", task=world.task),  # type: ignore[arg-type]
        columns={name: one for name, (one, _) in made.items()},
        outputs={},
        rows=rows,
        versions=(),
        producers={},
        batches=(),
        score_name="loss",
    )


def profile(name: str, values: np.ndarray, after: np.ndarray) -> tuple[ColumnProfile, np.ndarray]:
    """Return a column's profile, binned as the engine bins it, and each row's bin."""
    if is_text(values):
        texts, counts = np.unique(values[~after & (values != None)].astype(str), return_counts=True)  # noqa: E711
        known = [str(t) for t in texts[np.argsort(-counts, kind="stable")][:TOP_CATEGORIES]]
        roles, labels = ("null", *["category"] * len(known), "unseen"), ("null", *known, "unseen")
        places: dict[Any, int] = {None: 0} | {text: i for i, text in enumerate(known, 1)}
        place = np.array([places.get(v, len(known) + 1) for v in values])
        left = right = np.full(len(roles), np.nan)
    else:
        base = values[~after & np.isfinite(values)]
        edges = numeric_edges(base, base.min(), base.max())
        roles = ("null", "below", *["range"] * (len(edges) - 1), "above")
        labels = tuple(map(str, range(len(roles))))
        place = np.where(np.isfinite(values), np.searchsorted(edges, values, side="right") + 1, 0)
        left, right = np.full(len(roles), np.nan), np.full(len(roles), np.nan)
        left[2:-1], right[2:-1] = edges[:-1], edges[1:]
    count = [np.bincount(place[side], minlength=len(roles)).astype(float) for side in (~after, after)]
    zero, none = np.zeros(len(roles)), np.zeros(0)
    kind = "category" if is_text(values) else "numeric"
    return ColumnProfile(
        node="model",
        column=name,
        part="",
        kind=kind,
        roles=roles,
        labels=labels,
        left=left,
        right=right,
        ts=np.zeros(0, dtype="datetime64[us]"),
        counts=np.zeros((0, len(roles))),
        sum_value=none,
        sum_value_sq=none,
        reference=zero,
        before=count[0],
        after=count[1],
        loss_before=zero,
        loss_after=zero,
        labelled_before=zero,
        labelled_after=zero,
    ), place.astype(np.int64)


Finder = Callable[[Case], Sequence[Slice]]


def by_scan(case: Case) -> list[Slice]:
    """Return the scan's slices, best first."""
    rows = case.model.rows
    readings = (
        row_errors(rows, case.model.node.task or "regression", case.kind),
        departures(case.model, rows, case.kind),
    )
    found = [find_slices(case.model, rows, thinned(one, rows.after[one.rows])) for one in readings if one is not None]
    found.sort(key=lambda slices: -max((one.clear for one in slices), default=0.0))
    return [one.where for slices in found for one in slices]


def by_plain_scan(case: Case) -> list[Slice]:
    """Return the slices of the losses as they are: no matched filter, no departures of answers."""
    errors = as_errors(np.arange(len(case.score)), case.score)
    return [one.where for one in find_slices(case.model, case.model.rows, errors)]


FINDERS: dict[str, Finder] = {"scan": by_scan, "plain": by_plain_scan}


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """Return the overlap of two sets of rows."""
    return float((one & other).sum() / max((one | other).sum(), 1))


def judge(case: Case, found: Sequence[Slice]) -> list[bool]:
    """Return which of the first five are right."""
    after = case.model.rows.after
    columns = case_columns(case)
    return [jaccard(one.mask(columns) & after, case.inside & after) >= SAME for one in found[:5]]


def case_columns(case: Case) -> Columns:
    """Return the case's columns."""
    return served(case.table, calm=case.calm).columns


def main() -> int:
    """Run and print one line per group, table and finder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", nargs="*", default=[*TUNE, *HELD_OUT], choices=sorted(TABLES))
    parser.add_argument("--finders", nargs="*", default=list(FINDERS))
    parser.add_argument("--cases", type=int, default=18, help="per table and regime")
    parser.add_argument("--misses", action="store_true", help="list them")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    scores: dict[tuple[str, str, str], list[tuple[bool, bool, float]]] = defaultdict(list)
    for name in given.tables:
        for calm in (True, False):
            for seed in range(given.cases):
                case = make(name, calm=calm, seed=seed)
                for finder in given.finders:
                    began = time.process_time()
                    found = FINDERS[finder](case)
                    spent = time.process_time() - began
                    right = judge(case, found)
                    regime, half = "calm" if calm else "drift", "tune" if name in TUNE else "held out"
                    for group in (name, half):
                        scores[finder, regime, group].append((any(right[:1]), any(right[:3]), spent))
                    if given.misses and not any(right[:1]):
                        said = [str(s) for s in found[:3]]
                        print(f"{finder} {name} {regime} {seed} {case.how}: {case.truth} {right} -> {said}")
    lines = [
        {
            "finder": f,
            "regime": r,
            "group": g,
            "n": len(v),
            "top1": round(float(np.mean([a for a, _, _ in v])), 3),
            "top3": round(float(np.mean([b for _, b, _ in v])), 3),
            "seconds": round(float(np.median([c for *_, c in v])), 3),
        }
        for (f, r, g), v in scores.items()
    ]
    if given.json:
        print(json.dumps(lines))
    else:
        for line in sorted(lines, key=lambda one: (one["group"], one["regime"], one["finder"])):
            print("  ".join(f"{value!s:>9}" for value in line.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
