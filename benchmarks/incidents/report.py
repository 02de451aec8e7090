"""Write scored cases down: tables in Markdown, everything as JSON, the misses in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.incidents.figures import Figures, figures, grouped
from benchmarks.incidents.score import Result

HEAD = (
    "", "n", "exact@1", "@3", "where@1", "@3", "what@1", "@3", "Avg@5", "MRR",
    "ECE", "Brier", "false alarms", "abstained", "s median", "s p90",
)  # fmt: skip
ENGINE = "engine"
NARROWEST = 3
"""Characters of a column, as the line below the head needs them."""

SHOWN = 3


def rate(value: float) -> str:
    """Return a rate with two decimals, a dash for none."""
    return f"{value:.2f}" if np.isfinite(value) else "-"


def cells(name: str, found: Figures) -> tuple[str, ...]:
    """Return one line of the table; abstentions and alarms with how many there could have been."""
    rates = [value for level in ("exact", "where", "what") for value in found.at[level]]
    return (
        name,
        str(found.n + found.calm),
        *map(rate, (*rates, found.average, found.reciprocal_rank, found.ece, found.brier)),
        f"{found.false_alarms} of {found.calm}" if found.calm else "-",
        f"{found.abstained} of {found.n}" if found.n else "-",
        *map(rate, found.seconds),
    )


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, columns aligned so that it also reads as text."""
    widths = [max(NARROWEST, *map(len, column)) for column in zip(head, *lines, strict=True)]
    rule = [":" + "-" * (widths[0] - 1)] + ["-" * (width - 1) + ":" for width in widths[1:]]
    padded = [
        [
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in (head, *lines)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in (padded[0], rule, *padded[1:])) + "\n"


def table(results: Sequence[Result]) -> str:
    """Return the engine's figures by family, by table and over all."""
    lines = [cells(name, found) for name, found in grouped(results, lambda r: r.family).items()]
    lines += [cells(f"table {name}", found) for name, found in grouped(results, lambda r: r.table).items()]
    return markdown(HEAD, [*lines, cells("all", figures(results))])


def with_interval(value: float, around: tuple[float, float]) -> str:
    """Return a rate with its 95 % interval."""
    return f"{rate(value)} ({rate(around[0])}-{rate(around[1])})"


def able(results: Sequence[Result], families: frozenset[str] | None) -> list[Result]:
    """Return the cases of which a method can name every family; all of them where it can name any."""
    faulty = [result for result in results if not result.calm]
    return faulty if families is None else [r for r in faulty if r.within(families)]


HEAD_OF_METHODS = (
    "", "n", "exact@1 (95 %)", "exact@3 (95 %)", "where@1", "what@1",
    "n it can name", "exact@1", "@3", "engine@1", "s median",
)  # fmt: skip


def comparison(by_method: Mapping[str, Sequence[Result]], families: Mapping[str, frozenset[str] | None]) -> str:
    """Return every method's figures on the same cases: over all, and over the families that it can name.

    The last rate is the engine's on the cases that the method can name.
    """
    lines = []
    for name, results in by_method.items():
        found, can = figures(results), able(results, families.get(name))
        names = {result.case for result in can}
        own, engine = figures(can), figures([r for r in by_method.get(ENGINE, ()) if r.case in names])
        first, third = intervals(found)
        over_all = (name, str(found.n), first, third, rate(found.at["where"][0]), rate(found.at["what"][0]))
        over_named = (str(own.n), *map(rate, (*own.at["exact"], engine.at["exact"][0], found.seconds[0])))
        lines.append((*over_all, *over_named))
    return markdown(HEAD_OF_METHODS, lines)


def intervals(found: Figures) -> tuple[str, str]:
    """Return exact AC@1 and AC@3 with their intervals."""
    first, third = found.at["exact"]
    return with_interval(first, found.at_1_interval), with_interval(third, found.at_3_interval)


def summary(results: Sequence[Result]) -> str:
    """Return the figures that the targets are about, in words."""
    found = figures(results)
    first, third = intervals(found)
    median, most = map(rate, found.seconds)
    alone, alone_most = map(rate, found.analysis_seconds)
    return f"""\
exact AC@1 {first}, AC@3 {third}, family AC@1 {rate(found.at["what"][0])} over {found.n} incidents
false alarms {found.false_alarms} of {found.calm}; abstained on a real fault {found.abstained} of {found.n}
ECE {rate(found.ece)}, Brier {rate(found.brier)}; crashed {found.crashed}
seconds from files: median {median}, p90 {most}; without landing them: median {alone}, p90 {alone_most}"""


UNSURE = ("ece", "brier", "false_alarms", "abstained")
"""Figures of confidences, which only the engine has."""


def figures_of(method: str, found: Figures) -> dict[str, Any]:
    """Return a method's figures as plain data."""
    return {name: value for name, value in found.as_json().items() if method == ENGINE or name not in UNSURE}


def by_group(method: str, results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, Any]:
    """Return a method's figures of each group as plain data."""
    return {name: figures_of(method, found) for name, found in grouped(results, key).items()}


def as_json(by_method: Mapping[str, Sequence[Result]], made: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything: how the cases were made, the figures of each method, each case."""
    return {
        "made": dict(made),
        "methods": {
            name: {
                "all": figures_of(name, figures(results)),
                "families": by_group(name, results, lambda r: r.family),
                "tables": by_group(name, results, lambda r: r.table),
                "cases": [result.as_json() for result in results],
            }
            for name, results in by_method.items()
        },
    }


def named(cause: Mapping[str, Any]) -> str:
    """Return a cause on one line."""
    kind = cause.get("family") or "/".join(sorted(cause.get("families", ())))
    return f"{kind}/{cause.get('mechanism')} {cause['node']}:{cause['subject']}"


def tell_miss(result: Result) -> str:
    """Return a missed case: what it was, and one line per cause."""
    truth = (" + " if result.wanted == len(result.truths) else " or ").join(map(named, result.truths)) or "no fault"
    slices = "".join(f" slice {truth['slice']}" for truth in result.truths if truth.get("slice"))
    top = [f"    {cause['confidence']:.2f} {named(cause)}" for cause in result.causes[:SHOWN]]
    head = f"{result.case} [{result.symptom}] truth {truth}{slices}"
    return "\n".join([head, *top, f"    {result.none_of_these:.2f} none of these {result.error}".rstrip()])


def misses(results: Sequence[Result], most: int) -> str:
    """Return the cases whose first cause is wrong, and the false alarms."""
    missed = [r for r in results if r.false_alarm or (not r.calm and r.at(1) < 1)]
    return "\n".join(map(tell_miss, missed[:most]))
