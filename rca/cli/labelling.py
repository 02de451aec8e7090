"""Labelling at a terminal: the causes are shown, and lines such as `1 c` say what they were.

The database is open only while a record is added, so that others can use it while a person thinks.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.text import Text

from rca.cli.feedback import told
from rca.errors import InputError, RcaError
from rca.report import render_cause, render_list
from rca.report.words import clean
from rca.review import Listing, kept_analysis, known_nodes, listing, missing_cause, read_feedback, record, undo
from rca.review.naming import number
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, Cause
from schemas.feedback import Feedback, Verdict

VERDICTS: dict[str, Verdict] = {"c": "confirmed", "o": "contributing", "r": "rejected", "t": "cant_tell"}

HELP = """\
  1 c    cause 1 is confirmed          1 o    it contributed
  1 r    it is rejected                1 t    cannot tell
  s 1    show its evidence             n      there was no fault
  m data_quality/feed/column           the right cause is missing; or words: m a loose cable
  u      take the last record back     q      quit
  Words after a verdict are its comment: 1 c we rolled the feed back"""


@dataclass(slots=True)
class Labelling:
    """One sitting of one reviewer over one answer.

    Parameters
    ----------
    clock
        Seconds, from any moment on.
    shown
        The causes in the order in which they are shown.
    opened
        Numbers of the causes whose evidence was shown.
    kept
        Records of this sitting that stand.
    since
        When the last decision was taken, by the clock.
    """

    db: Path
    answer: Analysis
    who: str
    console: Console
    shown: Listing
    gold: bool = False
    clock: Callable[[], float] = time.monotonic
    opened: set[int] = field(default_factory=set)
    kept: list[Feedback] = field(default_factory=list)
    since: float = 0.0

    @classmethod
    def begin(
        cls,
        db: Path,
        incident: str,
        analysis: str | None,
        who: str,
        console: Console,
        *,
        gold: bool = False,
        explore: float = 0.0,
    ) -> Self:
        """Return a sitting over a kept answer, by its id or the latest of the incident.

        Parameters
        ----------
        explore
            Share of the incidents whose first causes are shown in random order (`rca.review.listing`).
        """
        with Warehouse(db) as warehouse:
            answer = kept_analysis(warehouse, analysis, incident=incident)
        return cls(db, answer, who, console, listing(answer, explore), gold)

    def run(self, lines: Iterable[str]) -> None:
        """Show the causes and follow the lines until `q` or the last of them."""
        render_list(self.answer.model_copy(update={"causes": self.shown.causes}), self.console)
        self._say(HELP)
        self.since = self.clock()
        source = iter(lines)
        while True:
            self.console.print("> ", end="")
            line = next(source, None)
            if line is None or line.strip() == "q":
                break
            try:
                self._follow(line)
            except RcaError as error:
                self._say(str(error))
        self._say(f"{len(self.kept)} kept.")

    def _follow(self, line: str) -> None:
        first, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        place = number(first)
        if place is not None:
            key, _, comment = rest.partition(" ")
            self._judge(place, key, comment.strip())
        elif first == "s":
            self._show(number(rest))
        elif first == "n":
            self._keep(kind="no_fault", comment=rest, opened=bool(self.opened))
        elif first == "m":
            self._miss(rest)
        elif first == "u":
            self._undo()
        elif first:
            self._say(HELP)

    def _judge(self, place: int, key: str, comment: str) -> None:
        cause = self._cause(place)
        if key == "s":
            self._show(place)
        elif key in VERDICTS:
            named = dict(zip(("family", "node", "subject"), cause.key, strict=True))
            shown = {"rank": place, "score": cause.confidence, "opened": place in self.opened}
            shown |= {"explored": self.shown.explored}
            self._keep(cause=named, verdict=VERDICTS[key], comment=comment, **shown)
        else:
            raise InputError(f"{key or 'nothing'} is no verdict", mend="give c, o, r or t after the number")

    def _show(self, place: int | None) -> None:
        if place is None:
            raise InputError("the evidence is of one cause", mend="give its number: s 1")
        render_cause(self._cause(place), self.console)
        self.opened.add(place)

    def _cause(self, place: int) -> Cause:
        found = next((cause for cause in self.shown.causes if cause.rank == place), None)
        if found is None:
            raise InputError(f"there is no cause number {place}", mend=f"there are {len(self.answer.causes)}")
        return found

    def _miss(self, text: str) -> None:
        with Warehouse(self.db) as warehouse:
            cause = missing_cause(text, known_nodes(warehouse))
        self._keep(kind="missing", cause=cause, comment="" if cause else text, opened=bool(self.opened))

    def _undo(self) -> None:
        if not self.kept:
            raise InputError("nothing was kept in this sitting", mend="see --history, and use --undo ID")
        with Warehouse(self.db) as warehouse:
            back = undo(warehouse, self.kept[-1].id, self.who)
        self.kept.pop()
        self._say(f"Kept {told(back)}")

    def _keep(self, **parts: Any) -> None:
        now = self.clock()
        said = read_feedback(
            reviewer=self.who,
            incident=self.answer.incident.id,
            analysis=self.answer.id,
            seconds=round(now - self.since, 3),
            gold=self.gold,
            **parts,
        )
        with Warehouse(self.db) as warehouse:
            self.kept.append(record(warehouse, said))
        self.since = now
        self._say(f"Kept {told(self.kept[-1])}")

    def _say(self, text: str) -> None:
        for line in text.splitlines():
            self.console.print(Text(line if text is HELP else clean(line)), soft_wrap=True)
