"""How large is a regression model's error where no labels are known? Direct loss estimation (DLE).

A second model, the nanny, learns the size of the first one's error from its inputs and its prediction, on labelled
rows of the baseline. Where the window's inputs lie among those on which the model errs more, the estimate rises.

It misleads under **concept drift** (the labels of the window are not looked at, so an error that grew for the same
inputs cannot show), for inputs that the baseline never saw, and when fitted on rows of training. Where the error has
the same size everywhere the estimate rightly stays. This nanny is additive (the surrogate): an error that is large
only for certain combinations of inputs is spread over their parts.

References
----------
NannyML, "Estimation of performance of the monitored model" (documentation, "How it works"), section on direct loss
estimation; their nanny is a gradient booster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from candidates.measures.surrogate import Surrogate, fit_surrogate
from schemas.evidence import FloatArray, IntArray

PREDICTION_BINS = 20
Loss = Literal["absolute", "squared"]


@dataclass(frozen=True, slots=True)
class Nanny:
    """A fitted model of the error's size.

    Parameters
    ----------
    surrogate
        The additive model, over the monitored model's columns and then its prediction.
    edges
        Inner edges of the prediction's bins.
    loss
        `absolute` or `squared` error.
    """

    surrogate: Surrogate
    edges: FloatArray
    loss: Loss

    def per_row(self, index: IntArray, prediction: FloatArray) -> FloatArray:
        """Return the expected loss of each row (N,), in the label's unit or its square.

        Parameters
        ----------
        index
            (N, C) bins of the model's inputs, as at the fit.
        prediction
            (N,) finite.
        """
        return self.surrogate.predict(_with_prediction(index, prediction, self.edges, int(self.surrogate.start[-2])))

    def metric(self, index: IntArray, prediction: FloatArray) -> float:
        """Return the expected MAE (`absolute`) or RMSE (`squared`), in the label's unit; NaN without rows."""
        if not len(prediction):
            return float("nan")
        mean = max(float(self.per_row(index, prediction).mean()), 0.0)
        return mean if self.loss == "absolute" else mean**0.5


def fit_nanny(
    index: IntArray,
    start: IntArray,
    columns: Sequence[str],
    prediction: FloatArray,
    label: FloatArray,
    *,
    loss: Loss = "absolute",
) -> Nanny:
    """Fit the nanny on labelled rows that the monitored model was not trained on.

    Parameters
    ----------
    index, start, columns
        From `surrogate.feature_index`: (N, C), (C + 1,), C names.
    prediction, label
        (N,) finite.
    loss
        `absolute` for the MAE, `squared` for the RMSE.

    Raises
    ------
    ValueError
        When a prediction or label is not finite, or there are no rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noisy = rng.integers(0, 2, 4000)  # the error is three times as large where 1
    >>> prediction = rng.normal(size=4000)
    >>> label = prediction + rng.normal(size=4000) * (1 + 2 * noisy)
    >>> nanny = fit_nanny(noisy[:, None], np.array([0, 2]), ["noisy"], prediction, label)
    >>> [round(nanny.metric(np.full((100, 1), k), prediction[:100]), 1) for k in (0, 1)]
    [0.8, 2.4]
    """
    if not len(label) or not (np.isfinite(prediction) & np.isfinite(label)).all():
        raise ValueError("a nanny needs rows with finite predictions and labels; leave the others out first")
    edges = np.unique(np.quantile(prediction, np.arange(1, PREDICTION_BINS) / PREDICTION_BINS))
    apart = np.abs(prediction - label)
    surrogate = fit_surrogate(
        _with_prediction(index, prediction, edges, int(start[-1])),
        np.append(start, start[-1] + len(edges) + 1),
        [*columns, "prediction"],
        apart if loss == "absolute" else apart**2,
        np.zeros(len(label), dtype=bool),
    )
    return Nanny(surrogate, edges, loss)


def _with_prediction(index: IntArray, prediction: FloatArray, edges: FloatArray, first: int) -> IntArray:
    place = np.searchsorted(edges, prediction, side="right") + first
    return np.concatenate([index, place[:, None]], axis=1)
