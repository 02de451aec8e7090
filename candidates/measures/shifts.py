"""How far a column's distribution moved against its own normal variation, and since when."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from candidates.measures.changepoint import change_point
from candidates.measures.clock import to_datetime, within
from candidates.measures.course import departure
from candidates.measures.distances import jensen_shannon, shares
from candidates.measures.holds import Hold, held_value
from schemas.evidence import ColumnProfile, FloatArray, Onset, Rows, Symptom

BLOCKS = 40
REAL = 0.05
MIN_BLOCK_ROWS = 100.0
HELD = 2.0
"""Strength of a value that is held as long as the longest one before; it grows with the time."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a column moved.

    Parameters
    ----------
    divergence
        Jensen-Shannon divergence between baseline and window, nats, null and out-of-range as bins.
    strength
        Divergence of the window's blocks from the baseline, in standard deviations of the
        baseline blocks' divergence from the other baseline blocks. Where the level left the column's
        own course (`course`), or a value is held (`holds`), that counts if it is clearer.
    before, after
        (B,) shares.
    onset
        Change point of the log-likelihood ratio of after against before; None when there is none. Of a value that is
        held: since it stood, and when it should have changed.
    held
        The value that stopped changing, if one did.
    """

    divergence: float
    strength: float
    before: FloatArray
    after: FloatArray
    onset: Onset | None
    held: Hold | None = None


def _blocks(counts: FloatArray, size: float) -> FloatArray:
    """Merge consecutive buckets (T, B) into blocks of at least about `size` rows, (K, B)."""
    rows = counts.sum(axis=1)
    if not len(rows) or rows.sum() <= 0:
        return counts[:0]
    number = np.minimum((np.cumsum(rows) - rows) // size, max(1.0, rows.sum() // size) - 1).astype(int)
    merged = np.zeros((int(number.max()) + 1, counts.shape[1]))
    np.add.at(merged, number, counts)
    return np.asarray(merged[merged.sum(axis=1) > 0])


def _strength(base: FloatArray, window: FloatArray, normal: FloatArray) -> float:
    """Return the robust z-score of the window blocks' divergence (see `Shift.strength`).

    `normal` are the blocks whose divergence from each other is the normal variation.
    """
    if not len(base) or not len(window):
        return 0.0
    p, total = shares(base.sum(axis=0)), normal.sum(axis=0)
    # The divergence of n rows of k bins from their own distribution has about this mean and spread
    # (2 n JS ~ chi-square / 4): no baseline is quieter than that.
    used = max(1, int((p > 0).sum()) - 1)
    rows = float(np.median(window.sum(axis=1)))
    noise = np.sqrt(2.0 * used) / (8.0 * max(rows, 1.0))
    after = float(np.median(jensen_shannon(p, shares(window))))
    if len(normal) >= 5:
        rest = shares(total - normal)
        usual = jensen_shannon(rest, shares(normal))
        centre = float(np.median(usual))
        noise = max(noise, 1.4826 * float(np.median(np.abs(usual - centre))))
    else:
        centre = used / (8.0 * max(rows, 1.0))
    return float(max(0.0, (after - centre) / noise))


def _onset(profile: ColumnProfile, before: FloatArray, after: FloatArray) -> Onset | None:
    weight = np.log((after + 1e-3) / (before + 1e-3))
    rows = profile.counts.sum(axis=1)
    value = np.divide(profile.counts @ weight, rows, out=np.full(len(rows), np.nan), where=rows > 0)
    found = change_point(value, rows)
    if found is None or found.p_value > REAL:
        return None
    moments: list[datetime] = [to_datetime(profile.ts[i]) for i in (found.index, found.low, found.high)]
    return Onset(at=moments[0], low=moments[1], high=moments[2])


def _since(hold: Hold, symptom: Symptom) -> Onset:
    """Return when a held value stopped: since it stands it might have, once it stood longer than ever it must have."""
    low, high = (to_datetime(moment) for moment in (hold.since, hold.since + hold.usual))
    return Onset(at=min(max(symptom.onset.at, low), high), low=low, high=high)


def measure_shift(profile: ColumnProfile, symptom: Symptom, rows: Rows | None = None) -> Shift:
    """Measure how a column's distribution moved between the symptom's baseline and window.

    With sampled `rows`, also whether one value is held far longer than ever before.

    With `symptom.reference_split` the baseline is the training and validation rows, and the
    window's own blocks give the normal variation.
    """
    in_window = within(profile.ts, symptom.window)
    size = max(MIN_BLOCK_ROWS, float(profile.counts.sum()) / BLOCKS)
    window = _blocks(profile.counts[in_window], size)
    if symptom.reference_split:
        before, base = profile.reference, profile.reference[None, :]
    else:
        before, base = profile.before, _blocks(profile.counts[within(profile.ts, symptom.baseline)], size)
    p, q = shares(before), shares(profile.after)
    if not (before.sum() > 0 and profile.after.sum() > 0):
        return Shift(divergence=0.0, strength=0.0, before=p, after=q, onset=None)
    strength = _strength(base, window, window if symptom.reference_split else base)
    hold = held_value(profile, rows) if not symptom.reference_split else None
    onset = None if symptom.reference_split else _onset(profile, p, q)
    return Shift(
        divergence=float(jensen_shannon(p, q)),
        strength=max(strength, departure(profile, symptom), HELD * hold.longer if hold else 0.0),
        before=p,
        after=q,
        onset=_since(hold, symptom) if hold else onset,
        held=hold,
    )
