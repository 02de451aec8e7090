"""Faults of whole rows: logged more than once, or not at all.

Repeated rows are known one by one, so they can be left out again (an undo test). Missing rows show in what is left:
some values lost their rows while the others kept their number; where the mix merely changed, other values gained.
"""

import math
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from candidates.measures.answers import judge_of
from candidates.measures.clock import to_numpy, within
from candidates.measures.diagnosis import diagnose
from candidates.measures.distances import jensen_shannon, shares
from candidates.measures.following import predicted_change, series_strength
from candidates.measures.influence import clip, influence, symptomatic_models
from candidates.measures.population import reweighted_share
from candidates.measures.scores import PREDICTION_METRICS
from candidates.measures.traffic import Traffic, expected_shares, expected_traffic, logged_until
from schemas.evidence import BoolArray, ColumnProfile, Evidence, FloatArray, ModelEvidence, Series, Window
from schemas.incident import MODEL_METRICS

MOST_REPEATS = 0.03
"""Share of repeated rows, beyond the usual, from which rows are duplicated."""
FEWEST, BACK = 50, 0.3
"""Rows of a side from which its columns are compared, and the share of a shift that may be left without the repeats."""
LOST, KEPT = 0.5, 0.8
"""A value lost its rows below the first share of its usual number; the others together kept theirs from the second."""
USUAL, ELSEWHERE = 0.05, 0.35
"""Share by which traffic varies anyway, and of the lost rows that may have turned up under other values."""
FEWER = 4.0
"""Fall of the rows, in (robust) standard deviations per bucket or of what such times bring, that is no accident."""
MIN_SHARE = 0.05
LAST_PARTS, DAY = (1.0, 0.5, 0.25), timedelta(days=1)
"""Parts of the window, up to its end and in whole days, that are looked at for lost rows."""
COMPLETE = 0.7
"""Share of their rows that values lost from which they are gone, not merely fewer."""
FEWEST_DAYS = 5
"""Days of baseline from which it is known how traffic varies."""
SURE = 4.0
"""Standard errors (of a count) by which the rows of a value must be fewer."""
SCARCE, TELLS = 0.2, 10.0
"""Share of the stretches of the baseline, each as long as what is asked about, in which a value may have lacked; rows
that are expected of it from which a stretch tells."""
FEWER_IN_ALL, PLAINLY = 2.5, 5.0
"""Standard errors (of what that time of the week brings) by which all rows must be fewer, and are so plainly.

Where as many rows came as ever, another mix of them did.
"""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault of whole rows at one model: what, how surely, and the share of the symptom it explains.

    `series` are the rows over time; `columns` those whose values lost rows, or moved with them.
    """

    node: str
    mechanism: str
    share: float
    estimator: str
    strength: float
    specificity: float
    words: str
    series: Series | None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Values that lost their rows: the share of all rows, of their own rows, and which they are.

    `thinned` when the others have fewer rows as well; `fewer` are the standard errors by which rows are fewer than
    that time of the week brings.
    """

    lost: float
    complete: float
    thinned: bool
    fewer: float
    profile: ColumnProfile
    labels: tuple[str, ...]


def row_faults(evidence: Evidence) -> tuple[RowFault, ...]:
    """Return the faults of whole rows of every model upstream of the symptom, computed once."""
    return evidence.once("row_faults", lambda: tuple(_row_faults(evidence)))


def row_source(evidence: Evidence, node: str) -> str:
    """Return the one data set that delivers a model's inputs, or the model where there are several or none.

    Where each of several delivers some columns, and one more is named without any, that one brings the rows.
    """
    declared = evidence.system.by_id[node]
    labels = {"label", declared.column("label")}
    edges = [edge for edge in evidence.system.edges if edge.target == node]
    sources = {edge.source for edge in edges if set(edge.columns) - labels}
    recorders = {edge.source for edge in edges if labels & set(edge.columns)}
    bare = {e.source for e in edges if not e.columns and _is_data(evidence, e.source)} - recorders
    data = {name for name in sources if _is_data(evidence, name)}
    if len(bare) == 1 and len(data) > 1:
        return bare.pop()
    return data.pop() if len(data) == 1 and len(sources) == 1 else node


def _is_data(evidence: Evidence, node: str) -> bool:
    return evidence.system.by_id[node].kind in {"dataset", "pipeline"}


def _row_faults(evidence: Evidence) -> list[RowFault]:
    if evidence.symptom.reference_split:
        return []
    found = {
        node: [fault for fault in (_duplicated(evidence, model), _missing(evidence, model)) if fault]
        for node, model in sorted(evidence.models.items())
    }
    # what befalls the rows on their way shows at every model: the one that the symptom is about tells of it
    near = [fault for node in sorted(symptomatic_models(evidence)) for fault in found.get(node, [])]
    return near or [fault for faults in found.values() for fault in faults]


def _duplicated(evidence: Evidence, model: ModelEvidence) -> RowFault | None:
    before, after = model.duplicates
    if not math.isfinite(after) or after - (before if math.isfinite(before) else 0.0) < max(MOST_REPEATS, before):
        return None
    share, estimator = _without_repeats(evidence, model)
    counted = _by_volume(evidence, model)
    if counted > share:
        share, estimator = counted, "how the figure followed the number of rows"
    words = f"{after:.0%} of the logged rows repeat another (before {before:.0%})"
    return RowFault(
        node=model.node.id,
        mechanism="duplicated_rows",
        share=share,
        estimator=estimator,
        strength=100 * (after - before),
        specificity=0.95,
        words=words,
        series=model.outputs.get("rows"),
        columns=_back_without_repeats(model),
    )


def _back_without_repeats(model: ModelEvidence) -> tuple[str, ...]:
    """Return the columns that moved because rows repeat: most of their shift goes when these are left out."""
    rows = model.rows
    if rows is None or rows.repeats is None:
        return ()
    sides = (~rows.after, rows.after, rows.after & ~rows.repeats)
    if min(int(side.sum()) for side in sides) < FEWEST:
        return ()
    found = []
    for key, place in sorted((k, place) for k, place in rows.bins.items() if k in model.columns):
        size = len(model.columns[key].roles)
        before, now, once = (shares(np.bincount(place[side], minlength=size).astype(np.float64)) for side in sides)
        if float(jensen_shannon(before, once)) < BACK * float(jensen_shannon(before, now)):
            found.append(model.columns[key].column)
    return tuple(sorted(set(found)))


def _without_repeats(evidence: Evidence, model: ModelEvidence) -> tuple[float, str]:
    """Return the share of the symptom that goes away when repeated rows are left out."""
    rows, diagnosis = model.rows, diagnose(evidence, model.node.id)
    words = "leaving out the repeated rows"
    if rows is None or rows.repeats is None or diagnosis is None or not np.isfinite(diagnosis.unit):
        return 0.0, words
    metric, answer = judge_of(model, rows, diagnosis.metric)
    fine = rows.after & np.isfinite(rows.prediction)
    if diagnosis.metric not in PREDICTION_METRICS and np.isfinite(rows.label[rows.after]).any():
        fine &= np.isfinite(rows.label)
    once = fine & ~rows.repeats
    if once.sum() < 20:
        return 0.0, words
    whole, left = (metric(answer[w], rows.label[w], np.ones(int(w.sum()))) for w in (fine, once))
    return clip((whole - left) / diagnosis.unit) * influence(evidence, model.node.id), words


def _by_volume(evidence: Evidence, model: ModelEvidence) -> float:
    """Return the share of a KPI's change that the number of rows predicts; of no change of a model's own metric."""
    symptom, series = evidence.symptom, model.outputs.get("rows")
    change = symptom.value - symptom.baseline_value
    own = symptom.incident.node in evidence.models and symptom.incident.metric in MODEL_METRICS
    if series is None or own or not change:
        return 0.0
    return clip(predicted_change(symptom.series, series, symptom) / change)


def _missing(evidence: Evidence, model: ModelEvidence) -> RowFault | None:
    series = model.outputs.get("rows")
    if series is None:
        return None
    window = evidence.symptom.window
    fall, fewer = -series_strength(series, evidence.symptom), _fewer(evidence, model)
    gaps = [
        gap
        for p in model.columns.values()
        if (gap := _lost_lately(p, evidence, logged_until(p.ts, model.rows, window))) is not None
    ]
    # the column that tells which rows are lost splits them best: its values are gone, not merely fewer
    best = max(gaps, key=lambda gap: (gap.complete, gap.lost, gap.profile.column), default=None)
    share, estimator = _by_volume(evidence, model), "how the figure followed the number of rows"
    if best is None and fall < FEWER and (fewer < FEWER or share <= 0):
        return None  # traffic falls now and then: it takes a figure that follows it
    fall = max(fall, fewer)
    if best is not None:
        where = f"{best.profile.column} = {', '.join(best.labels[:3])}"
        mixed = max(reweighted_share(evidence, model, gap.profile.column) for gap in gaps)
        if mixed > share:
            share, estimator = mixed, "reweighting the baseline to the rows that are left"
        words = f"{best.lost:.0%} of the usual rows are missing, all with {where}; the others came as usual"
    else:
        words = f"far fewer rows arrive ({fall:.0f} times the usual variation)"
    return RowFault(
        node=model.node.id,
        mechanism="missing_rows",
        share=share,
        estimator=estimator,
        strength=max(fall, 100 * best.lost if best else 0.0),
        specificity=0.95 * _plain(best) if best else 0.5,
        words=words,
        series=series,
        columns=tuple(sorted(model.columns[key].column for key in model.columns)) if best else (),
    )


def _fewer(evidence: Evidence, model: ModelEvidence) -> float:
    """Return by how many standard errors fewer rows came than that time of the day and week brings."""
    profile = next(iter(model.columns.values()), None)
    if profile is None or model.rows is None:
        return 0.0  # of histograms alone nobody knows how far their last bucket is filled
    base, window = evidence.symptom.baseline, logged_until(profile.ts, model.rows, evidence.symptom.window)
    rows = profile.counts.sum(axis=1)
    traffic = expected_traffic(profile.ts, rows, base, window)
    came = float(rows[within(profile.ts, window)].sum())
    return (traffic.expected - came) / (traffic.spread * traffic.expected) if traffic.expected > 0 else 0.0


def _plain(gap: Gap) -> float:
    """Return how plainly rows were lost, not mixed otherwise, [0, 1]: far fewer in all, or some gone for good."""
    return clip(max(gap.fewer / PLAINLY, (gap.complete - COMPLETE) / (1 - COMPLETE)))


def _lost_lately(profile: ColumnProfile, evidence: Evidence, window: Window) -> Gap | None:
    """Return what `_lost_values` says of the whole window, or else of its last days: a loss may grow."""
    if profile.kind == "vector" or profile.part:
        return None
    base = evidence.symptom.baseline
    rows = profile.counts.sum(axis=1)
    whole = _lost_values(profile, expected_traffic(profile.ts, rows, base, window), profile.after, base, window)
    if whole is not None and not whole.thinned:
        return whole
    days = (window.end - window.start) // DAY
    for number in dict.fromkeys(max(1, int(days * part)) for part in LAST_PARTS if days):
        last = replace(window, start=window.end - number * DAY)
        after = profile.counts[within(profile.ts, last)].sum(axis=0)
        gap = _lost_values(profile, expected_traffic(profile.ts, rows, base, last), after, base, last)
        # fewer rows for a while are the traffic, unless fewer than it ever brought in as many days
        fewer = after.sum() < _least_traffic(profile, base, number)
        if gap is not None and gap.complete > COMPLETE and fewer:
            return gap
    return None


def _least_traffic(profile: ColumnProfile, base: Window, days: int) -> float:
    """Return fewer rows than ever came in some whole days of the baseline: the least less one standard deviation."""
    inside = within(profile.ts, base)
    ts, rows = profile.ts[inside], np.concatenate([[0.0], np.cumsum(profile.counts[inside].sum(axis=1))])
    ends = np.searchsorted(ts, ts + np.timedelta64(days, "D"))
    fits = ts + np.timedelta64(days, "D") <= to_numpy(base.end)
    sums = (rows[ends] - rows[:-1])[fits]
    if (base.end - base.start) / DAY < max(FEWEST_DAYS, 2 * days) or len(sums) <= 1:
        return 0.0
    return float(sums.min() - sums.std(ddof=1))


def _always_there(profile: ColumnProfile, base: Window, period: Window) -> BoolArray:
    """Return which values (B,) hardly ever lacked in stretches of the baseline as long as a period.

    Of a weekday, or of a rate that is set anew every day, no value is always there: none can be missing.
    """
    inside = within(profile.ts, base)
    length = to_numpy(period.end) - to_numpy(period.start)
    stretch = ((to_numpy(base.end) - profile.ts[inside] - np.timedelta64(1, "us")) // length).astype(int)
    found = np.zeros((int(stretch.max(initial=0)) + 1, len(profile.labels)))
    np.add.at(found, stretch, profile.counts[inside])
    expected = found.sum(axis=1, keepdims=True) * shares(profile.before)
    told = expected >= TELLS
    return np.asarray((told & (found < LOST * expected)).sum(axis=0) <= SCARCE * told.sum(axis=0))


def _lost_values(
    profile: ColumnProfile, traffic: Traffic, after: FloatArray, base: Window, period: Window
) -> Gap | None:
    """Return the values that lost their rows in a period, when the others kept theirs; rows found are (B,)."""
    total = traffic.expected
    expected = total * expected_shares(profile.ts, profile.counts, base, period)
    large = expected > max(30.0, MIN_SHARE / 5 * total)
    if total <= 0 or large.sum() < 2:
        return None
    ratio = np.divide(after, expected, out=np.ones(len(expected)), where=expected > 0)
    missing = expected - after
    gone = large & (ratio < LOST) & (missing > SURE * np.sqrt(np.maximum(expected, 1.0)))
    fewer = (total - float(after.sum())) / (traffic.spread * total)
    if fewer < FEWER_IN_ALL or not gone.any():
        return None  # as many rows as usual: others came in the place of these
    if not _always_there(profile, base, period)[gone].all():
        return None
    lost = float(missing[gone].sum() / total)
    complete = float(missing[gone].sum() / expected[gone].sum())
    rest = float(after[~gone].sum() / max(float(expected[~gone].sum()), 1.0))
    most = max(USUAL, traffic.spread, ELSEWHERE * lost)
    # rows that turned up under other values are not missing
    elsewhere = rest > 1 + most or float(missing.min() / total) < -ELSEWHERE * lost
    if not MIN_SHARE < lost < 0.9 or elsewhere or rest < KEPT or _uneven(ratio, large & ~gone):
        return None
    order = np.argsort(-missing * gone, kind="stable")[: int(gone.sum())]
    return Gap(lost, complete, rest < 1 - most, fewer, profile, tuple(profile.labels[i] for i in order))


def _uneven(ratio: FloatArray, kept: BoolArray) -> bool:
    """Return whether the values that kept their rows did so unevenly: then the mix changed."""
    return bool(kept.any()) and float(np.median(np.abs(ratio[kept] - np.median(ratio[kept])))) > 1 - KEPT
