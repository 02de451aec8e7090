"""How good rankers are, as tables: what `rca train` and `rca rankers` print."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rca.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from rca.warehouse import Warehouse

Row = tuple[str, Mapping[str, Any]]
"""A name, and figures as JSON (`rankers.quality.Figures`)."""


def opened(db: Path) -> "Warehouse":
    """Return an existing database, opened."""
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    from rca.warehouse import Warehouse

    return Warehouse(db)


def overall(rows: Sequence[Row]) -> "Table":
    """Return one line of rates for each ranker."""
    from rca.report.words import clean

    table = _table("", "AC@1", "AC@3", "log loss", "ECE", "incidents")
    for name, found in rows:
        table.add_row(
            clean(name),
            *(_rate(found.get(rate)) for rate in ("ac1", "ac3")),
            *(_number(found.get(number)) for number in ("log_loss", "ece")),
            str(found.get("incidents", "-")),
        )
    return table


def by_family(rows: Sequence[Row]) -> "Table":
    """Return how many first answers are right, a line for each family and a column for each ranker."""
    from rca.report.words import clean, spoken

    table = _table("first answers right, by family", *(clean(name) for name, _ in rows))
    for family in sorted({family for _, found in rows for family in found.get("by_family", {})}):
        counts = [found.get("by_family", {}).get(family) for _, found in rows]
        table.add_row(spoken(family), *(f"{count[0]} of {count[1]}" if count else "-" for count in counts))
    return table


def _table(*headings: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
