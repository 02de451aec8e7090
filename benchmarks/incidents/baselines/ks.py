"""Rank the columns by the Kolmogorov-Smirnov statistic; categories by the largest change of a share."""

import numpy as np

from benchmarks.incidents.baselines.samples import COLUMN_FAMILIES, Sample, all_samples, best, ranking, shares
from benchmarks.incidents.files import Files

FAMILIES = COLUMN_FAMILIES


def ks(sample: Sample) -> float:
    """Return the largest distance of the two distributions, nulls left out as is usual; 1 if no value is left."""
    before, after = sample.known
    if not after.any():
        return 1.0
    if not sample.numeric:
        p, q = shares(sample)
        return float(np.abs(q - p)[:-1].max())
    old, new = np.sort(sample.before[before].astype(float)), np.sort(sample.after[after].astype(float))
    points = np.concatenate([old, new])
    at = [np.searchsorted(part, points, side="right") / part.size for part in (old, new)]
    return float(np.abs(at[0] - at[1]).max())


def answer(files: Files) -> list[dict[str, object]]:
    """Return the columns, the one that moved most first."""
    return ranking(best((sample, ks(sample)) for sample in all_samples(files)))
