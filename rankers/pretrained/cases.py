"""Injected incidents whose causes are known, as the ranker saw them: what it learned from, small enough to ship.

A Parquet file has one row per candidate; an incident for which nothing was proposed has one row without a family.
`benchmarks.ranker.collect` makes them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rankers.labelled import Labelled
from rankers.proposed import Proposed
from rankers.slate import Slate, slate_of
from schemas.candidate import Candidate

DIGITS = 6
"""Significant digits kept of each number."""

TEXTS = ("half", "table", "case", "injected", "family", "node", "subject", "mechanism", "slice", "explains", "features")
WHOLE = ("seed", "number", "roots")
NUMBERS = ("p_value", "impact", "strength", "specificity", "blame")
COMMON = ("half", "table", "case", "injected", *WHOLE)


@dataclass(frozen=True)
class Case:
    """One incident: what was injected, what the ranker saw, and which of the candidates are right.

    `roots`: how many causes there are, 0 without a fault. `number`: its place in the draw; earlier ones come first.
    """

    half: str
    table: str
    case: str
    injected: str
    seed: int
    number: int
    roots: int
    proposed: Proposed
    right: tuple[bool, ...]

    @property
    def name(self) -> str:
        """Return its name, unique in the pool."""
        return f"{self.half}-{self.seed}-{self.case}"

    @property
    def data_set(self) -> str:
        """Return the table that its system was made from; several systems share one."""
        return self.table.partition("-")[0]

    @cached_property
    def slate(self) -> Slate:
        """Return the candidates as numbers."""
        return slate_of(self.proposed)

    def truth(self, *, group: str | None = None) -> Labelled:
        """Return the incident as one who knows the truth would label it."""
        right = np.array(self.right, dtype=bool)
        possible = np.append(right, not right.any())
        return Labelled(self.name, self.slate, possible, right, 1.0, group)


def rows_of(case: Case) -> Iterator[dict[str, Any]]:
    """Yield the rows of a case."""
    common = {name: getattr(case, name) for name in COMMON}
    common["p_value"] = _short(case.proposed.p_value)
    for candidate, blame, right in zip(case.proposed.candidates, case.proposed.blame, case.right, strict=True):
        yield common | {
            **{name: getattr(candidate, name) for name in ("family", "node", "subject", "mechanism", "slice")},
            **{name: _short(getattr(candidate, name)) for name in ("impact", "strength", "specificity")},
            "blame": _short(blame),
            "explains": json.dumps([list(each) for each in candidate.explains[:1]]),
            "features": json.dumps({name: _short(value) for name, value in sorted(candidate.features.items())}),
            "right": right,
        }
    if not case.proposed.candidates:
        yield common


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def write_cases(cases: Sequence[Case], path: Path) -> None:
    """Write cases, sorted by name."""
    import pyarrow as pa  # noqa: PLC0415 - only who learns needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    rows = [row for case in sorted(cases, key=lambda case: case.name) for row in rows_of(case)]
    types = {name: pa.string() for name in TEXTS} | {name: pa.int32() for name in WHOLE}
    types |= {name: pa.float64() for name in NUMBERS} | {"right": pa.bool_()}
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(types)), path, compression="zstd", compression_level=19)


def read_cases(source: Path | bytes) -> list[Case]:
    """Return the cases of a file, or of its content, sorted by name."""
    import pyarrow as pa  # noqa: PLC0415 - only who learns needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in pq.read_table(pa.BufferReader(source) if isinstance(source, bytes) else source).to_pylist():
        by_name.setdefault(f"{row['half']}-{row['seed']}-{row['case']}", []).append(row)
    return [_case(rows) for _, rows in sorted(by_name.items())]


def _case(rows: list[dict[str, Any]]) -> Case:
    told = [row for row in rows if row["family"] is not None]
    candidates = [
        Candidate(
            family=row["family"],
            node=row["node"],
            subject=row["subject"],
            impact=row["impact"],
            strength=row["strength"],
            specificity=row["specificity"],
            summary="",
            mechanism=row["mechanism"],
            slice=row["slice"],
            explains=tuple(tuple(each) for each in json.loads(row["explains"])),
            features=json.loads(row["features"]),
        )
        for row in told
    ]
    first = rows[0]
    common = {name: first[name] for name in COMMON}
    proposed = Proposed(candidates, [row["blame"] for row in told], first["p_value"])
    return Case(**common, proposed=proposed, right=tuple(row["right"] for row in told))
