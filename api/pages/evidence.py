"""What was observed for a cause, as a page shows it: a sentence, a table that says all, and where it helps a chart."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.pages.palette import Spec
from api.pages.specs import Look, grouped_spec, histogram_spec, moved_most, series_spec
from rca.report.chart import read_trace, smooth
from rca.report.words import clean, moment, number, parse_moment, percent
from schemas.analysis import Cause, EvidenceItem

MOST_ROWS = 60
MOST_BINS = 48
Draw = Callable[[Look], Spec | None]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One piece of evidence.

    Parameters
    ----------
    text
        The sentence of the answer.
    words
        What the chart shows, for whoever does not see it.
    head, rows
        The data as a table; `marked` are the rows that matter most.
    height
        About how high the chart is at 820 pixels' width, so that the page keeps its place for it.
    draw
        Makes the chart; None: there is none.
    share
        A share of the symptom that it puts a number to.
    """

    text: str
    kind: str
    words: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    marked: frozenset[int] = frozenset()
    height: int = 160
    draw: Draw | None = None
    share: float | None = None
    numbers: frozenset[int] = field(default=frozenset())


def exhibits(cause: Cause) -> tuple[Exhibit, ...]:
    """Return the evidence of a cause in the order of the answer."""
    return tuple(exhibit(item, cause) for item in cause.evidence)


def exhibit(item: EvidenceItem, cause: Cause) -> Exhibit:
    """Return one piece of evidence; data of a shape that is not known are told by their sentence alone."""
    data = item.data
    labels, before, after = data.get("labels"), _numbers(data.get("before")), _numbers(data.get("after"))
    if isinstance(labels, list) and before and 0 < len(labels) == len(before) == len(after) <= MOST_BINS:
        return _histogram(item, labels, before, after)
    if "ts" in data and isinstance(data.get("value"), list):
        return _series(item, cause)
    for name, table in _TABLES.items():
        if name in data:
            return table(item, _dicts(data[name]))
    return _plain_exhibit(item)


def _plain_exhibit(item: EvidenceItem) -> Exhibit:
    """Return evidence of a few values, or of its sentence alone."""
    data = item.data
    if isinstance(data.get("labels"), list) and isinstance(data.get("value"), list):
        rows = [[clean(a, 60), _plain(b)] for a, b in zip(data["labels"], data["value"], strict=False)]
        return Exhibit(item.text, item.kind, head=("what", "value"), rows=rows, numbers=frozenset({1}))
    if item.kind == "schema" and ("before" in data or "after" in data):
        return _difference(item)
    share = data.get("share")
    return Exhibit(item.text, item.kind, share=float(share) if isinstance(share, (int, float)) else None)


def _histogram(item: EvidenceItem, labels: list[Any], before: list[float], after: list[float]) -> Exhibit:
    then, now = _shares(before), _shares(after)
    marked = moved_most(then, now)
    rows = [
        [clean(label, 60), percent(a), percent(b), _signed(b - a)]
        for label, a, b in zip(labels, then, now, strict=True)
    ]
    moves = ", ".join(f"{rows[place][0]} {rows[place][1]} → {rows[place][2]}" for place in sorted(marked))
    return Exhibit(
        item.text,
        item.kind,
        words=f"{item.text}. Moved most: {moves or 'nothing'}.",
        head=("bin", "before", "since", "change"),
        rows=rows,
        marked=frozenset(marked),
        height=50 + 22 * len(labels),
        draw=lambda look: histogram_spec(labels, then, now, look),
        numbers=frozenset({1, 2, 3}),
    )


def _series(item: EvidenceItem, cause: Cause) -> Exhibit:
    trace = read_trace(item.data)
    if trace is None:
        return Exhibit(item.text, item.kind)
    short = smooth(trace, cause.onset, MOST_ROWS) if cause.onset else trace
    told = zip(short.seconds[-MOST_ROWS:], short.values[-MOST_ROWS:], strict=True)
    rows = [
        [f"{moment(at)} UTC" if (at := parse_moment(second)) else "", "–" if value is None else number(value)]  # noqa: RUF001
        for second, value in told
    ]
    known = [value for value in trace.values if value is not None]
    return Exhibit(
        item.text,
        item.kind,
        words=f"{item.text}, over time: {number(min(known))} to {number(max(known))}, last {number(known[-1])}.",
        head=("when", "value"),
        rows=rows,
        height=190,
        draw=lambda look: series_spec(item.data, item.text, cause.onset, look),
        numbers=frozenset({1}),
    )


def _operations(item: EvidenceItem, found: list[Mapping[str, Any]]) -> Exhibit:
    names = [clean(f"{each.get('operation', '')} of {each.get('service', '')}", 60) for each in found]
    rows = [
        [name, *(_plain(each.get(key)) for key in ("before_ms", "after_ms", "calls_before", "calls_after"))]
        for name, each in zip(names, found, strict=True)
    ]
    values = [
        {"operation": name, "when": when, "share": each.get(key) or 0}
        for name, each in zip(names, found, strict=True)
        for when, key in (("before", "before_ms"), ("since", "after_ms"))
    ]
    x = {"title": "own time, ms a request"}
    return Exhibit(
        item.text,
        item.kind,
        words=f"{item.text} By operation, as in the table below.",
        head=("operation", "own ms before", "own ms since", "calls before", "calls since"),
        rows=rows,
        height=60 + 22 * len(names),
        draw=lambda look: grouped_spec(values, names, "operation", x, look),
        numbers=frozenset({1, 2, 3, 4}),
    )


def _slices(item: EvidenceItem, found: list[Mapping[str, Any]]) -> Exhibit:
    head = ("slice", "rows before", "rows since", "error before", "error since", "elsewhere", "explains")
    rows = [
        [
            clean(each.get("predicate", ""), 200),
            _plain(each.get("n_before")),
            _plain(each.get("n_after")),
            _plain(each.get("before")),
            _plain(each.get("after")),
            f"{_plain(each.get('rest_before'))} → {_plain(each.get('rest_after'))}",
            percent(float(each.get("share") or 0)),
        ]
        for each in found
    ]
    return Exhibit(item.text, item.kind, head=head, rows=rows, numbers=frozenset(range(1, 7)))


def _traits(item: EvidenceItem, found: list[Mapping[str, Any]]) -> Exhibit:
    rows = [
        [
            clean(each.get("text", ""), 120),
            percent(float(each.get("share") or 0)),
            percent(float(each.get("usual") or 0)),
        ]
        for each in found
    ]
    return Exhibit(
        item.text,
        item.kind,
        head=("what they have in common", "share", "usually"),
        rows=rows,
        numbers=frozenset({1, 2}),
    )


_TABLES = {"operations": _operations, "slices": _slices, "traits": _traits}
"""Which part of the data says that they are a table."""


def _difference(item: EvidenceItem) -> Exhibit:
    data = item.data
    rows = [["before", _plain(data.get("before"))], ["since", _plain(data.get("after"))]]
    rows += [["examples", ", ".join(_plain(each) for each in data["examples"])]] if data.get("examples") else []
    rows += [["new name", _plain(data["renamed_to"])]] if data.get("renamed_to") else []
    return Exhibit(item.text, item.kind, head=("", "value"), rows=rows)


def _dicts(found: Any) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, Mapping)][:MOST_ROWS] if isinstance(found, list) else []


def _numbers(found: Any) -> list[float]:
    if not isinstance(found, list) or not all(isinstance(each, (int, float)) and each >= 0 for each in found):
        return []
    return [float(each) for each in found]


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def _plain(value: Any) -> str:
    if value is None:
        return "–"  # noqa: RUF001
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return clean(value if isinstance(value, str) else json.dumps(value), 200)
    return f"{value:,}" if isinstance(value, int) else number(value)


def _signed(share: float) -> str:
    points = 100 * share
    return "0" if abs(points) < 0.05 else f"{points:+.1f} pp"  # noqa: PLR2004


def charts(cause: Cause) -> Iterator[tuple[str, Exhibit]]:
    """Return the names under which the charts of a cause are served."""
    for place, each in enumerate(exhibits(cause)):
        if each.draw:
            yield f"c{cause.rank}e{place}", each
