"""Models besides LightGBM: they learn, repeat exactly, read what is missing, and some can forget."""

import numpy as np
import pytest

from benchmarks.incidents.models import fine_tune, fit_embedder, fit_forest, fit_histgb, fit_linear, fit_sequential
from rca.demo.cascade import retrain
from rca.demo.domain import ModelSpec
from rca.demo.quality import METRICS
from rca.demo.table import take

INPUTS = ("size", "colour", "vector", "noise")
TABULAR = [fit_forest, fit_histgb, fit_linear]


def rows(seed: int = 0, n: int = 1500):
    rng = np.random.default_rng(seed)
    columns = {
        "size": rng.normal(size=n),
        "colour": rng.choice(["red", "blue", "green"], n).astype(object),
        "vector": rng.normal(size=(n, 2)),
        "noise": rng.normal(size=n),
    }
    value = 2 * columns["size"] + 3 * (columns["colour"] == "red") + columns["vector"][:, 0]
    columns["value"] = value
    columns["yes"] = (value > 1).astype(float)
    columns["kind"] = np.array(["low", "middle", "top"], dtype=object)[np.searchsorted([0.0, 2.0], value)]
    return columns


def spec(task: str, learner) -> ModelSpec:
    target = {"binary": "yes", "regression": "value", "multiclass": "kind"}[task]
    return ModelSpec("m", task, target, INPUTS, "a", rounds=30, learner=learner)


@pytest.mark.parametrize("learner", TABULAR)
@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_it_learns_and_repeats_exactly(learner, task) -> None:
    train, test = rows(), rows(1)
    wanted = spec(task, learner)
    model, again = (learner(wanted, train, train[wanted.target], 3) for _ in range(2))
    answer = model.predict(test)
    assert (answer == again.predict(test)).all()
    if task == "multiclass":
        assert model.classes == ("low", "middle", "top")
        assert np.allclose(answer.sum(axis=1), 1)
        assert (np.array(model.classes)[answer.argmax(axis=1)] == test["kind"]).mean() > 0.75
    else:
        assert np.corrcoef(answer, test["value"])[0, 1] > 0.75
    assert sum(model.gain.values()) == pytest.approx(1)
    assert min(model.gain, key=model.gain.__getitem__) == "noise"


@pytest.mark.parametrize("learner", TABULAR)
def test_nulls_and_unknown_categories_get_an_answer(learner) -> None:
    train = rows()
    model = learner(spec("binary", learner), train, train["yes"], 0)
    broken = take(train, np.arange(5))
    broken["size"][:2], broken["vector"][2], broken["colour"][3:] = np.nan, np.nan, None
    broken["colour"][0] = "unheard of"
    assert np.isfinite(model.predict(broken)).all()


def test_retraining_keeps_the_kind_and_learns_from_the_other_rows() -> None:
    train = rows()
    model = fit_linear(spec("binary", fit_linear), train, train["yes"], 0)
    other = retrain(model, train, 1 - train["yes"], 0)
    assert type(other) is type(model)
    assert np.corrcoef(other.predict(train), model.predict(train))[0, 1] < -0.9


def reviews(n: int = 900):
    rng = np.random.default_rng(5)
    domain = rng.choice(["films", "food"], n, p=[0.6, 0.4]).astype(object)
    praise = (rng.random(n) < 0.5).astype(float)
    words = {
        ("films", 1): "moving brilliant cold", ("films", 0): "boring dull warm",
        ("food", 1): "fresh tasty warm", ("food", 0): "stale bland cold",
    }  # fmt: skip
    said = [rng.choice(words[place, int(good)].split(), 3) for place, good in zip(domain, praise, strict=True)]
    return {
        "text": np.array([" ".join(one) for one in said], dtype=object),
        "words": np.full(n, 3.0),
        "domain": domain,
        "praise": praise,
    }


def test_an_embedding_keeps_what_tells_the_classes_apart() -> None:
    columns = reviews()
    model = fit_embedder(ModelSpec("e", "embedding", "praise", ("text",), "a"), columns, columns["praise"], 0)
    vectors = model.predict(columns)
    assert vectors.shape == (900, 16)
    lost = replace_text(columns, None)
    assert np.isfinite(model.predict(lost)).all()
    wanted = ModelSpec("c", "binary", "praise", ("embedding",), "a", learner=fit_linear)
    reader = fit_linear(wanted, columns | {"embedding": vectors}, columns["praise"], 0)
    assert METRICS["auc"](reader.predict({"embedding": vectors}), columns["praise"], 0.5) > 0.95


def replace_text(columns, text):
    return columns | {"text": np.full(len(columns["text"]), text, dtype=object)}


def test_fine_tuning_on_one_domain_forgets_the_other() -> None:
    columns = reviews()
    wanted = ModelSpec("t", "binary", "praise", ("text", "words"), "a", learner=fit_sequential)
    model = fit_sequential(wanted, columns, columns["praise"], 0)
    food = columns["domain"] == "food"
    tuned = fine_tune(model, take(columns, food), columns["praise"][food], 0, passes=30)

    def loss(version, where):
        return METRICS["logloss"](version.predict(take(columns, where)), columns["praise"][where], 0.5)

    assert loss(tuned, food) <= loss(model, food)
    assert loss(tuned, ~food) > loss(model, ~food)
    again = fit_sequential(wanted, columns, columns["praise"], 0)
    assert (model.predict(columns) == again.predict(columns)).all()
