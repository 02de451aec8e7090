"""Train a domain's two models, for real, with LightGBM's native API on one thread."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns, Domain, ModelSpec
from rca.demo.table import is_text, take

RARE = 30
"""A category seen in fewer training rows is not in a model's vocabulary."""


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: its booster, and the vocabulary by which it reads text columns."""

    spec: ModelSpec
    booster: Any
    vocabulary: dict[str, list[str]]
    gain: dict[str, float]

    def predict(self, columns: Columns) -> NDArray[np.float64]:
        """Return the probability (binary) or the value (regression), shape (N,)."""
        scores = self.booster.predict(encode(columns, self.spec.inputs, self.vocabulary), num_threads=1)
        return np.asarray(scores, dtype=float)


@dataclass(frozen=True, slots=True)
class Cascade:
    """Two trained models, the rows the downstream was trained on, rows of that time held out, and rows to serve."""

    domain: Domain
    upstream: Model
    downstream: Model
    trained_on: Columns
    validation: Columns
    pool: Columns

    @property
    def pool_size(self) -> int:
        """Return the number of rows that can be served."""
        return len(next(iter(self.pool.values())))

    def importance(self, column: str) -> float:
        """Return the share of the downstream model's gain that a column carries, directly or by the cascade."""
        through = self.downstream.gain.get(self.domain.output, 0.0)
        return self.downstream.gain.get(column, 0.0) + through * self.upstream.gain.get(column, 0.0)


def encode(columns: Columns, inputs: tuple[str, ...], vocabulary: dict[str, list[str]]) -> NDArray[np.float64]:
    """Return the (N, F) matrix that the booster reads; null and unseen categories are NaN."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

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


def learn_vocabulary(columns: Columns, inputs: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the categories of every text input that are frequent enough to learn from."""
    vocabulary = {}
    for name in inputs:
        if is_text(columns[name]):
            known = columns[name][[value is not None for value in columns[name]]].astype(str)
            texts, counts = np.unique(known, return_counts=True)
            vocabulary[name] = [str(text) for text in texts[counts >= RARE]]
    return vocabulary


def fit(spec: ModelSpec, columns: Columns, target: NDArray[np.float64], seed: int) -> Model:
    """Train one model on the given rows; the same input gives the same model."""
    import lightgbm as lgb

    vocabulary = learn_vocabulary(columns, spec.inputs)
    data = lgb.Dataset(
        encode(columns, spec.inputs, vocabulary),
        label=target,
        feature_name=list(spec.inputs),
        categorical_feature=[spec.inputs.index(name) for name in vocabulary],
        params={"verbosity": -1, "max_bin": 127},
    )
    settings = {
        "objective": spec.task,
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
    }
    booster = lgb.train(settings, data, num_boost_round=spec.rounds)
    gain = booster.feature_importance("gain").astype(float)
    shares = gain / max(float(gain.sum()), 1e-12)
    return Model(spec, booster, vocabulary, dict(zip(spec.inputs, shares.tolist(), strict=True)))


def train(domain: Domain, seed: int = 0, most: int = 30_000) -> Cascade:
    """Train the cascade: the upstream on one half of the training rows, the downstream on the other.

    Parameters
    ----------
    most
        At most so many training rows are used.
    """
    columns = domain.load()
    rng = np.random.default_rng([seed, 1])
    n = len(next(iter(columns.values())))
    order = np.arange(n) if domain.in_order else rng.permutation(n)
    n_train = int(n * domain.train_share)
    training = rng.permutation(order[:n_train])[:most]
    half = len(training) // 2
    first, second = take(columns, training[:half]), take(columns, training[half:])
    upstream = fit(domain.upstream, first, first[domain.upstream.target], seed)
    second[domain.output] = upstream.predict(second)
    held_out = len(training) // 10
    validation, fitted = take(second, np.arange(held_out)), take(second, np.arange(held_out, len(training) - half))
    downstream = fit(domain.downstream, fitted, fitted[domain.downstream.target], seed)
    return Cascade(domain, upstream, downstream, fitted, validation, take(columns, order[n_train:]))


def retrain(model: Model, columns: Columns, target: NDArray[np.float64], seed: int) -> Model:
    """Return a new model of the same kind, trained on other rows."""
    return replace(fit(model.spec, columns, target, seed), spec=model.spec)
