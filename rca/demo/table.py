"""Read a table into plain columns: float64 for numbers, objects with None for text."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns


def read_columns(path: Path, drop: tuple[str, ...] = ()) -> Columns:
    """Return a Parquet file's columns.

    Numbers and booleans become float64 (null is NaN), everything else objects (null is None).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path).drop_columns(list(drop))
    columns: Columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
            columns[name] = column.cast(pa.float64()).to_numpy().astype(float)
        else:
            columns[name] = np.array(column.cast(pa.string()).to_pylist(), dtype=object)
    return columns


def take(columns: Columns, rows: np.ndarray) -> Columns:
    """Return the given rows (positions or a mask) of every column."""
    return {name: values[rows] for name, values in columns.items()}


def is_text(values: np.ndarray) -> bool:
    """Return whether a column holds text rather than numbers."""
    return values.dtype == object


def present(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values of a column are not null, shape (N,); a vector is null when all of it is."""
    if is_text(values):
        return np.asarray(values != None)  # noqa: E711 - element by element
    finite = np.isfinite(values)
    return np.asarray(finite.any(axis=1) if finite.ndim > 1 else finite)


def known_texts(values: NDArray[Any]) -> NDArray[Any]:
    """Return the texts of a column that are not null, shape (M,)."""
    return values[present(values)].astype(str)


REQUEST_LOG = ("payload_kb", "client_build")
"""Columns that say how a request came, not what it is about; made up, and without influence."""


def add_request_log(columns: Columns) -> Columns:
    """Return the columns with `payload_kb` and `client_build` added (made up; the same at every call)."""
    rng = np.random.default_rng(7)
    n = len(next(iter(columns.values())))
    builds = np.array(["web-118", "web-119", "app-52", "app-53", "partner-3"], dtype=object)
    size = rng.lognormal(1.2, 0.4, n).round(2)
    return columns | {"payload_kb": size, "client_build": rng.choice(builds, n, p=[0.3, 0.3, 0.15, 0.15, 0.1])}
