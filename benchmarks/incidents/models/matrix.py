"""Rows as the matrix that a scikit-learn estimator reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.boosting import encode, learn_vocabulary
from rca.demo.domain import Columns
from rca.demo.table import take


@dataclass(frozen=True, slots=True)
class Matrix:
    """How columns are read: numbers filled with the median and standardised, categories as indicators.

    `centre` and `scale`, (F,), are those of the encoded training matrix, indicators excepted.
    """

    inputs: tuple[str, ...]
    vocabulary: dict[str, list[str]]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]

    def read(self, columns: Columns) -> NDArray[np.float64]:
        """Return the (N, F') matrix; an unknown category has no indicator, a null number is the median."""
        parts = []
        numbers = encode(columns, self.inputs, self.vocabulary)
        numbers = np.where(np.isnan(numbers), self.centre, numbers)
        place = 0
        for name in self.inputs:
            width = columns[name].shape[1] if columns[name].ndim > 1 else 1
            block = slice(place, place + width)
            if name in self.vocabulary:
                known = np.arange(len(self.vocabulary[name]))
                parts.append((numbers[:, block] == known).astype(float))
            else:
                parts.append((numbers[:, block] - self.centre[block]) / self.scale[block])
            place += width
        return np.column_stack(parts)


def learn_matrix(columns: Columns, inputs: tuple[str, ...]) -> Matrix:
    """Return how to read rows like these."""
    vocabulary = learn_vocabulary(columns, inputs)
    numbers = encode(columns, inputs, vocabulary)
    lost = np.isnan(numbers).all(axis=0)
    numbers = np.where(lost, 0.0, numbers)
    centre, scale, place = np.nanmedian(numbers, axis=0), np.nanstd(numbers, axis=0), 0
    for name in inputs:
        if name in vocabulary:
            centre[place] = -1.0  # null or unknown: no category's indicator
        place += columns[name].shape[1] if columns[name].ndim > 1 else 1
    return Matrix(inputs, vocabulary, centre, np.where(scale > 0, scale, 1.0))


def sample(columns: Columns, rows: int, seed: int) -> Columns:
    """Return some rows at random, without replacement."""
    n = len(next(iter(columns.values())))
    return take(columns, np.random.default_rng(seed).permutation(n)[:rows])
