"""When the reported figure changed, by the plainest means; the logs before and after."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.files import Files, as_times, filled, quoted

BINS = 80
FEWEST = 3
CLEAR = 4.0
"""Standard errors between the means on both sides from which there was a change at all."""

DAY = np.timedelta64(1, "D")
PROBABILITY = {"binary"}


@dataclass(frozen=True)
class Windows:
    """SQL conditions for the healthy rows of a log and for those since the onset (None: never healthy)."""

    onset: np.datetime64 | None
    before: str
    after: str


def per_row(files: Files, node: str, metric: str) -> str:
    """Return SQL for a row's part of a model's metric; errors stand for the metrics that are made of them."""
    task, threshold = files.nodes[node].get("task", "binary"), files.nodes[node].get("threshold", 0.5)
    prediction, label = "TRY_CAST(prediction AS DOUBLE)", "TRY_CAST(label AS DOUBLE)"
    if metric == "null_rate":
        return " + ".join(f"({quoted(name)} IS NULL)::INT" for name in files.inputs(node))
    if task == "multiclass":
        return "(CAST(prediction AS VARCHAR) <> CAST(label AS VARCHAR))::INT"
    return {
        "prediction_mean": prediction,
        "positive_rate": f"({prediction} >= {threshold})::INT",
        "bias": f"{prediction} - {label}",
    }.get(metric, f"abs({prediction} - {label})")


def symptom(files: Files) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return times and values, (N,), whose mean over a stretch is the reported figure or stands for it."""
    node, metric = files.incident["node"], files.incident["metric"]
    if node not in files.models:
        return files.series(node, metric)
    live = "WHERE coalesce(split, 'production') = 'production'" if "split" in files.columns(node) else ""
    query = f"SELECT ts, {per_row(files, node, metric)} AS value FROM {files.logs(node)} {live} ORDER BY ts"
    found = files.connection.execute(query).fetchnumpy()
    return as_times(found["ts"]), filled(found["value"])


def binned(
    ts: NDArray[np.datetime64], value: NDArray[np.float64]
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return the starts of equal stretches of time, (B,), and the mean in each; empty ones are left out."""
    known = np.isfinite(value)
    ts, value = ts[known], value[known]
    if not ts.size:
        return ts, value
    width = max((ts.max() - ts.min()) / BINS, np.timedelta64(1, "us"))
    place = np.minimum(((ts - ts.min()) / width).astype(int), BINS - 1)
    n = np.bincount(place, minlength=BINS)
    total = np.bincount(place, weights=value, minlength=BINS)
    full = n > 0
    return (ts.min() + np.arange(BINS) * width)[full], total[full] / n[full]


def best_split(values: NDArray[np.float64]) -> tuple[int, float]:
    """Return where the means before and after differ most, and by how many standard errors; 0 for too few."""
    n = values.size
    cuts = np.arange(FEWEST, n - FEWEST + 1)
    if not cuts.size:
        return 0, 0.0
    total, square = np.cumsum(values), np.cumsum(values**2)
    left, right = total[cuts - 1] / cuts, (total[-1] - total[cuts - 1]) / (n - cuts)
    within = square[-1] - cuts * left**2 - (n - cuts) * right**2
    error = np.sqrt(np.maximum(within, 1e-12) / max(n - 2, 1) * (1 / cuts + 1 / (n - cuts)))
    t = np.abs(right - left) / error
    return int(cuts[t.argmax()]), float(t.max())


@lru_cache(maxsize=8)
def onset_of(files: Files) -> np.datetime64 | None:
    """Return since when the reported figure is other than before; None when it always was so."""
    starts, values = binned(*symptom(files))
    cut, t = best_split(values)
    return np.datetime64(starts[cut], "us") if t >= CLEAR else None


def windows(files: Files, node: str) -> Windows:
    """Return a log's rows before and after the onset; training rows stand for a healthy time that never was."""
    onset, splits = onset_of(files), "split" in files.columns(node)
    live = "coalesce(split, 'production') = 'production'" if splits else "true"
    if onset is None and splits:
        trained = f"SELECT count(*) FROM {files.logs(node)} WHERE NOT ({live})"
        if (files.connection.execute(trained).fetchone() or (0,))[0]:
            return Windows(None, f"NOT ({live})", live)
    cut = onset if onset is not None else files.detected - 3 * DAY
    return Windows(onset, f"{live} AND ts < TIMESTAMP '{cut}'", f"{live} AND ts >= TIMESTAMP '{cut}'")
