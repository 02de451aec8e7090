"""A metric over time as a few lines of text: half blocks, or asterisks where there is no Unicode.

Half blocks rather than braille dots: every monospaced font has them in the right width, also the ones
that browsers and chat windows use.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rca.report.glyphs import Glyphs
from rca.report.words import moment, number, parse_moment

HALVES = {1: "▀", 2: "▄", 3: "█"}
"""Filled halves of a cell (1 upper, 2 lower) -> sign."""

BAND_SIGMAS = 2.0
CONTEXT = 6.0
"""Length of what is drawn before the onset, in lengths of the incident."""
MOST_POINTS = 40
"""Points drawn at most: about every second column of a narrow terminal, so that noise does not hide the change."""
FEWEST_POINTS = 12
"""A shorter part is not cut out."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A metric's points in order of time: seconds since 1970, values (None for a gap), and rows behind each."""

    seconds: tuple[float, ...]
    values: tuple[float | None, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The plotted area: cells, dots on top of each other per cell, and the ranges of time (seconds) and value."""

    width: int
    height: int
    down: int
    start: float
    end: float
    low: float
    high: float

    def column(self, second: float) -> int:
        """Return the column of a time."""
        share = (second - self.start) / (self.end - self.start)
        return min(self.width - 1, max(0, int(share * self.width)))

    def row(self, value: float) -> int:
        """Return the dot row of a value, counted from the top."""
        share = (self.high - value) / (self.high - self.low)
        return min(self.height * self.down - 1, max(0, int(share * self.height * self.down)))


def read_trace(series: Mapping[str, Any]) -> Trace | None:
    """Return the points of `incident.series`, or None when there are fewer than two to draw."""
    times, values, rows = series.get("ts"), series.get("value"), series.get("n")
    if not isinstance(times, (list, tuple)) or not isinstance(values, (list, tuple)):
        return None
    weights = rows if isinstance(rows, (list, tuple)) and len(rows) == len(times) else [1.0] * len(times)
    points = sorted(
        (at.timestamp(), _finite(value), _finite(weight))
        for at, value, weight in zip(map(parse_moment, times), values, weights, strict=False)
        if at is not None
    )
    if sum(not math.isnan(value) for _, value, _ in points) < 2 or points[0][0] == points[-1][0]:  # noqa: PLR2004
        return None
    return Trace(
        tuple(at for at, _, _ in points),
        tuple(None if math.isnan(value) else value for _, value, _ in points),
        tuple(weight if weight > 0 else 1.0 for _, _, weight in points),
    )


def _finite(value: Any) -> float:
    usable = isinstance(value, (int, float)) and math.isfinite(value)
    return float(value) if usable else math.nan


def baseline_band(trace: Trace, baseline: tuple[datetime, datetime]) -> tuple[float, float] | None:
    """Return where the metric usually was in the baseline: mean ± 2 standard deviations of its points."""
    start, end = (at.timestamp() for at in baseline)
    inside = [
        value for at, value in zip(trace.seconds, trace.values, strict=True) if value is not None and start <= at < end
    ]
    if len(inside) < 2:  # noqa: PLR2004
        return None
    mean = math.fsum(inside) / len(inside)
    spread = BAND_SIGMAS * math.sqrt(math.fsum((value - mean) ** 2 for value in inside) / (len(inside) - 1))
    return mean - spread, mean + spread


def around(trace: Trace, onset: datetime, end: datetime) -> Trace:
    """Return the part in which the incident is wide enough to be seen: it, and six times as long before."""
    since = onset.timestamp() - CONTEXT * max(0.0, end.timestamp() - onset.timestamp())
    kept = [place for place, at in enumerate(trace.seconds) if at >= since]
    part = _pick(trace, kept)
    return part if len(kept) >= FEWEST_POINTS and len(set(part.values) - {None}) > 1 else trace


def _pick(trace: Trace, places: list[int]) -> Trace:
    return Trace(
        tuple(trace.seconds[place] for place in places),
        tuple(trace.values[place] for place in places),
        tuple(trace.weights[place] for place in places),
    )


def smooth(trace: Trace, onset: datetime, most: int = MOST_POINTS) -> Trace:
    """Return at most about `most` points: weighted means over equal periods, none of which spans the onset."""
    if len(trace.seconds) <= most:
        return trace
    step = (trace.seconds[-1] - trace.seconds[0]) / most
    periods: dict[int, list[int]] = {}
    for place, at in enumerate(trace.seconds):
        periods.setdefault(math.floor((at - onset.timestamp()) / step), []).append(place)
    means = [_mean(_pick(trace, places)) for _, places in sorted(periods.items())]
    return Trace(*(tuple(part) for part in zip(*means, strict=True)))


def _mean(part: Trace) -> tuple[float, float | None, float]:
    """Return the middle of the times, the weighted mean of the values that are there, and all weight."""
    present = [(value, weight) for value, weight in zip(part.values, part.weights, strict=True) if value is not None]
    weight = math.fsum(weight for _, weight in present)
    value = math.fsum(value * weight for value, weight in present) / weight if present else None
    return math.fsum(part.seconds) / len(part.seconds), value, weight or 1.0


def draw(
    trace: Trace,
    *,
    band: tuple[float, float] | None,
    onset: datetime,
    width: int,
    glyphs: Glyphs,
    height: int = 8,
) -> list[str]:
    """Return the chart's lines: y labels, the plotted area, an axis, and the times below it.

    Parameters
    ----------
    trace
        The points; a gap interrupts the line.
    band
        The baseline's usual range, in the metric's unit; shaded behind the line.
    onset
        When the symptom began; marked by a column and a pointer below the axis.
    width, height
        Cells in all, and rows of the plotted area.
    """
    values = [value for value in trace.values if value is not None] + list(band or ())
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or abs(high) * 0.05 or 1.0
    labels = _value_labels(low, high)
    down = 2 if glyphs.unicode else 1
    plot = max(10, width - len(labels[0]) - 2)
    frame = Frame(plot, height, down, trace.seconds[0], trace.seconds[-1], low - margin, high + margin)
    cells = _background(frame, band, onset, glyphs)
    _ink(frame, cells, trace, glyphs)
    blank = " " * len(labels[0])
    sides = {0: labels[0], height - 1: labels[1]}
    area = [f"{sides.get(row, blank)} {glyphs.axis}{''.join(line)}" for row, line in enumerate(cells)]
    return [*area, f"{blank} {glyphs.corner}{glyphs.floor * plot}", *_time_labels(frame, onset, len(blank) + 2, glyphs)]


def _value_labels(low: float, high: float) -> tuple[str, str]:
    top, bottom = next(
        (pair for digits in range(3, 8) if len(set(pair := (number(high, digits), number(low, digits)))) > 1),
        (number(high), number(low)),
    )
    width = max(len(top), len(bottom))
    return top.rjust(width), bottom.rjust(width)


def _background(frame: Frame, band: tuple[float, float] | None, onset: datetime, glyphs: Glyphs) -> list[list[str]]:
    cells = [[" "] * frame.width for _ in range(frame.height)]
    if band:
        for row in range(frame.row(band[1]) // frame.down, frame.row(band[0]) // frame.down + 1):
            cells[row] = [glyphs.band] * frame.width
    if frame.start <= onset.timestamp() <= frame.end:
        for line in cells:
            line[frame.column(onset.timestamp())] = glyphs.onset
    return cells


def _ink(frame: Frame, cells: list[list[str]], trace: Trace, glyphs: Glyphs) -> None:
    bits: dict[tuple[int, int], int] = {}
    for column, row in _line(frame, trace):
        cell = row // frame.down, column
        bits[cell] = bits.get(cell, 0) | 1 << row % frame.down
    for (row, column), value in bits.items():
        cells[row][column] = HALVES[value] if glyphs.unicode else glyphs.mark


def _line(frame: Frame, trace: Trace) -> Iterator[tuple[int, int]]:
    """Yield the dots of the line: straight between neighbours, nothing across a gap."""
    previous: tuple[int, int] | None = None
    for at, value in zip(trace.seconds, trace.values, strict=True):
        if value is None:
            previous = None
            continue
        here = frame.column(at), frame.row(value)
        yield from _segment(previous or here, here)
        previous = here


def _segment(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        share = step / steps
        yield round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))


def _time_labels(frame: Frame, onset: datetime, indent: int, glyphs: Glyphs) -> list[str]:
    """Return the line of pointers and the line of times; the onset's label gives way to none."""
    first, last = (moment(at) for at in (_at(frame.start), _at(frame.end)))
    line = [" "] * frame.width
    _place(line, 0, first)
    _place(line, frame.width - len(last), last)
    if not frame.start <= onset.timestamp() <= frame.end:
        return [" " * indent + "".join(line).rstrip()]
    column = frame.column(onset.timestamp())
    pointer = [" "] * frame.width
    text = f"{glyphs.pointer} onset {moment(onset)}"
    if column + len(text) > frame.width:
        text = f"onset {moment(onset)} {glyphs.pointer}"
        column -= len(text) - 1
    _place(pointer, column, text)
    return [" " * indent + "".join(cells).rstrip() for cells in (pointer, line)]


def _place(line: list[str], column: int, text: str) -> None:
    column = max(0, column)
    line[column : column + len(text)] = list(text[: len(line) - column])


def _at(second: float) -> datetime:
    found = parse_moment(second)
    if found is None:  # pragma: no cover - the seconds come from a parsed time
        raise ValueError(second)
    return found
