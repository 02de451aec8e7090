"""What every table's production system has in common: a request log and two business figures."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns, Domain, ModelSpec
from rca.demo.table import REQUEST_LOG, add_request_log, read_columns

DATA = Path(__file__).parents[2] / "data"


def table(name: str, drop: tuple[str, ...] = ()) -> Columns:
    """Return a shipped table's columns."""
    return read_columns(DATA / f"{name}.parquet", drop)


def system(
    name: str,
    load: Callable[[], Columns],
    sources: Mapping[str, tuple[str, ...]],
    models: tuple[ModelSpec, ...],
    *,
    segments: tuple[str, ...],
    train_share: float = 0.5,
    in_order: bool = False,
    hidden: tuple[str, ...] = (),
) -> Domain:
    """Return the domain; the final model reads the request log besides, as real models read too much."""
    final = models[-1]
    return Domain(
        name=name,
        load=lambda: add_request_log(load()),
        sources={**sources, "request-log": REQUEST_LOG},
        models=(*models[:-1], replace(final, inputs=(*final.inputs, *REQUEST_LOG))),
        segments=segments,
        cost_kpi=f"{name}-error-cost",
        rate_kpi=f"{name}-accepted",
        train_share=train_share,
        in_order=in_order,
        hidden=hidden,
    )


def is_yes(columns: Columns, target: str, yes: str) -> Columns:
    """Return the columns with a text target as 0 and 1."""
    return columns | {target: (columns[target] == yes).astype(float)}


def banded(values: NDArray[np.float64], edges: tuple[float, ...], names: tuple[str, ...]) -> NDArray[np.object_]:
    """Return the name of the band in which each value lies; band i begins at edge i - 1."""
    return np.array(names, dtype=object)[np.searchsorted(edges, values, "right")]


def calendar(moments: NDArray[np.datetime64]) -> Columns:
    """Return hour, weekday (Monday 0), month, year, and part of the day and season as text."""
    day, month = moments.astype("datetime64[D]"), moments.astype("datetime64[M]").astype(int) % 12 + 1
    hour = (moments.astype("datetime64[h]") - day).astype(int)
    return {
        "hour": hour.astype(float),
        "weekday": ((day.astype(int) + 3) % 7).astype(float),
        "month": month.astype(float),
        "year": (moments.astype("datetime64[Y]").astype(int) + 1970).astype(float),
        "daypart": banded(hour, (6, 12, 18), ("night", "morning", "afternoon", "evening")),
        "season": banded(month, (3, 6, 9, 12), ("winter", "spring", "summer", "autumn", "winter")),
    }


def mean_before(values: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Return the mean of the values `first` to `last` steps ago, (N,); NaN where none is known."""
    known = np.isfinite(values)
    total, count = (np.concatenate([[0.0], np.cumsum(v)]) for v in (np.where(known, values, 0.0), known))
    n = np.arange(len(values))
    begin, end = np.maximum(n - last, 0), np.maximum(n - first + 1, 0)
    size = count[end] - count[begin]
    return np.where(size > 0, (total[end] - total[begin]) / np.maximum(size, 1), np.nan)
