"""Bins kept in a file, so that what is counted tomorrow, or elsewhere, compares with what was counted today."""

from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rca.errors import InputError
from rca.profile.edges import Row, keep_bins
from rca.warehouse import Warehouse
from rca.warehouse.tables import NULL, SPECIAL_BINS, UNSEEN


class ColumnBins(BaseModel):
    """The bins of one column: edges of ranges, or categories, the most frequent first.

    `rare` are categories without a bin of their own; `complete` says that all categories are listed, so that an unseen
    one can be told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    kind: Literal["numeric", "boolean", "category", "timestamp"]
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    complete: bool = False


class KeptBins(BaseModel):
    """The bins of one model's log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    node: str
    columns: tuple[ColumnBins, ...]


def read_bins(warehouse: Warehouse, node: str, path: Path) -> None:
    """Fill the tables of bins from a file.

    Raises
    ------
    InputError
        When the file holds no bins, or those of another node.
    """
    try:
        kept = KeptBins.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise InputError(
            f"no bins: {place}: {first['msg']}", file=path, mend="make it anew: remove it and run again"
        ) from error
    if kept.node != node:
        raise InputError(f"these are the bins of {kept.node!r}, not of {node!r}", file=path, mend="give its own file")
    bins = [row for column in kept.columns for row in _rows(column)]
    rare = [(column.column, name) for column in kept.columns for name in column.rare]
    keep_bins(warehouse.connection, node, bins, rare)


def _rows(column: ColumnBins) -> list[Row]:
    head = (column.column, "", column.kind)
    rows: list[Row] = [(*head, NULL, SPECIAL_BINS[NULL], None, None, None)]
    rows += [(*head, code, "range", left, right, None) for code, (left, right) in enumerate(pairwise(column.edges))]
    rows += [(*head, code, "category", None, None, name) for code, name in enumerate(column.categories)]
    return rows + ([(*head, UNSEEN, SPECIAL_BINS[UNSEEN], None, None, None)] if column.complete else [])


def write_bins(warehouse: Warehouse, node: str, path: Path) -> None:
    """Write all bins of a node's log to a file."""
    found = warehouse.connection.execute(
        """
        -- a row is one column
        SELECT column_name, any_value(kind),
               list(bin_left ORDER BY bin) FILTER (role = 'range'), max(bin_right),
               list(category ORDER BY bin) FILTER (role = 'category'), bool_or(bin = $unseen),
               (SELECT list(category ORDER BY category) FROM rare_categories AS r
                WHERE r.node = $node AND r.column_name = b.column_name)
        FROM bins AS b WHERE node = $node GROUP BY column_name ORDER BY column_name
        """,
        {"node": node, "unseen": UNSEEN},
    ).fetchall()
    columns = tuple(
        ColumnBins(
            column=name,
            kind=kind,
            edges=(*lefts, last) if lefts else (),
            categories=tuple(names or ()),
            rare=tuple(rare or ()),
            complete=complete,
        )
        for name, kind, lefts, last, names, complete, rare in found
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(KeptBins(node=node, columns=columns).model_dump_json(indent=1) + "\n", encoding="utf-8")
