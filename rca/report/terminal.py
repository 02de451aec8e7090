"""Print an analysis so that it can be read at three in the morning.

From the top: the symptom in one sentence and as a chart, the finding, the ranked causes, one block
for each of the first, and last what was ruled out, what could not be examined, and how long it took.
Works at 80 columns, without colour, and without Unicode. All text of the analysis is untrusted.
"""

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rca.report.causes import details, table
from rca.report.glyphs import glyphs_for
from rca.report.symptom import certainty, chart_lines, headline, periods, verdict
from rca.report.words import clean, milliseconds, percent, spoken
from schemas.analysis import Analysis, Cause, FamilyNote

CHART_WIDTH = 100
WORTH_TELLING = 0.03
"""Causes less probable than this stand in the table only."""


def render(analysis: Analysis, console: Console, *, top: int = 5) -> None:
    """Print the analysis.

    Parameters
    ----------
    analysis
        The answer of the engine.
    console
        Where to print; its width, colours and encoding decide how.
    top
        How many causes to show; the table says how many more there are.
    """
    glyphs = glyphs_for(console)
    incident = analysis.incident
    causes = analysis.causes[: max(0, top)]
    _print(console, Text(_title(analysis), style="dim"))
    _print(console, headline(incident))
    _print(console, Text(certainty(incident)), Text(periods(incident), style="dim"), Text())
    for line in chart_lines(incident, min(console.width, CHART_WIDTH), glyphs):
        _print(console, Text(line), wrap=False)
    _print(console, Text(), verdict(analysis), Text(), table(analysis, causes, glyphs))
    told = [cause for cause in causes if cause.rank == 1 or cause.confidence >= WORTH_TELLING]
    for cause in told:
        _print(console, Text(), details(cause, glyphs))
    if len(told) < len(causes):
        _print(
            console, Text(), Text(f"The evidence of causes under {percent(WORTH_TELLING)} is in --json.", style="dim")
        )
    _print(console, Text(), *_footer(analysis))


def render_list(analysis: Analysis, console: Console) -> None:
    """Print the symptom and the table of all causes, without their evidence."""
    glyphs = glyphs_for(console)
    _print(console, Text(_title(analysis), style="dim"), headline(analysis.incident), Text())
    _print(console, table(analysis, analysis.causes, glyphs))


def render_cause(cause: Cause, console: Console) -> None:
    """Print one cause with its evidence, how to check it and what to do."""
    _print(console, details(cause, glyphs_for(console)))


def _print(console: Console, *items: RenderableType, wrap: bool = True) -> None:
    for item in items:
        console.print(item, highlight=False, no_wrap=not wrap, crop=True)


def _title(analysis: Analysis) -> str:
    incident = analysis.incident
    parts = (incident.id, incident.title, incident.severity and f"severity {incident.severity}")
    return "Incident " + ", ".join(clean(part) for part in parts if part)


def _footer(analysis: Analysis) -> Iterable[RenderableType]:
    for name, notes in (("Ruled out", analysis.ruled_out), ("Not examined", analysis.not_examined)):
        yield from _notes(name, notes)
    for warning in analysis.warnings:
        yield Text.assemble(("Note: ", "yellow"), clean(warning))
    stages = ", ".join(f"{spoken(stage)} {milliseconds(took)}" for stage, took in analysis.timings_ms.items())
    ranker = analysis.ranker
    yield Text(
        f"Ranked by the {ranker.kind} ranker, version {clean(ranker.version)},"
        + (f" in {milliseconds(sum(analysis.timings_ms.values()))} ({stages})." if stages else ""),
        style="dim",
    )


def _notes(name: str, notes: tuple[FamilyNote, ...]) -> Iterable[RenderableType]:
    if not notes:
        return
    yield Text(f"{name}:", style="dim bold")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(overflow="fold", max_width=24)
    grid.add_column(overflow="fold")
    for note in notes:
        grid.add_row(Text(f"  {spoken(note.family)}", style="dim"), Text(clean(note.reason, 200), style="dim"))
    yield grid
