"""Plain columns as Arrow tables."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns

if TYPE_CHECKING:
    import pyarrow as pa


def to_table(columns: Columns) -> "pa.Table":
    """Return the columns as an Arrow table: null for NaN, times in UTC, vectors as lists of one length."""
    import pyarrow as pa

    return pa.table({name: to_array(values) for name, values in columns.items()})


def to_array(values: NDArray[Any]) -> "pa.Array":
    """Return one column; an (N, D) one has D floats in each cell, null where all of them are NaN."""
    import pyarrow as pa

    if values.ndim > 1:
        flat = pa.array(values.astype(np.float32).ravel())
        return pa.FixedSizeListArray.from_arrays(
            flat, values.shape[1], mask=pa.array(np.isnan(values.astype(float)).all(axis=1))
        )
    if values.dtype.kind == "M":
        return pa.array(values, type=pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    if values.dtype == object:
        return pa.array(values, type=pa.string())
    return pa.array(values, from_pandas=True)
