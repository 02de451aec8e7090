"""The kinds of trouble a column can show: signatures of wrong values and of changed encodings.

A signature has a mechanism and a specificity in [0, 1]: how unmistakable it is. It says nothing of
whether the column matters; that is the diagnosis.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.distances import kolmogorov_smirnov, shares
from candidates.measures.holds import held_value, takes_turns
from candidates.measures.piled_up import piled_up
from candidates.measures.resolution import coarser
from schemas.evidence import ColumnProfile, FloatArray, Rows

KNOWN_FACTORS = (10.0, 100.0, 1000.0, 1e6, 60.0, 3600.0, 24.0, 7.0, 12.0, 1.609344, 2.204623, 2.54, 25.4, 3.28084)
"""Ratios of units people confuse: decimal prefixes, cents, percent, time, miles, pounds, inches, feet."""

EXACT, ALIKE = 0.15, 1.36
"""Part of the distance of two distributions that a factor in some rows may leave; what it may leave in all rows, in
units of chance (of the Kolmogorov-Smirnov statistic in one of twenty)."""
ALL, FAR, NEAR_LEFT = 0.9, 5.0, 0.08
"""Share of rows that is as good as all; factor from which no population moves so by itself; part of the distance that
a smaller one may leave."""
MIN_SHARE = 0.01
ZEROS = 0.3
"""Share of zeros from which a number is mostly none of something."""
ROUNDED = 0.9
MANY = 100.0
"""Times from which their number says nothing more."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A mechanism, how sure its sign is, the share of rows it touches, and a clause for a sentence.

    `doubtful`: whether a population may well have moved there.
    """

    mechanism: str
    specificity: float
    touched: float
    words: str
    doubtful: bool = False


MOST_BEYOND, NEARBY, JUST = 0.7, 0.35, 0.6
"""Part of the values beyond the range that is one exact value where that stands for a missing one; part of the range
within which values lie just beyond it, and the factor of the sign then: a population may well have moved there."""
TILTED, NEAR, GROWN = 0.5, 2, 1.5
"""Factor of the sign where the values tilted; ranges next to an end; how much more than others they must grow."""


def _role_share(profile: ColumnProfile, counts: FloatArray, *roles: str) -> float:
    chosen = np.array([role in roles for role in profile.roles])
    total = counts.sum()
    return float(counts[chosen].sum() / total) if total > 0 else 0.0


def _before(profile: ColumnProfile, *, reference: bool) -> FloatArray:
    return profile.reference if reference else profile.before


def _null_burst(profile: ColumnProfile, before: FloatArray) -> Signature | None:
    for role, name in (("null", "null"), ("nan", "NaN"), ("plus_inf", "infinite"), ("minus_inf", "infinite")):
        was, now = _role_share(profile, before, role), _role_share(profile, profile.after, role)
        if now - was > max(MIN_SHARE, 0.5 * was):
            sure = min(1.0, 0.75 + 0.25 * (now - was) / (now + was))
            words = f"{name} values rose from {was:.1%} to {now:.1%}"
            return Signature("null_burst" if name != "infinite" else "infinite_values", sure, now - was, words)
    return None


def _nulls_vanished(profile: ColumnProfile, before: FloatArray) -> Signature | None:
    was, now = _role_share(profile, before, "null", "nan"), _role_share(profile, profile.after, "null", "nan")
    if was > 0.03 and now < was / 4:
        return Signature("nulls_filled", 0.6, was - now, f"nulls fell from {was:.1%} to {now:.1%}: filled with values")
    return None


def _repeated_value(profile: ColumnProfile, before: FloatArray, old: FloatArray, new: FloatArray) -> Signature | None:
    """Tell one exact value that took over: a frozen sensor, or a sentinel standing for missing."""
    del profile, before
    if len(new) < 20 or len(old) < 20:
        return None
    values, counts = np.unique(new, return_counts=True)
    top = int(counts.argmax())
    value, now = float(values[top]), float(counts[top] / len(new))
    was = float(np.mean(old == value))
    if now - was < 0.03:
        return None
    low, high = float(old.min()), float(old.max())
    if now > 0.9 and was < 0.5:
        return Signature("frozen", 0.95, now - was, f"{now:.0%} of the values are exactly {value:g} (before {was:.1%})")
    beyond = new[(new < low) | (new > high)]
    alone = counts[top] >= MOST_BEYOND * len(beyond) or not _near(beyond, (low, high))
    if was < 0.002 and (value < low or value > high) and alone:
        words = f"{now:.1%} of the values are exactly {value:g}, outside the range [{low:g}, {high:g}] seen before"
        return Signature("out_of_range", 0.95, now - was, words)
    rest = kolmogorov_smirnov(old[old != value], new[new != value])
    if was < 0.2 * now and now > 0.05 and len(values) > 20 and rest < max(0.05, 1.95 / np.sqrt(len(new))):
        return Signature("default_value", 0.7, now - was, f"{value:g} rose from {was:.1%} to {now:.1%} of the values")
    return None


def _near(beyond: FloatArray, ends: tuple[float, float]) -> bool:
    """Return whether values beyond the range seen before, most of them, lie just beyond it."""
    low, high = ends
    return bool(np.median(np.maximum(low - beyond, beyond - high)) <= NEARBY * (high - low))


def _clipped(profile: ColumnProfile, before: FloatArray, old: FloatArray, new: FloatArray) -> Signature | None:
    """Tell values cut off at a bound: all that lay beyond it lies on it."""
    del before
    found = piled_up(old, new) if profile.kind == "numeric" else None
    if found is None:
        return None
    bounds = [f"{bound:g}" for bound in (found.low, found.high) if np.isfinite(bound)]
    words = f"{found.moved:.0%} more of the values are exactly {' or '.join(bounds)}: what lay beyond is cut off there"
    return Signature("clipped", 0.6 + 0.35 * found.gone, found.moved, words)


def _rounded(profile: ColumnProfile, before: FloatArray, old: FloatArray, new: FloatArray) -> Signature | None:
    """Tell values that lost their decimals, or digits: all lie on a grid between whose lines they used to lie."""
    del profile, before
    found = coarser(old, new)
    if found is None:
        return None
    step, was, now = found
    words = f"{now:.0%} of the values are multiples of {step:g} (before {was:.0%}): they were rounded"
    return Signature("rounded", ROUNDED, now - was, words)


def _unit_change(profile: ColumnProfile, before: FloatArray, old: FloatArray, new: FloatArray) -> Signature | None:
    """Tell values that are the old ones times a factor or an affine map of them, in all or some rows."""
    del before
    outside = _role_share(profile, profile.after, "below", "above")
    if len(new) < 30 or len(old) < 50 or len(np.unique(old)) < 5:
        return None
    low, high = old.min(), old.max()
    strange = new[(new < low) | (new > high)]
    best: Signature | None = None
    for was, part, touched in ((old, new, 1.0), (old, strange, outside), _without_zeros(old, new)):
        if len(was) < 50 or len(part) < 20 or touched < MIN_SHARE:
            continue
        found = _as_rescaled(was, part, touched)
        if found and (best is None or found.specificity > best.specificity):
            best = found
    return best


def _without_zeros(old: FloatArray, new: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return the values before and since that are not 0, and their share since; nothing where zeros are not many.

    Zero is zero in any unit: of an amount that is mostly none the others tell. Where there are more or fewer zeros than
    chance brings, it is no factor.
    """
    was, now = float((old != 0).mean()), float((new != 0).mean())
    error = np.sqrt(was * (1 - was) * (1 / len(old) + 1 / len(new)))
    if not MIN_SHARE < was < 1 - ZEROS or abs(now - was) > 4 * error:
        return old[:0], new[:0], 0.0
    return old[old != 0], new[new != 0], now


def _mixed_units(profile: ColumnProfile, before: FloatArray, old: FloatArray, new: FloatArray) -> Signature | None:
    """Tell a known factor in some of the rows while all values stay in range: old and rescaled values mixed.

    The share s of rescaled rows solves F_new = (1 - s) F_old(x) + s F_old(x / k) by least squares; the
    factor k must leave no more than chance of the distance between the distributions.
    """
    del before
    if len(new) < 100 or len(old) < 100 or profile.kind != "numeric" or len(np.unique(old)) < 20:
        return None
    old, grid = np.sort(old), np.quantile(np.concatenate([old, new]), np.linspace(0.005, 0.995, 200))
    was = np.searchsorted(old, grid, side="right") / len(old)
    move = np.searchsorted(np.sort(new), grid, side="right") / len(new) - was
    apart = float(np.abs(move).max())
    chance = float(np.sqrt(1 / len(old) + 1 / len(new)))
    if apart < max(0.05, 3 * chance):
        return None
    fits = []
    for factor in (*KNOWN_FACTORS, *(1 / k for k in KNOWN_FACTORS)):
        step = np.searchsorted(old, grid / factor, side="right") / len(old) - was
        share = float(np.clip(step @ move / max(float(step @ step), 1e-12), 0, 1))
        fits.append((float(np.abs(move - share * step).max()), factor, share))
    left, factor, share = min(fits)
    part = NEAR_LEFT if share >= ALL and 1 / FAR < factor < FAR else EXACT
    if left > max(1.2 * chance, part * apart) or share < 0.05:
        return None
    words = f"{share:.0%} of the values are {factor_words(factor)} what they were"
    return Signature("unit_change", 0.65, share, words)


def factor_words(factor: float) -> str:
    """Return a factor in words."""
    return f"{factor:g} times" if factor >= 1 else f"1/{1 / factor:g} of"


def ratios(old: FloatArray, new: FloatArray) -> list[float]:
    """Return the positive ratios of the medians and of the spreads (robust), where they exist."""
    middles = float(np.median(new)), float(np.median(old))
    widths = [float(np.subtract(*np.quantile(x, [0.75, 0.25]))) for x in (new, old)]
    return [a / b for a, b in (middles, widths) if abs(a) > 1e-12 and abs(b) > 1e-12 and a / b > 0]


def _all_scaled(old: FloatArray, new: FloatArray, factor: float) -> bool:
    """Return whether a factor that is no known unit's (a currency's, say) made all of the values, low and high alike.

    A population that moved is spread anew; only a factor leaves the ratio of every two quantiles.
    """
    chance = np.sqrt(1 / len(old) + 1 / len(new))
    return bool(kolmogorov_smirnov(old, new / factor) < ALIKE * chance)


def _as_rescaled(old: FloatArray, new: FloatArray, touched: float) -> Signature | None:
    chance = np.sqrt(1 / len(old) + 1 / len(new))
    apart = kolmogorov_smirnov(old, new)
    if apart < max(0.15, 2 * chance):
        return None
    candidates: list[tuple[float, float, str]] = []
    for factor in ratios(old, new):
        near = [k for k in (*KNOWN_FACTORS, *(1 / k for k in KNOWN_FACTORS)) if abs(np.log(factor / k)) < 0.12]
        candidates.extend((known, 0.0, factor_words(known)) for known in near)
        if _all_scaled(old, new, factor):
            candidates.append((factor, 0.0, f"about {factor:.3g} times"))
    candidates.append((9 / 5, 32.0, "9/5 x + 32 (Celsius to Fahrenheit) of"))
    candidates.append((5 / 9, -160 / 9, "5/9 (x - 32) (Fahrenheit to Celsius) of"))
    candidates.append((1.0, 273.15, "x + 273.15 (Celsius to kelvin) of"))
    candidates.append((-1.0, 0.0, "the negative of"))
    best: Signature | None = None
    for scale, offset, words in candidates:
        fit = kolmogorov_smirnov(old, (new - offset) / scale) if scale else 1.0
        # the factor must explain the move: what it leaves is no more than chance, or a small part of it; a population
        # that moved comes near to one of the small factors by itself
        small = offset == 0 and 1 / FAR < scale < FAR
        most = max(NEAR_LEFT * apart, 1.6 * chance) if small else max(0.06, 0.25 * apart, 1.6 * chance)
        if fit > min(0.5 * apart, most):
            continue
        far = min(1.0, abs(np.log(abs(scale))) / np.log(3)) if offset == 0 and scale > 0 else 1.0
        known = not words.startswith("about")
        sure = (0.6 + 0.35 * far) if known else (0.2 + 0.65 * far**2)
        if best is None or sure > best.specificity:
            best = Signature("unit_change", sure, touched, f"the values are {words} what they were")
    return best


def _out_of_range(profile: ColumnProfile, before: FloatArray) -> Signature | None:
    was = _role_share(profile, before, "below", "above")
    now = _role_share(profile, profile.after, "below", "above")
    if now - was > max(0.02, was):
        words = f"{now:.1%} of the values lie outside the range seen before (before {was:.1%})"
        return Signature("out_of_range", min(0.8, 0.45 + 0.5 * (now - was)), now - was, words)
    return None


def in_company(signs: Sequence[Signature], profile: ColumnProfile) -> tuple[Signature, ...]:
    """Return signs of a column that moved with others, none of them wrong; one that tilted is hardly out of range.

    Another unit tilts a distribution as well, but no other column.
    """
    if not _tilted(profile):
        return tuple(signs)
    return tuple(
        replace(sign, specificity=TILTED * sign.specificity, doubtful=True)
        if sign.mechanism == "out_of_range" and not sign.doubtful
        else sign
        for sign in signs
    )


def _tilted(profile: ColumnProfile) -> bool:
    """Return whether values moved towards an end as a whole: the ranges next to it grew as well, the nearer the more.

    Wrong values of any size that lie beyond the range take from all ranges alike.
    """
    roles = np.array(profile.roles)
    if (roles == "range").sum() < 2 * NEAR:
        return False
    p, q = shares(profile.before), shares(profile.after)
    growth = np.divide(q, p, out=np.where(q > 0, np.inf, 0.0), where=p > 0)
    inside, rest = growth[roles == "range"], float(np.median(growth[roles == "range"]))
    ends = {role: growth[roles == role].max(initial=0.0) for role in ("below", "above")}
    near = inside[:NEAR] if ends["below"] > ends["above"] else inside[: -NEAR - 1 : -1]
    return bool(max(ends.values()) > near[0] > max(near[1], 1.0) and near[1] > GROWN * rest)


def _permuted(profile: ColumnProfile, before: FloatArray) -> Signature | None:
    """Tell a permuted encoding: the same shares sit on other categories."""
    known = np.array([role in {"category", "range"} for role in profile.roles])
    if known.sum() < 2 or known.sum() > 60:
        return None
    p, q = shares(before[known]), shares(profile.after[known])
    aligned = float(np.abs(p - q).sum() / 2)
    sorted_gap = float(np.abs(np.sort(p) - np.sort(q)).sum() / 2)
    # the same shares, but for chance; of two, the one that grew easily takes the other's place
    chance = 0.02 + np.sqrt(known.sum() / max(float(profile.after.sum()), 1.0)) / 2
    alike = min(0.25 * aligned, chance) if known.sum() > 2 else 0.02 * aligned
    if aligned > 0.1 and sorted_gap < alike and profile.kind in {"category", "boolean"}:
        return Signature("re_encoded", 0.8, aligned, "the same frequencies now sit on other categories")
    return None


def _new_vocabulary(profile: ColumnProfile, before: FloatArray) -> Signature | None:
    was, now = _role_share(profile, before, "unseen"), _role_share(profile, profile.after, "unseen")
    if now - was > MIN_SHARE:
        sure = min(0.95, 0.6 + 0.4 * now)
        return Signature("new_categories", sure, now - was, f"categories never seen before hold {now:.1%} of the rows")
    return None


def _frozen_category(profile: ColumnProfile, before: FloatArray) -> Signature | None:
    if profile.kind not in {"category", "boolean"}:
        return None
    p, q = shares(before), shares(profile.after)
    top = int(q.argmax())
    if q[top] > 0.95 and p[top] < 0.6 and profile.roles[top] not in {"unseen", "other"}:
        return Signature(
            "frozen", 0.85, float(q[top] - p[top]), f"{q[top]:.0%} of the rows are {profile.labels[top]!r}"
        )
    return None


def _stopped(profile: ColumnProfile, rows: Rows | None) -> Signature | None:
    """Tell a value that is held far longer than any ever was: its source no longer says anything new."""
    hold = held_value(profile, rows)
    if hold is None:
        return None
    number = rows is not None and profile.column in rows.values
    what = f"{hold.value:g}" if number else repr(profile.labels[int(hold.value)])
    many = f"{hold.longer:.0f} times" if hold.longer < MANY else "far"
    words = f"it stopped changing: {hold.share:.0%} of the rows show {what}, {many} longer than any value before"
    return Signature("frozen", 0.95 - 0.3 / hold.longer, hold.share, words)


def wrong_values(profile: ColumnProfile, rows: Rows | None, *, reference: bool = False) -> tuple[Signature, ...]:
    """Return the signatures of wrong values in a column, most specific first.

    Parameters
    ----------
    rows
        Sampled rows, for tests on the values themselves; None when only histograms exist.
    reference
        Compare with the training rows instead of the production baseline.
    """
    before = _before(profile, reference=reference)
    turns = not reference and takes_turns(profile, rows)  # then one value for all, and a new one, is as ever
    found = [test(profile, before) for test in (_null_burst, _nulls_vanished)]
    found += [] if turns else [test(profile, before) for test in (_out_of_range, _frozen_category)]
    found.append(None if reference else _stopped(profile, rows))
    values = rows.values.get(profile.column) if rows is not None else None
    if rows is not None and values is not None:
        finite = np.isfinite(values)
        old, new = values[finite & ~rows.after], values[finite & rows.after]
        tests: tuple[Callable[..., Signature | None], ...] = (_clipped, _rounded, _unit_change, _mixed_units)
        tests = tests if turns else (_repeated_value, *tests)
        found = [_just_beyond(sign, old, new) for sign in found]
        found.extend(test(profile, before, old, new) for test in tests)
    return tuple(sorted((s for s in found if s), key=lambda s: (-s.specificity, s.mechanism)))


def _just_beyond(sign: Signature | None, old: FloatArray, new: FloatArray) -> Signature | None:
    """Return a sign; that of values beyond the range is fainter where they lie just beyond it."""
    if sign is None or sign.mechanism != "out_of_range" or not len(old):
        return sign
    ends = float(old.min()), float(old.max())
    beyond = new[(new < ends[0]) | (new > ends[1])]
    if not len(beyond) or 2 * len(beyond) < sign.touched * len(new) or not _near(beyond, ends):
        return sign
    return replace(sign, specificity=JUST * sign.specificity, doubtful=True)


def changed_encoding(profile: ColumnProfile, *, reference: bool = False) -> tuple[Signature, ...]:
    """Return the signatures of a changed vocabulary or encoding, most specific first."""
    before = _before(profile, reference=reference)
    found = (_new_vocabulary(profile, before), _permuted(profile, before))
    return tuple(sorted((s for s in found if s), key=lambda s: (-s.specificity, s.mechanism)))
