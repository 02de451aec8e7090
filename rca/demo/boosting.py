"""Gradient-boosted trees, trained for real with LightGBM's native API on one thread."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import is_text, known_texts

RARE = 30
"""A category seen in fewer training rows is not in a model's vocabulary."""

OBJECTIVES = {"binary": "binary", "regression": "regression", "multiclass": "multiclass"}


@dataclass(frozen=True, slots=True)
class BoostedModel:
    """A trained model: its booster, and the vocabulary by which it reads text columns."""

    spec: ModelSpec
    booster: Any
    vocabulary: dict[str, list[str]]
    gain: dict[str, float]
    classes: tuple[str, ...] = ()

    def predict(self, columns: Columns) -> NDArray[np.float64]:
        """Return the probability (binary) or the value (regression), shape (N,); multiclass: (N, K)."""
        scores = self.booster.predict(encode(columns, self.spec.inputs, self.vocabulary), num_threads=1)
        return np.asarray(scores, dtype=float)


def encode(columns: Columns, inputs: tuple[str, ...], vocabulary: dict[str, list[str]]) -> NDArray[np.float64]:
    """Return the (N, F) matrix that the booster reads; null and unseen categories are NaN, a vector is D columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for name in inputs:
        values = columns[name]
        if name not in vocabulary:
            parts.append(values.astype(float))
            continue
        texts = pa.array(values, type=pa.string(), from_pandas=True)
        codes = pc.index_in(texts, value_set=pa.array(vocabulary[name], type=pa.string()))
        parts.append(codes.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return np.column_stack(parts)


def learn_vocabulary(columns: Columns, inputs: tuple[str, ...], rare: int = RARE) -> dict[str, list[str]]:
    """Return the categories of every text input that are frequent enough to learn from."""
    vocabulary = {}
    for name in inputs:
        if is_text(columns[name]):
            texts, counts = np.unique(known_texts(columns[name]), return_counts=True)
            vocabulary[name] = [str(text) for text in texts[counts >= rare]]
    return vocabulary


def feature_owners(columns: Columns, inputs: tuple[str, ...]) -> NDArray[np.int64]:
    """Return for every column of the encoded matrix, (F,), the position of the input it comes from."""
    widths = [columns[name].shape[1] if columns[name].ndim > 1 else 1 for name in inputs]
    return np.repeat(np.arange(len(inputs)), widths)


def shares(inputs: tuple[str, ...], owner: NDArray[np.int64], gain: NDArray[np.float64]) -> dict[str, float]:
    """Return input -> its share of the importance, given each encoded column's."""
    total = np.bincount(owner, gain, minlength=len(inputs))
    return dict(zip(inputs, (total / max(float(total.sum()), 1e-12)).tolist(), strict=True))


def settings_of(spec: ModelSpec, classes: tuple[str, ...], seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters."""
    return {
        "objective": OBJECTIVES[spec.task],
        "num_leaves": 15,
        "learning_rate": 0.15,
        "min_data_in_leaf": 80,
        "cat_smooth": 20,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "seed": seed,
        "verbosity": -1,
        "max_bin": 127,
    } | ({"num_class": len(classes)} if classes else {})


def fit_boosting(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> BoostedModel:
    """Train one model on the given rows; the same input gives the same model."""
    import lightgbm as lgb

    classes: tuple[str, ...] = ()
    if spec.task == "multiclass":
        names, target = np.unique(target.astype(str), return_inverse=True)
        classes = tuple(str(name) for name in names)
    vocabulary, owner = learn_vocabulary(columns, spec.inputs), feature_owners(columns, spec.inputs)
    data = lgb.Dataset(
        encode(columns, spec.inputs, vocabulary),
        label=target,
        categorical_feature=[int(np.searchsorted(owner, spec.inputs.index(name))) for name in vocabulary],
        params={"verbosity": -1, "max_bin": 127},
    )
    booster = lgb.train(settings_of(spec, classes, seed), data, num_boost_round=spec.rounds)
    gain = booster.feature_importance("gain").astype(float)
    return BoostedModel(spec, booster, vocabulary, shares(spec.inputs, owner, gain), classes)
