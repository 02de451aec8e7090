"""Which calibration serves best with few labels: ours, or a map of the first cause's probability by itself.

Each is fitted on confidences of incidents that the trees did not see, and judged on the incidents asked about.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranker.curve import Split
from rankers.calibration import Calibration, calibrate, sets_of
from rankers.fit import learn
from rankers.labelled import Labelled
from rankers.model import Model
from rankers.quality import expected_calibration_error, outcome_of
from rankers.supervised import corrections, probabilities

Numbers = NDArray[np.float64]
Map = Callable[[Numbers], Numbers]
SIZES = (20, 50, 100, 300, 500)
SURE = 1e-4


def _logit(p: Numbers) -> Numbers:
    p = np.clip(p, SURE, 1 - SURE)
    return np.asarray(np.log(p / (1 - p)))


def none(_: Numbers, __: NDArray[np.bool_]) -> Map:
    """Return confidences as they are."""
    return lambda p: p


def isotonic(confidence: Numbers, right: NDArray[np.bool_]) -> Map:
    """Return isotonic regression (Zadrozny and Elkan 2002)."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - slow to import

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(confidence, right.astype(float))
    return lambda p: np.asarray(fitted.predict(p))


def _logistic(columns: Callable[[Numbers], Numbers]) -> Callable[[Numbers, NDArray[np.bool_]], Map]:
    def fitted(confidence: Numbers, right: NDArray[np.bool_]) -> Map:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

        if right.all() or not right.any():
            return none(confidence, right)
        model = LogisticRegression(C=10.0).fit(columns(confidence), right)
        return lambda p: np.asarray(model.predict_proba(columns(p))[:, 1])

    return fitted


def _beta_columns(p: Numbers) -> Numbers:
    p = np.clip(p, SURE, 1 - SURE)
    return np.column_stack([np.log(p), -np.log(1 - p)])


def venn_abers(confidence: Numbers, right: NDArray[np.bool_]) -> Map:
    """Return inductive Venn-Abers (Vovk and Petej 2014): isotonic with the new incident right, and wrong; merged."""

    def mapped(p: Numbers) -> Numbers:
        out = np.empty(len(p))
        for place, one in enumerate(p):
            both = [
                isotonic(np.append(confidence, one), np.append(right, said))(np.array([one]))[0]
                for said in (False, True)
            ]
            out[place] = both[1] / (1 - both[0] + both[1])
        return out

    return mapped


MAPS = {
    "none": none,
    "Platt": _logistic(lambda p: _logit(p)[:, None]),
    "beta": _logistic(_beta_columns),
    "isotonic": isotonic,
    "Venn-Abers": venn_abers,
}


def _firsts(
    incidents: list[Labelled], added: list[Numbers], calibration: Calibration
) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the first cause's confidence of each incident, and whether it is right."""
    found = []
    for each, more in zip(incidents, added, strict=True):
        p, nothing = probabilities(each.slate, more, calibration.sharpness, calibration.none_shift)
        found.append(outcome_of(each, p, nothing))
    return np.array([f.confidence for f in found]), np.array([f.first for f in found], dtype=bool)


def compared(parts: Split, start: Model, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Return a row per number of labels and calibration: ECE and Brier score on the incidents asked about."""
    asked = [case.truth() for case in parts.asked]
    rows = []
    for size in sizes:
        seen = learn([case.truth() for case in parts.labelled(size)], start, version="bench", seed=parts.seed)
        labels, known = list(seen.incidents), list(seen.left_out)
        added = [corrections(seen.model, each.slate) for each in asked]
        plain = Calibration()
        confidence, right = _firsts(labels, known, plain)
        asked_confidence, asked_right = _firsts(asked, added, plain)
        answers = {name: make(confidence, right)(asked_confidence) for name, make in MAPS.items()}
        answers["log-odds"] = _firsts(asked, added, calibrate(sets_of(labels, known)))[0]
        rows += [
            {
                "seed": parts.seed,
                "size": size,
                "calibration": name,
                "ece": expected_calibration_error(np.clip(p, 0.0, 1.0), asked_right),
                "brier": float(np.mean((p - asked_right) ** 2)),
            }
            for name, p in answers.items()
        ]
    return rows
