"""Whether a column holds its old values times a factor, in all or some of the rows: the outcomes tell.

A factor leaves the old distribution behind, rescaled; so may a population that moved. Of the two, only the factor
leaves the outcomes where they belong to the values before it. What the outcomes are short of what the values say is
held against what it would be if the values were put back: the slope of that is 1 of another unit, 0 of true values.

References
----------
Lipton, Wang and Smola, "Detecting and correcting for label shift with black box predictors", ICML 2018 (the outcomes
as a witness of the inputs' shift).
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.borne_out import borne_out
from candidates.measures.followed import Followed, StandIn, rightness, told_outcomes
from candidates.measures.outcome import labelled
from candidates.measures.resolution import PLACES, on_grid
from candidates.measures.signatures import KNOWN_FACTORS, Signature, factor_words, ratios
from schemas.evidence import BoolArray, Evidence, FloatArray, IntArray, Onset

FEWEST, VALUES = 100, 20
"""Rows of a side, and different values, from which distributions are compared."""
MOVED, CHANCE = 3.0, 1.3
"""How far the distribution must have moved, and how far it may remain, in units of chance."""
LEFT = 0.15
"""Part of the move that a unit's factor may leave instead, and that any other factor may leave at most."""
SOME, ALL = 0.1, 0.9
"""Share of rescaled rows from which they are told, and from which they are all rows."""
CLEAR = 5.0
"""Standard errors that the slope must lie from 0."""
LOW, HIGH = 0.6, 1.4
"""Range in which the slope is as good as 1."""
UNITS = (*KNOWN_FACTORS, *(1 / k for k in KNOWN_FACTORS))
FAR = 3.0
"""Factor, either way, from which values of the same quantity seldom move all together."""
SURE, EITHER = 0.95, 0.3
"""How specific the sign is; the same where all values may as well have risen or fallen, and the outcomes go by how
each stands among those of its day."""
REWRITTEN = 0.5
"""Change of the share of values with at most so many decimal places from which they were calculated anew."""


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """A factor that leads from the old values to `share` of the new ones; what the outcomes say of it.

    Parameters
    ----------
    left
        Largest distance between the cumulative distributions that the factor leaves, in units of chance.
    slope, error
        1 where the outcomes belong to the values before the factor, 0 where to the values as they stand; and its
        standard error.
    rewritten
        Whether the new values have other decimal places than the old ones, as calculated ones do and true ones do not.
    """

    factor: float
    share: float
    left: float
    slope: float
    error: float
    rewritten: bool

    @property
    def told(self) -> bool:
        """Return whether the outcomes belong to the values before the factor."""
        return LOW < self.slope < HIGH and self.slope > CLEAR * self.error

    @property
    def either(self) -> bool:
        """Return whether true values would look the same: all rose or fell by a moderate factor that is no unit's.

        Of prices that rise, outcomes that hang on which are dear today belong to the old prices as well.
        """
        moderate = self.share >= ALL and 1 / FAR < self.factor < FAR
        return moderate and not self.rewritten and (self.factor not in UNITS or self.left > CHANCE)

    @property
    def followed(self) -> Followed | None:
        """Return how far the outcomes went with the values as they stand, of all that leads there from the old ones.

        None where they do not say whether these are true.
        """
        return None if self.either else Followed(1.0 - self.slope, self.error)

    @property
    def sign(self) -> Signature:
        """Return the sign of wrong values."""
        some = "the values are" if self.share >= ALL else f"{self.share:.0%} of the values are"
        told = ": another unit, or true values of which only order counts" if self.either else ", by their outcomes,"
        words = f"{some} {factor_words(self.factor)} what they were{told}"
        return Signature("unit_change", EITHER if self.either else SURE, self.share, words, doubtful=self.either)


def other_unit(evidence: Evidence, node: str, key: str, onset: Onset | None) -> OtherUnit | None:
    """Return the factor that explains a column's new values and their outcomes best; None where there is none.

    Parameters
    ----------
    key
        The column's name among the model's profiles.
    onset
        Since when the column moved: earlier rows of the window hold the old values.
    """
    rows = evidence.models[node].rows
    if evidence.models[node].columns[key].column in borne_out(evidence, node):
        return None  # rows were chosen otherwise
    if rows is None or key not in rows.values or evidence.models[node].columns[key].kind != "numeric":
        return None
    values, late = rows.values[key], rows.after
    if onset is not None:
        late = late & (rows.ts >= np.datetime64(onset.high.replace(tzinfo=None)))
    old, new = (values[side & np.isfinite(values)] for side in (~rows.after, late))
    if min(len(old), len(new)) < FEWEST or len(np.unique(old)) < VALUES:
        return None
    fits = _fitting(np.sort(old), new)
    anew = _rewritten(old, new)
    chosen = labelled(rows)
    since = late[chosen][rows.after[chosen]]
    now, was = values[chosen][rows.after[chosen]], values[chosen][~rows.after[chosen]]
    found = []
    for told in told_outcomes(evidence, node) if fits else ():
        if key in told.keys:
            side = _Column(told, key, was, now, since)
            found += [unit for fit in fits if (unit := side.asked(*fit, anew)) is not None]
    return max((unit for unit in found if unit.told), key=lambda u: (u.slope / u.error, u.share), default=None)


def _rewritten(old: FloatArray, new: FloatArray) -> bool:
    """Return whether values have other decimal places than before: a true price still ends in a cent."""
    return any(abs(on_grid(old, n).mean() - on_grid(new, n).mean()) > REWRITTEN for n in range(PLACES))


def _fitting(old: FloatArray, new: FloatArray) -> list[tuple[float, float, float]]:
    """Return the factors, with the share of rescaled rows and what they leave, that explain how values moved.

    The share s of rescaled rows solves F_new = (1 - s) F_old(x) + s F_old(x / k) by least squares.
    """
    grid = np.quantile(np.concatenate([old, new]), np.linspace(0.005, 0.995, 200))
    was = np.searchsorted(old, grid, side="right") / len(old)
    move = np.searchsorted(np.sort(new), grid, side="right") / len(new) - was
    chance, apart = float(np.sqrt(1 / len(old) + 1 / len(new))), float(np.abs(move).max())
    if apart < MOVED * chance:
        return []
    fits = []
    for factor in (*UNITS, *ratios(old, new)):
        step = np.searchsorted(old, grid / factor, side="right") / len(old) - was
        share = float(np.clip(step @ move / max(float(step @ step), 1e-12), 0, 1))
        left = float(np.abs(move - share * step).max())
        unit = factor in UNITS
        most = max(CHANCE * chance, LEFT * apart) if unit else min(CHANCE * chance, LEFT * apart)
        if left <= most and share >= (SOME if unit else ALL):
            fits.append((factor, share, left / chance))
    return fits


class _Column:
    """A column's rows with outcomes: what its values say of these as they stand, and put back."""

    def __init__(self, told: StandIn, key: str, was: FloatArray, now: FloatArray, since: BoolArray) -> None:
        place = told.keys.index(key)
        start, end = (int(x) for x in told.fit.start[place : place + 2])
        self.was, self.now, self.since = was, now, since & np.isfinite(now)
        self.base, self.own = (side.index[:, place] - start for side in (told.base, told.window))
        self.told, self.raw = told, told.effect[start:end]
        self.right, self.slack = rightness(told, self.base, self.raw)

    def asked(self, factor: float, share: float, left: float, rewritten: bool) -> OtherUnit | None:
        """Return the unit with what the outcomes say of it."""
        if self.right <= 0 or self.slack > 1 / CLEAR:
            return None
        fine = np.isfinite(self.was)
        order = np.argsort(self.was[fine], kind="stable")
        known, places = self.was[fine][order], self.base[fine][order]

        def bins(values: FloatArray) -> IntArray:
            return np.asarray(places[np.clip(np.searchsorted(known, values), 0, len(known) - 1)])

        own, effect = self.own[self.since], self.right * self.raw
        residual = self.told.window.residual[self.since] + (1 - self.right) * self.raw[own]
        back = effect[bins(self.now[self.since] / factor)] - effect[own]
        if share < ALL:
            size = len(effect)
            stay, moved = (np.bincount(bins(v), minlength=size) / len(known) for v in (known, known * factor))
            part = share * moved / np.maximum((1 - share) * stay + share * moved, 1e-12)
            back = back * part[bins(self.now[self.since])][:, None]
        square = float((back**2).sum())
        if square <= 0:
            return None
        slope = float((residual * back).sum()) / square
        error = np.hypot(self.told.error / np.sqrt(square), self.slack)
        return OtherUnit(factor, share, left, slope, float(error), rewritten)
