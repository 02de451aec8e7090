"""A burst of anomalous rows in the window: which rows, when, what they do to the metric and to the columns.

One burst moves many columns at once, in the same rows; the other rows are as before. So leaving the anomalous
rows out must bring both the metric and the columns back (an undo test), which it does not for a fault of a column,
nor for a population that really moved.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.anomaly import copies, excess, made_up, rarity, structure
from candidates.measures.changepoint import change_point
from candidates.measures.clock import to_datetime
from candidates.measures.cohort import Trait, cohort
from candidates.measures.diagnosis import MOVED, ModelDiagnosis, diagnose
from candidates.measures.distances import jensen_shannon, shares
from candidates.measures.influence import clip, influence
from candidates.measures.leave_out import drop_share
from candidates.measures.surprise import Surprise, readable, surprise
from schemas.evidence import (
    BoolArray,
    ColumnProfile,
    Evidence,
    FloatArray,
    IntArray,
    ModelEvidence,
    Onset,
    Rows,
    Series,
    TimeArray,
)

MAX_ROWS = 6_000
FEWEST, FEWEST_COLUMNS = 50, 3
LEAST, MOST = 0.01, 0.7
"""Share of the window's rows that a burst holds."""
THROUGHOUT = 0.6
"""A column strange in so many of the window's rows has moved as a whole: that is no burst."""
STRANGE = 3.0
"""Surprise, nats, of a value in the rarest twentieth."""
BLOCKS = 12
EXTREME, LOOSE, LOOSEST = 0.995, 0.8, 0.5
LARGE, SEPARATED = 0.95, 0.2
"""Quantile of the baseline's errors that is large; gain of the area under the curve that is a clear one."""
MUCH = 0.25
GROUPS, MOST_SPREAD, ALIKE = 50, 0.99, 0.1
"""Equal steps over (nearly) all values beyond all bins, at least over that part of a standard deviation of the others,
within which two are near copies."""
ORDINARY, UNMISTAKABLE = 2.0, 12.0
"""Times the usual share of rows beyond the baseline's 99.5 % point: as drift also does, as only a burst does."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst of anomalous rows at one model.

    Parameters
    ----------
    mechanism
        `burst` (rare values in several columns), `adversarial` (columns that do not belong together, where the
        model errs) or `replay` (near copies).
    touched
        Share of the window's rows beyond the usual, [0, 1].
    share
        Of the symptom that goes away without the anomalous rows, [0, 1].
    strength
        Of the excess, in standard deviations of the baseline's own blocks of time.
    sure
        How unmistakable the burst is, [0, 1].
    restored
        Columns that moved and are as before without the anomalous rows.
    strange
        Columns that set the anomalous rows apart.
    traits, series, onset
        What the anomalous rows have in common; their share over time; since when.
    """

    node: str
    mechanism: str
    touched: float
    share: float
    strength: float
    sure: float
    restored: tuple[str, ...]
    strange: tuple[str, ...]
    traits: tuple[Trait, ...]
    series: Series
    onset: Onset | None


@dataclass(frozen=True, slots=True)
class _Strange:
    """What is anomalous among the rows read.

    Parameters
    ----------
    rows, score
        (N,) the anomalous rows; the score of the clearer sign, larger is stranger.
    pull
        (C,) how far each column sets the anomalous rows apart.
    extreme
        Share of the window's rows beyond the baseline's 99.5 % point, in times the usual.
    copied
        Share of the anomalous rows that are near copies, [0, 1].
    erring
        How far the model errs where the columns do not belong together, beyond the baseline, [0, 1].
    made
        Whether the anomalous rows are told by numbers that their columns could not hold.
    """

    rows: BoolArray
    score: FloatArray
    pull: FloatArray
    extreme: float
    copied: float
    erring: float
    made: bool


def find_burst(evidence: Evidence, node: str) -> Burst | None:
    """Return the burst of anomalous rows at a model, computed once; None when there is none."""
    return evidence.once(("burst", node), lambda: _find(evidence, node))


def _chosen(rows: Rows) -> IntArray:
    """Return the positions of the rows read: at most `MAX_ROWS` a side, evenly spread."""
    out = []
    for side in (~rows.after, rows.after):
        found = np.flatnonzero(side & np.isfinite(rows.prediction))
        if len(found) > MAX_ROWS:
            found = found[np.linspace(0, len(found) - 1, MAX_ROWS).astype(int)]
        out.append(found)
    return np.concatenate(out)


def _find(evidence: Evidence, node: str) -> Burst | None:
    model, diagnosis = evidence.models[node], diagnose(evidence, node)
    rows = model.rows
    if rows is None or diagnosis is None or not np.isfinite(diagnosis.unit):
        return None
    chosen = _chosen(rows)
    after = rows.after[chosen]
    if min(after.sum(), (~after).sum()) < FEWEST:
        return None
    found = _in_part(surprise(model, rows, chosen, readable(model, rows)), after)
    if len(found.keys) < FEWEST_COLUMNS:
        return None
    strange = _strange(found, model, rows, chosen)
    now, usual = float(strange.rows[after].mean()), float(strange.rows[~after].mean())
    touched = (now - usual) / (1 - usual)
    strength = _strength(rows.ts[chosen], strange.rows, after)
    if not LEAST <= touched <= MOST or strength < MOVED:
        return None
    share = _without(model, diagnosis, rows, chosen, strange) * influence(evidence, node)
    back = _back(model, rows, chosen, strange.rows)
    series = _over_time(model, rows.ts[chosen], strange.rows)
    return Burst(
        node=node,
        mechanism=_mechanism(strange),
        touched=touched,
        share=share,
        strength=strength,
        sure=_sure(strange, found.keys, back),
        restored=_restored(model, diagnosis, back),
        strange=_apart(model, found.keys, strange.pull),
        traits=cohort(model, rows, chosen, strange.rows, dict(zip(found.keys, strange.pull, strict=True))),
        series=series,
        onset=_onset(series),
    )


def _in_part(found: Surprise, after: BoolArray) -> Surprise:
    """Leave out the columns that are strange throughout the window."""
    keep = (found.amount[after] > STRANGE).mean(axis=0) < THROUGHOUT
    return found.only(keep)


def _place(profile: ColumnProfile, rows: Rows, chosen: IntArray, key: str) -> IntArray:
    """Return (N,) bin positions; what lies beyond all bins is told apart by its value: it need not be alike."""
    place = rows.bins[key][chosen]
    outside = np.isin(profile.roles, ("below", "above"))[place]
    if not outside.any() or key not in rows.values:
        return place
    value = rows.values[key][chosen]
    outside &= np.isfinite(value)
    if not outside.any():
        return place
    value = np.where(np.isfinite(value), value, 0.0)
    low, high = np.quantile(value[outside], (1 - MOST_SPREAD, MOST_SPREAD))
    inside = value[~outside]
    span = max(float(high - low), ALIKE * float(inside.std()) if len(inside) else 0.0, 1e-12)
    group = np.clip(np.floor((value - low) / span * GROUPS + 0.5), 0, GROUPS).astype(np.int64)
    return np.where(outside, len(profile.roles) + group, place)


def _strange(found: Surprise, model: ModelEvidence, rows: Rows, chosen: IntArray) -> _Strange:
    after = rows.after[chosen]
    apart, parts = structure(found, ~after)
    scores, pulls = (rarity(found), apart), (found.amount, parts)
    signs = [excess(score, after) for score in scores]
    clear = [sign for sign in signs if sign.z > MOVED and sign.share - sign.usual >= LEAST]
    repeats = np.zeros(len(chosen), dtype=bool) if rows.repeats is None else rows.repeats[chosen]
    places = np.stack([_place(model.columns[key], rows, chosen, key) for key in found.keys], axis=1)
    copied = copies(places, after, ~repeats)
    flagged = copied.copy()
    for sign in clear:
        # a sign much fainter than the other adds more ordinary rows than strange ones
        if 2 * sign.z > max(one.z for one in clear):
            flagged |= sign.rows
    made = made_up(found.off, after)
    if made[after].mean() >= LEAST:
        flagged = made  # no ordinary row is among them, whatever else is rare
    joint = int(signs[1].z > signs[0].z)
    hit, pull = flagged & after, pulls[joint]
    extreme = max(float((s[after] > np.quantile(s[~after], EXTREME)).mean()) for s in scores) / (1 - EXTREME)
    return _Strange(
        rows=flagged,
        score=scores[joint],
        pull=np.maximum(pull[hit].mean(axis=0) - pull[~after].mean(axis=0), 0) if hit.any() else np.zeros(len(parts.T)),
        extreme=extreme,
        copied=float(copied.sum() / max(hit.sum(), 1)),
        erring=_erring(apart, rows.score[chosen], after) if joint and clear else 0.0,
        made=bool(made[after].mean() >= LEAST),
    )


def _erring(apart: FloatArray, score: FloatArray, after: BoolArray) -> float:
    """Return how much better than before, and than chance, disorder tells the rows with large errors, [0, 1].

    Changed outcomes make errors anywhere: then disorder tells nothing.
    """
    known = np.isfinite(score)
    if min((known & after).sum(), (known & ~after).sum()) < FEWEST:
        return 0.0
    large = score > float(np.quantile(score[known & ~after], LARGE))
    before, now = (_separation(apart[side], large[side]) for side in (known & ~after, known & after))
    return clip((now - max(before, 0.5)) / SEPARATED)


def _separation(value: FloatArray, which: BoolArray) -> float:
    """Return the area under the curve of a value that tells some rows from the others; 0.5 without any."""
    inside = int(which.sum())
    if inside in {0, len(which)}:
        return 0.5
    rank = np.argsort(np.argsort(value, kind="stable"), kind="stable")
    return float((rank[which].mean() - (inside - 1) / 2) / (len(which) - inside))


def _without(model: ModelEvidence, diagnosis: ModelDiagnosis, rows: Rows, chosen: IntArray, strange: _Strange) -> float:
    """Return the share of the change that goes away without the anomalous rows, [0, 1].

    A burst leaves weak traces as well: where its rows are clear, or err where they are strange, all rows beyond a
    lower level are left out on both sides.
    """
    usual = strange.score[~rows.after[chosen]]
    levels = [level for level, allowed in ((LOOSE, True), (LOOSEST, strange.erring > 0.5)) if allowed]
    read = np.zeros(len(rows.after), dtype=bool)
    read[chosen], shares_gone = True, []
    for hit in (strange.rows, *(strange.rows | (strange.score > np.quantile(usual, level)) for level in levels)):
        flagged = np.zeros(len(rows.after), dtype=bool)
        flagged[chosen] = hit
        shares_gone.append(clip(drop_share(model, diagnosis, rows, read, flagged)))
    return max(shares_gone)


def _strength(ts: TimeArray, strange: BoolArray, after: BoolArray) -> float:
    """Return the excess share of strange rows in standard deviations of blocks of the baseline in time."""
    order = np.argsort(ts[~after], kind="stable")
    blocks = np.array_split(strange[~after][order], BLOCKS)
    usual = np.array([block.mean() for block in blocks if len(block)])
    now, mean = float(strange[after].mean()), float(usual.mean())
    noise = np.sqrt(max(mean * (1 - mean), 1e-4) / after.sum())
    return float((now - mean) / max(usual.std(ddof=1) if len(usual) > 1 else 0.0, noise))


def _back(model: ModelEvidence, rows: Rows, chosen: IntArray, strange: BoolArray) -> dict[str, float]:
    """Return key -> share of the column's move that goes away without the strange rows; only of columns that moved."""
    after, out = rows.after[chosen], {}
    for key in readable(model, rows):
        place, size = rows.bins[key][chosen], len(model.columns[key].roles)
        moved = []
        for kept in (np.ones(len(chosen), dtype=bool), ~strange):
            sides = [kept & ~after, kept & after]
            p, q = (shares(np.bincount(place[side], minlength=size).astype(float)) for side in sides)
            noise = max(int((p > 0).sum()) - 1, 1) / 8 * sum(1 / max(int(side.sum()), 1) for side in sides)
            moved.append(max(float(jensen_shannon(p, q)) - 2 * noise, 0.0))
        if moved[0] > 0:
            out[key] = clip(1 - moved[1] / moved[0])
    return out


def _restored(model: ModelEvidence, diagnosis: ModelDiagnosis, back: dict[str, float]) -> tuple[str, ...]:
    """Return the columns that moved and come back."""
    names = {model.columns[key].column for key, share in back.items() if share >= 0.7}
    return tuple(
        sorted(n for n in names if n in diagnosis.columns and diagnosis.columns[n].shift.strength >= MOVED / 2)
    )


def _apart(model: ModelEvidence, keys: tuple[str, ...], pull: FloatArray) -> tuple[str, ...]:
    """Return the columns that set the anomalous rows apart by much of what the first of them does."""
    return tuple(sorted({model.columns[k].column for k, p in zip(keys, pull, strict=True) if p > MUCH * pull.max()}))


def _sure(strange: _Strange, keys: tuple[str, ...], back: dict[str, float]) -> float:
    """Return how unmistakable it is: how extreme, in how many columns, and whether these come back without it."""
    far = clip(np.log(strange.extreme / ORDINARY) / np.log(UNMISTAKABLE / ORDINARY)) if strange.extreme > 0 else 0.0
    far = max(far, strange.erring, 1.0 if strange.copied > 0.5 else 0.0)
    pull = strange.pull
    spread = float(pull.sum() ** 2 / max(float((pull**2).sum()), 1e-12))
    # two columns are rare at once by chance, but not off their grids at once
    several = 1.0 if strange.copied > 0.5 else clip((spread - 1) / (1 if strange.made else 2))
    weight = {key: float(w) for key, w in zip(keys, pull, strict=True) if key in back}
    total = sum(weight.values())
    whole = sum(back[key] * w for key, w in weight.items()) / total if total > 0 else 1.0
    return far * several * whole


def _mechanism(strange: _Strange) -> str:
    if strange.copied > 0.5:
        return "replay"
    return "adversarial" if strange.erring > 0.5 and strange.extreme < UNMISTAKABLE else "burst"


def _over_time(model: ModelEvidence, ts: TimeArray, strange: BoolArray) -> Series:
    """Return the share of strange rows over the symptom's buckets."""
    profile = next(iter(model.columns.values()))
    place = np.clip(np.searchsorted(profile.ts, ts, side="right") - 1, 0, len(profile.ts) - 1)
    n = np.bincount(place, minlength=len(profile.ts)).astype(float)
    total = np.bincount(place, strange, minlength=len(profile.ts))
    value = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return Series(model.node.id, "strange_rows", profile.ts, value, n)


def _onset(series: Series) -> Onset | None:
    found = change_point(series.value, series.n)
    if found is None or found.p_value > 0.05:
        return None
    at, low, high = (to_datetime(series.ts[i]) for i in (found.index, found.low, found.high))
    return Onset(at=at, low=low, high=high)
