"""How a KPI follows a model's outputs, learned on the baseline."""

import math
from dataclasses import replace

import numpy as np

from candidates.measures.clock import within
from schemas.evidence import FloatArray, ModelEvidence, Series, Symptom
from schemas.incident import SHARE_OF

CLOSELY = 0.6
"""Correlation from which the residual of a KPI says what of its change came otherwise."""
PREDICTED, CLEAR = "prediction_mean", 3.0
"""The output that a KPI is thought to follow; standard errors by which another one must have moved instead."""


def sides(series: Series, symptom: Symptom) -> tuple[FloatArray, FloatArray]:
    """Return a series' finite values in the symptom's baseline and window."""
    fine = np.isfinite(series.value)
    before = series.value[fine & within(series.ts, symptom.baseline)]
    return before, series.value[fine & within(series.ts, symptom.window)]


def series_strength(series: Series, symptom: Symptom) -> float:
    """Return how far a series' window median lies from its baseline, in robust baseline deviations, signed."""
    before, after = sides(series, symptom)
    if len(before) < 3 or not len(after):
        return 0.0
    centre = float(np.median(before))
    spread = 1.4826 * float(np.median(np.abs(before - centre)))
    floor = max(0.5 * float(before.std()), 1e-3 * abs(centre), 1e-12)
    return float((np.median(after) - centre) / max(spread, floor))


def mean_shift(series: Series, symptom: Symptom) -> float:
    """Return Welch's t of a series' window buckets against its baseline buckets, signed."""
    before, after = sides(series, symptom)
    if len(before) < 3 or not len(after):
        return 0.0
    spread = max(float(before.var(ddof=1)), 1e-18)
    error = math.sqrt(spread / len(before) + max(spread, float(after.var())) / len(after))
    return float((after.mean() - before.mean()) / error)


def correlation(kpi: Series, output: Series, symptom: Symptom) -> tuple[float, float]:
    """Return the correlation of two series over the baseline's shared buckets, and the regression's slope.

    Both are NaN when the baseline shows no relation beyond chance.
    """
    shared, at_kpi, at_output = np.intersect1d(kpi.ts, output.ts, return_indices=True)
    x, y = output.value[at_output], kpi.value[at_kpi]
    fine = np.isfinite(x) & np.isfinite(y) & within(shared, symptom.baseline)
    if fine.sum() < 10 or x[fine].std() < 1e-12 or y[fine].std() < 1e-12:
        return float("nan"), float("nan")
    r = float(np.corrcoef(x[fine], y[fine])[0, 1])
    if abs(r) * math.sqrt(fine.sum()) < 3:
        return float("nan"), float("nan")
    return r, r * float(y[fine].std() / x[fine].std())


def predicted_change(kpi: Series, output: Series, symptom: Symptom) -> float:
    """Return the KPI's change that an output's change predicts; NaN when the baseline shows no relation."""
    _, slope = correlation(kpi, output, symptom)
    before, after = sides(output, symptom)
    if not math.isfinite(slope) or not len(before) or not len(after):
        return float("nan")
    return slope * float(np.mean(after) - np.mean(before))


def most_predicted(kpi: Series, output: Series, symptom: Symptom) -> float:
    """Return the most that an output's change may predict of the KPI's; NaN when the baseline shows no relation.

    Both scatter by chance from bucket to bucket, which flattens a regression: the slope lies between that of the KPI on
    the output and the inverse of that of the output on the KPI, which is 1 / r^2 times as steep.

    References
    ----------
    Frisch, "Statistical confluence analysis by means of complete regression systems", Oslo 1934.
    """
    r, _ = correlation(kpi, output, symptom)
    return predicted_change(kpi, output, symptom) / r**2 if math.isfinite(r) else float("nan")


def passed_on(kpi: Series, output: Series, symptom: Symptom) -> float:
    """Return the share of a KPI's change, [0, 1], that came with an output, by what is left of it beside the output.

    Did the output not move but by chance, or does the KPI not move beside it? The odds are those of two normal
    deviates: by how many standard errors the output moved, and by how many the residual of the KPI's regression on it.
    A KPI that is computed from the answers scatters with them, and says more of them than their own scatter does.
    0 where the baseline shows no close relation.

    References
    ----------
    Li et al., "Causal inference-based root cause analysis for online service systems with intervention recognition",
    KDD 2022 (CIRCA: the residual of a regression on the parents).
    """
    r, slope = correlation(kpi, output, symptom)
    change = symptom.value - symptom.baseline_value
    if not abs(r) >= CLOSELY or not change:
        return 0.0
    share = predicted_change(kpi, output, symptom) / abs(r) / change
    left = [mean_shift(_beside(kpi, output, steep), symptom) for steep in (slope, slope / r**2)]
    least = 0.0 if left[0] * left[1] < 0 else min(map(abs, left))
    odds = (mean_shift(output, symptom) ** 2 - least**2) / 2
    return min(1.0, max(0.0, share)) / (1.0 + math.exp(min(-odds, 700.0)))


def _beside(kpi: Series, output: Series, slope: float) -> Series:
    shared, at_kpi, at_output = np.intersect1d(kpi.ts, output.ts, return_indices=True)
    return replace(kpi, ts=shared, value=kpi.value[at_kpi] - slope * output.value[at_output], n=kpi.n[at_kpi])


def followed_output(symptom: Symptom, model: ModelEvidence) -> str:
    """Return the output that the symptom's series followed best in the baseline.

    If it followed none, the mean prediction; or the output that moved with the symptom, where the predictions did not.
    """
    outputs = {metric: series for metric, series in sorted(model.outputs.items()) if metric != "rows"}
    related = {metric: abs(correlation(symptom.series, series, symptom)[0]) for metric, series in outputs.items()}
    told = {metric: r for metric, r in related.items() if math.isfinite(r)}
    named = {metric: r for metric, r in told.items() if not metric.startswith(SHARE_OF)}
    if told:
        best = max(told, key=lambda metric: told[metric])
        return best if best in named else max(named, key=lambda metric: named[metric], default=PREDICTED)
    own = {metric: series for metric, series in outputs.items() if not metric.startswith(SHARE_OF)}
    moved = {metric: _moved(series, symptom) for metric, series in own.items()}
    if not moved or moved.get(PREDICTED, 0.0) >= CLEAR or max(moved.values()) < CLEAR:
        return PREDICTED
    return max(moved, key=lambda metric: moved[metric])


def _moved(series: Series, symptom: Symptom) -> float:
    return min(abs(series_strength(series, symptom)), abs(mean_shift(series, symptom)))
