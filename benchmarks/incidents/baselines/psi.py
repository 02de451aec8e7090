"""Rank the columns by their population stability index (Siddiqi, Credit Risk Scorecards, 2006)."""

import numpy as np

from benchmarks.incidents.baselines.samples import COLUMN_FAMILIES, Sample, all_samples, best, ranking, shares
from benchmarks.incidents.files import Files

FLOOR = 1e-4
FAMILIES = COLUMN_FAMILIES


def psi(sample: Sample) -> float:
    """Return the index: the sum over the bins of (q - p) ln(q / p), empty bins given a small share."""
    p, q = (np.maximum(share, FLOOR) for share in shares(sample))
    return float(((q - p) * np.log(q / p)).sum())


def answer(files: Files) -> list[dict[str, object]]:
    """Return the columns, the one that moved most first."""
    return ranking(best((sample, psi(sample)) for sample in all_samples(files)))
