"""whylogs profiles (`.bin`) as histograms: counts of the column's sketch between fixed edges.

The file format is whylogs' own, version 1 (`WHY1`), with KLL sketches of numbers (rank error about 1 %) and sketches of
frequent values: https://whylogs.readthedocs.io/. A profile keeps no joint counts, so sums of labels and losses are not
known.
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rca.errors import InputError
from rca.pulls.pulled import Pulled, missing_extra

if TYPE_CHECKING:
    from whylogs.core.view.column_profile_view import ColumnProfileView
    from whylogs.core.view.dataset_profile_view import DatasetProfileView

MAGIC = b"WHY1"
MAX_BYTES = 64 * 2**20
SHARES = tuple(share / 10 for share in range(1, 10))
"""The edges of numeric bins are these quantiles of the earliest profile."""
CATEGORIES = 50
REST = "(other)"
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("node", "model_version", "column")]
    + [("window_start", pa.timestamp("us", "UTC"))]
    + [("bin_left", pa.float64()), ("bin_right", pa.float64()), ("category", pa.string()), ("count", pa.int64())]
)
Bins = list[tuple[float | None, float | None, str | None, int]]
Edges = Mapping[tuple[str, str], tuple[float, ...]]


def pull_whylogs(
    files: Sequence[Path], *, node: str, model_version: str | None = None, edges: Edges | None = None
) -> Pulled:
    """Return the histograms of profiles, each dated by its dataset timestamp.

    Parameters
    ----------
    files
        Profiles as whylogs writes them.
    node
        The model that they are of.
    edges
        (node, column) -> edges of numeric bins that are in use already: histograms compare only with equal bins.

    Raises
    ------
    InputError
        When whylogs is not installed or a file is no profile.
    """
    views = sorted(((_read(path), path) for path in files), key=lambda pair: (_start(pair[0]), str(pair[1])))
    used = dict(edges or {})
    rows, notes = [], []
    for view, path in views:
        for column, profile in sorted(view.get_columns().items()):
            bins = _bins(profile, used, (node, column))
            if bins is None:
                notes.append(f"{path.name}: {column} holds neither numbers nor frequent values; it was left out")
            rows += [(node, model_version, column, _start(view), *bin_) for bin_ in bins or ()]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    table = pa.table([pa.array(values, type_) for values, type_ in zip(columns, SCHEMA.types, strict=True)], SCHEMA)
    return Pulled("whylogs", histograms=table, notes=tuple(notes))


def _read(path: Path) -> "DatasetProfileView":
    os.environ.setdefault("WHYLOGS_NO_ANALYTICS", "True")  # it reports its use to a server otherwise
    try:
        from whylogs.core.view.dataset_profile_view import DatasetProfileView  # noqa: PLC0415 (an extra, slow to import)
    except ModuleNotFoundError as error:
        raise missing_extra("whylogs", "whylogs") from error
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if not content.startswith(MAGIC) or len(content) > MAX_BYTES:
        what = f"is larger than {MAX_BYTES // 2**20} MiB" if len(content) > MAX_BYTES else "is no whylogs profile"
        raise InputError(what, file=path, mend="give the .bin files that whylogs writes")
    try:
        return DatasetProfileView.deserialize(content)
    except Exception as error:  # its reader raises whatever protobuf and its sketches raise
        raise InputError(f"is a damaged profile ({type(error).__name__})", file=path, mend="write it again") from error


def _start(view: "DatasetProfileView") -> datetime:
    moment: datetime | None = view.dataset_timestamp
    if moment is None:
        raise InputError("a profile has no dataset timestamp", mend="set one when it is logged")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _bins(profile: "ColumnProfileView", used: dict[tuple[str, str], tuple[float, ...]], key: tuple[str, str]) -> Any:
    """Return the bins of one column, its nulls included; None where nothing can be told."""
    counts, types = profile.get_metric("counts"), profile.get_metric("types")
    total = int(counts.n.value) if counts else 0
    nulls = int(counts.null.value) if counts else 0
    kinds = types.to_summary_dict() if types else {}
    words = kinds.get("string", 0) + kinds.get("boolean", 0)
    numbers = profile.get_metric("distribution")
    bins: Bins = [(None, None, None, nulls)] if nulls else []
    if numbers is not None and numbers.n and words <= numbers.n:
        sketch = numbers.kll.value
        used.setdefault(key, _edges(sketch))
        return bins + list(_ranges(sketch, used[key], int(numbers.n)))
    values = profile.get_metric("frequent_items")
    if values is None:
        return bins or None
    return bins + list(_categories(values.strings, total - nulls))


def _edges(sketch: Any) -> tuple[float, ...]:
    """Return the edges of a new column's bins; a constant has a bin of its own."""
    edges = sorted(set(sketch.get_quantiles(list(SHARES))))
    return tuple(edges) if len(edges) > 1 else (edges[0], math.nextafter(edges[0], math.inf))


def _ranges(sketch: Any, edges: Sequence[float], n: int) -> Iterator[tuple[float | None, float | None, None, int]]:
    """Yield the counts between the edges; rounding ranks, not shares, keeps their sum."""
    ranks = [0, *(round(share * n) for share in sketch.get_cdf(list(edges))[: len(edges)]), n]
    bounds = [None, *edges, None]
    for (left, right), (low, high) in zip(pairwise(bounds), pairwise(ranks), strict=True):
        if high > low or (left is not None and right is not None):  # edges are kept by their bins, empty ones too
            yield left, right, None, high - low


def _categories(found: Sequence[Any], n: int) -> Iterator[tuple[None, None, str, int]]:
    top = sorted(((str(item.value), int(item.est)) for item in found), key=lambda pair: (-pair[1], pair[0]))[
        :CATEGORIES
    ]
    for value, count in top:
        yield None, None, value, count
    rest = n - sum(count for _, count in top)
    if rest > 0:
        yield None, None, REST, rest
