"""Rank the columns by how many days alert of drift, as NannyML's alert count ranker does: our own version.

Jensen-Shannon distance of each day to the healthy rows, an alert from NannyML's default threshold on,
equal counts in alphabetical order. `alerts_of_nannyml.py` asks NannyML itself.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.baselines.samples import COLUMN_FAMILIES, Sample, best, ranking, samples_of, shares
from benchmarks.incidents.baselines.windows import DAY, Windows, windows
from benchmarks.incidents.files import Files, as_times

THRESHOLD = 0.1
FAMILIES = COLUMN_FAMILIES


def distance(sample: Sample) -> float:
    """Return the Jensen-Shannon distance, base 2: the root of the divergence, in [0, 1]; nulls left out."""
    p, q = (share[:-1] / max(share[:-1].sum(), 1e-12) for share in shares(sample))
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(part > 0, part * np.log2(part / middle), 0.0).sum() for part in (p, q)]
    return float(np.sqrt(max(sum(parts) / 2, 0.0)))


def day_of(files: Files, node: str, window: Windows) -> NDArray[np.int64]:
    """Return the day since the onset of each row after it, (M,)."""
    found = files.connection.execute(f"SELECT ts FROM {files.logs(node)} WHERE {window.after}").fetchnumpy()
    ts = as_times(found["ts"])
    return np.asarray((ts - ts.min()) // DAY if ts.size else ts, dtype=np.int64)


def alerts(files: Files, node: str) -> Iterator[tuple[Sample, float]]:
    """Yield a model's columns with the number of days that alert."""
    window = windows(files, node)
    day = day_of(files, node, window)
    for sample in samples_of(files, node, window):
        each = (replace(sample, after=sample.after[day == one]) for one in np.unique(day))
        yield sample, float(sum(distance(one) > THRESHOLD for one in each))


def answer(files: Files) -> list[dict[str, object]]:
    """Return the columns, the one with most alerts first."""
    return ranking(best(one for node in files.models for one in alerts(files, node)))
