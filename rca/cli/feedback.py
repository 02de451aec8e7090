"""Records of feedback for people: one as a sentence, many as a table. All of their text is untrusted."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from rca.report.words import clean, moment, percent, spoken
from rca.review import spelled
from schemas.feedback import Feedback

COMMENT_WIDTH = 200
NAME_WIDTH = 16
SHOWN_ID = 8
"""Characters of a record's id that are shown; `--undo` takes them for the whole."""

WORDS = {"cant_tell": "cannot tell", "no_fault": "no fault", "missing": "missing"}


def told(said: Feedback) -> str:
    """Return a record as a sentence."""
    shown = f", listed as number {said.rank}" if said.rank else ""
    sure = f" ({percent(said.score)})" if said.score is not None else ""
    return f"{said.id[:SHOWN_ID]}, {clean(said.reviewer)} on {clean(said.incident)}: {_what(said)}{shown}{sure}"


def history_table(records: Sequence[Feedback], states: Mapping[str, str]) -> Table:
    """Return the records as a table, oldest first; the incident's column only where there are several.

    Parameters
    ----------
    states
        Record id -> what became of it, as of `rca.review.record_states`.
    """
    several = len({said.incident for said in records}) > 1
    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    grid.add_column("when (UTC)", no_wrap=True, min_width=len("30 Nov 2026 10:00"))
    grid.add_column("record", no_wrap=True, min_width=SHOWN_ID)
    for heading in ("who", *(["incident"] if several else [])):
        grid.add_column(heading, overflow="fold", max_width=NAME_WIDTH)
    grid.add_column("what", overflow="fold", ratio=1)
    grid.add_column("state", no_wrap=True, min_width=len("taken back"))
    for said in records:
        state = states[said.id]
        style = {"disputed": "bold red", "holds": ""}.get(state, "dim")
        comment = "" if said.kind == "missing" and not said.cause else clean(said.comment, COMMENT_WIDTH)
        names = (said.reviewer, *([said.incident] if several else []))
        what = _what(said) + (f"\n{comment}" if comment else "")
        row = (moment(said.at, year=True), said.id[:SHOWN_ID], *map(clean, names), what, spoken(state))
        grid.add_row(*(Text(text, style=style) for text in row))
    return grid


def _what(said: Feedback) -> str:
    if said.kind == "undo":
        return f"takes {(said.reverts or '')[:SHOWN_ID]} back"
    verdict = said.verdict or ("missing" if said.kind == "missing" else "no_fault")
    words = f": {said.comment}" if verdict == "missing" else ""
    subject = f" {spelled(said.cause.key)}" if said.cause else words
    tags = [word for word, holds in (("adjudicated", said.kind == "adjudication"), ("gold", said.gold)) if holds]
    return clean(WORDS.get(verdict, verdict) + subject + (f" ({', '.join(tags)})" if tags else ""))
