"""The values of every logged column before and after the onset."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.baselines.windows import Windows, windows
from benchmarks.incidents.files import Files, filled, quoted

NUMBER = ("DOUBLE", "FLOAT", "INT", "DECIMAL", "BOOL")
COLUMN_FAMILIES = frozenset({"feature_drift", "data_quality", "schema_change", "population_shift"})
"""What a ranking of columns may mean: it names none, and has the benefit of the doubt."""


@dataclass(frozen=True)
class Sample:
    """One column of one model's log: (N,) and (M,) values, numbers with NaN or text with None."""

    node: str
    producer: str
    column: str
    numeric: bool
    before: NDArray[Any]
    after: NDArray[Any]

    @property
    def known(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which values are not null, before and after."""
        both = (self.before, self.after)
        before, after = (np.isfinite(v) if self.numeric else np.not_equal(v, None) for v in both)
        return np.asarray(before), np.asarray(after)


def values(files: Files, node: str, column: str, where: str, *, numeric: bool) -> NDArray[Any]:
    """Return a column's values in one window."""
    cast = "DOUBLE" if numeric else "VARCHAR"
    query = f"SELECT TRY_CAST({quoted(column)} AS {cast}) AS v FROM {files.logs(node)} WHERE {where}"
    found = files.connection.execute(query).fetchnumpy()["v"]
    if numeric:
        return filled(found)
    return np.asarray(np.ma.filled(np.ma.asarray(found, dtype=object), None))


def samples_of(files: Files, node: str, window: Windows) -> Iterator[Sample]:
    """Yield a model's columns that had any value before."""
    for column, kind in files.inputs(node).items():
        numeric = any(kind.startswith(name) or name in kind for name in NUMBER)
        before, after = (values(files, node, column, where, numeric=numeric) for where in (window.before, window.after))
        sample = Sample(node, files.producer(node, column), column, numeric, before, after)
        if sample.known[0].any() and after.size:
            yield sample


def all_samples(files: Files) -> Iterator[Sample]:
    """Yield the columns of every model that logs, the reported one first."""
    for node in files.models:
        yield from samples_of(files, node, windows(files, node))


def shares(sample: Sample, edges: int = 10) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of a column's bins before and after, (B,) each: tenths or categories, then null."""
    before, after = sample.known
    old, new = sample.before[before], sample.after[after]
    if sample.numeric:
        cuts = np.unique(np.quantile(old.astype(float), np.linspace(0, 1, edges + 1)[1:-1]))
        places = [np.searchsorted(cuts, part.astype(float), side="right") for part in (old, new)]
        size = cuts.size + 1
    else:
        names, inverse = np.unique(np.concatenate([old, new]).astype(str), return_inverse=True)
        places, size = [inverse[: old.size], inverse[old.size :]], names.size
    counts = [
        np.append(np.bincount(p, minlength=size), (~k).sum()) for p, k in zip(places, (before, after), strict=True)
    ]
    p, q = (count / max(count.sum(), 1) for count in counts)
    return p, q


def ranking(scores: dict[tuple[str, str], float]) -> list[dict[str, object]]:
    """Return columns, given as (producer, column) with a score, as causes: the highest score first."""
    ranked = sorted(scores, key=lambda key: (-scores[key], key[1], key[0]))
    return [
        {"families": sorted(COLUMN_FAMILIES), "node": node, "subject": column, "confidence": 0.0, "mechanism": None}
        for node, column in ranked
    ]


def best(samples: Iterator[tuple[Sample, float]]) -> dict[tuple[str, str], float]:
    """Return (producer, column) -> its highest score in any log."""
    found: dict[tuple[str, str], float] = {}
    for sample, score in samples:
        key = (sample.producer, sample.column)
        found[key] = max(score, found.get(key, 0.0))
    return found
