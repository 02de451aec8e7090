"""The causes: a ranked table, then one block for each with its evidence and what to do."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rca.report.glyphs import Glyphs, bar, sparkline
from rca.report.words import clean, moment, percent, spoken
from schemas.analysis import Analysis, Cause, EvidenceItem

BAR_WIDTH = 6
WHOLE_NAME = 16
MOST_BINS = 48
MOST_EVIDENCE = 6
MOST_MOVED = 3
NAMED_BINS = 3
SHARE_MOVED = 0.005
"""A bin whose share moved by less is not named."""


def table(analysis: Analysis, causes: Sequence[Cause], glyphs: Glyphs) -> Table:
    """Return the ranked table; its last row is the probability that none of the causes is right."""
    dated = any(cause.onset for cause in causes)
    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    grid.add_column("#", justify="right", no_wrap=True)
    grid.add_column("probability", no_wrap=True, min_width=len("probability"))
    grid.add_column("what", overflow="fold")
    for name, texts in (
        ("where", [cause.node for cause in causes]),
        ("which part", [_part(cause) for cause in causes]),
    ):
        # Names are kept whole while they are short; the words of "what" wrap better.
        longest = max((len(clean(text)) for text in texts), default=0)
        grid.add_column(name, overflow="fold", min_width=min(WHOLE_NAME, max(longest, len(name))))
    grid.add_column("explains", justify="right", no_wrap=True, min_width=len("explains"))
    grid.add_column("since", no_wrap=True, min_width=len("30 Nov 10:00") if dated else 1)
    for cause in causes:
        grid.add_row(*_row(cause, glyphs))
    hidden = len(analysis.causes) - len(causes)
    if hidden:
        rest = sum(cause.confidence for cause in analysis.causes[len(causes) :])
        grid.add_row(Text(""), _probability(rest, glyphs), Text(f"{hidden} more", style="dim"))
    grid.add_row(Text(""), _probability(analysis.none_of_these, glyphs), Text("none of these", style="italic"))
    return grid


def _row(cause: Cause, glyphs: Glyphs) -> Iterator[Text]:
    yield Text(str(cause.rank))
    yield _probability(cause.confidence, glyphs)
    mechanism = f" / {spoken(cause.mechanism)}" if cause.mechanism else ""
    yield Text.assemble((spoken(cause.family), "bold"), mechanism)
    yield Text(clean(cause.node))
    yield Text(_part(cause) or glyphs.dash)
    yield Text(percent(cause.impact))
    yield Text(moment(cause.onset) if cause.onset else glyphs.dash)


def _probability(share: float, glyphs: Glyphs) -> Text:
    return Text.assemble(f"{percent(share):>5} ", (bar(share, BAR_WIDTH, glyphs), "cyan"))


def _part(cause: Cause) -> str:
    subject, confined = clean(cause.subject or ""), clean(cause.slice or "")
    if confined.startswith(subject):  # "country=DE" says "country" too
        return confined or subject
    return f"{subject} where {confined}" if confined else subject


def details(cause: Cause, glyphs: Glyphs) -> Group:
    """Return one cause's block: what happened, its way to the symptom, the evidence, what to do."""
    part = _part(cause)
    title = f"{cause.rank}. {spoken(cause.family)} in {clean(cause.node)}" + (f", {part}" if part else "")
    head = Text.assemble((title, "bold"), f"  {percent(cause.confidence)}")
    lines: list[RenderableType] = [head, _indented(Text(clean(cause.summary)))]
    if len(cause.blame_path) > 1:
        path = f" {glyphs.arrow} ".join(clean(node) for node in cause.blame_path)
        lines.append(_labelled("way", f"{path}   (cause {glyphs.arrow} what it reached)"))
    lines.extend(_evidence(cause.evidence, glyphs))
    if cause.moved:
        lines.append(_labelled("why", "; ".join(clean(each.text) for each in cause.moved[:MOST_MOVED])))
    if cause.verify:
        lines.append(_labelled("check", clean(cause.verify)))
    if cause.remedy:
        lines.append(_labelled("do", clean(cause.remedy)))
    return Group(*lines)


def _evidence(items: Sequence[EvidenceItem], glyphs: Glyphs) -> Iterator[RenderableType]:
    for place, item in enumerate(items[:MOST_EVIDENCE]):
        yield _labelled("seen" if place == 0 else "", f"{glyphs.bullet} {clean(item.text)}")
        for line in before_after(item.data, glyphs):
            yield _labelled("", f"  {line}")
    if len(items) > MOST_EVIDENCE:
        yield _labelled("", f"{glyphs.bullet} {len(items) - MOST_EVIDENCE} more in --json")


def before_after(data: dict[str, Any], glyphs: Glyphs) -> list[str]:
    """Return two small bars for a histogram's evidence `{labels, before, after}`; nothing when it has none."""
    labels, before, after = data.get("labels"), _counts(data.get("before")), _counts(data.get("after"))
    if not isinstance(labels, (list, tuple)) or not (0 < len(labels) == len(before) == len(after) <= MOST_BINS):
        return []
    then, now = _shares(before), _shares(after)
    top = max((*then, *now), default=0.0)
    lines = [f"before |{sparkline(then, top, glyphs)}|", f"after  |{sparkline(now, top, glyphs)}|"]
    moved = sorted(range(len(labels)), key=lambda place: -abs(now[place] - then[place]))[:NAMED_BINS]
    named = [
        f"{clean(labels[place], 24)} {percent(then[place])} {glyphs.arrow} {percent(now[place])}"
        for place in moved
        if abs(now[place] - then[place]) >= SHARE_MOVED
    ]
    return [*lines, f"moved: {', '.join(named)}"] if named else lines


def _counts(values: Any) -> list[float]:
    """Return usable counts, or none at all."""
    if not isinstance(values, (list, tuple)):
        return []
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    usable = len(numbers) == len(values) and all(math.isfinite(value) and value >= 0 for value in numbers)
    return numbers if usable else []


def _shares(counts: Sequence[float]) -> list[float]:
    total = math.fsum(counts)
    return [count / total if total else 0.0 for count in counts]


def _labelled(label: str, text: str) -> RenderableType:
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=5, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(label, style="dim"), Text(text))
    return _indented(row)


def _indented(item: RenderableType) -> Padding:
    return Padding(item, (0, 0, 0, 3))
