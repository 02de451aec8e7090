"""The incident as measured: direction, onset, windows, values, and whether it is real."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from candidates.measures.changepoint import searched
from rca.errors import InputError, UnknownName
from rca.symptom.episode import Episode
from rca.symptom.gauge import measure_extent, open_gauge
from rca.symptom.harm import harm
from rca.symptom.onset import coarse_onset, refine_onset
from rca.symptom.reference import NOISE, Reference, compared, is_doubtful, is_reference_fairer, read_reference
from rca.symptom.timeline import REAL, Look, Timeline, look
from rca.warehouse import Warehouse
from schemas.evidence import Onset, Symptom, Window
from schemas.incident import MODEL_METRICS, Direction, Incident
from schemas.system import System

UNLIKELY = 0.01
PLAIN = 1e-4
"""Below this the metric moved against the stated direction beyond any doubt."""
CLEARLY = 3
EARLIER = 5
"""How often an earlier change is looked for where the last one is not real, each time twice as long ago."""
CONTRADICTED = 8.0
"""How many natural log units another onset must be better than the one that was given."""


def measure_symptom(warehouse: Warehouse, system: System, incident: Incident, *, by_heart: bool = True) -> Symptom:
    """Measure an incident's metric: since when it is wrong, against what, and whether that is more than noise.

    Data after `detected_at` are used too; the onset never lies after it. What the incident states
    (started_at, ended_at, baseline, direction) is taken as stated, unless the data clearly contradict
    the onset. A harmful direction is preferred when none is given.

    Parameters
    ----------
    by_heart
        False where the model is known not to have learned its training rows by heart: then it is no symptom that it is
        worse on all others (`Symptom.by_heart`).

    Raises
    ------
    UnknownName
        When the system has no such node, or the node no such metric.
    InputError
        When the metric cannot be computed: says what is missing and what could be used instead.
    """
    line, reference, warnings = _opened(warehouse, system, incident)
    seen, told = _seen(line)
    warnings = (*warnings, *told)
    if reference and is_reference_fairer(line, seen, reference, by_heart=by_heart):
        warnings = (*warnings, *_against_the_direction(line, seen))
        return _from_reference(line, reference, warnings, by_heart=by_heart)
    return _from_production(line, seen, warnings)


def other_reading(warehouse: Warehouse, system: System, incident: Incident, first: Symptom) -> Symptom | None:
    """Return the symptom against the other baseline, where it is not sure which of the two was healthy; else None.

    Production that was off from its first row, by the training rows, and that became somewhat worse since: either may
    be the incident. To be asked for only where the first reading explains nothing.

    Parameters
    ----------
    first
        The symptom that `measure_symptom` returned for the incident.
    """
    if not first.reference_split and first.p_value > NOISE:
        return None  # as nearly always where nothing is wrong: nothing need be measured again
    line, reference, warnings = _opened(warehouse, system, incident)
    seen, told = _seen(line)
    if reference is None or not is_doubtful(line, seen, reference):
        return None
    if first.reference_split:
        return _from_production(line, seen, (*warnings, *told))
    return _from_reference(line, reference, (*warnings, *told), by_heart=True)


def _opened(
    warehouse: Warehouse, system: System, incident: Incident
) -> tuple[Timeline, Reference | None, tuple[str, ...]]:
    """Return the metric's series with the incident's moments, the training rows' value, and warnings."""
    node = system.by_id.get(incident.node)
    if node is None:
        raise UnknownName("node", incident.node, system.by_id, file=f"incident {incident.id!r}")
    gauge = open_gauge(warehouse, node, incident.metric)
    moments = [m for m in (incident.detected_at, incident.started_at, incident.ended_at) if m]
    extent = measure_extent(gauge, min([*moments, *(incident.baseline or ())]), max(moments))
    end = min(extent.end, incident.ended_at) if incident.ended_at and incident.ended_at > extent.start else extent.end
    line = Timeline(gauge, gauge.series(extent.start, end, extent.seconds), extent.seconds, incident, end)
    _refuse_before(line, max(moments))
    reference = read_reference(gauge)
    line, turned = _turned(line, reference)
    return line, reference, (*extent.warnings, *turned)


def _from_production(line: Timeline, seen: Look, warnings: tuple[str, ...]) -> Symptom:
    """Return the symptom against healthy production rows."""
    if seen.p_value > UNLIKELY and not line.incident.started_at and not line.incident.baseline:
        told = seen
        seen = _either(line, lambda sign: _farther_back(line, told if told.sign == sign else look(line, sign)))
    return _symptom(line, seen, _onset(line, seen), (*warnings, *_against_the_direction(line, seen)))


def _turned(line: Timeline, reference: Reference | None) -> tuple[Timeline, tuple[str, ...]]:
    """Return the line with the other direction where the stated one is a slip, and a warning.

    It is one where a model's metric plainly moved the other way, to harm or where either way may be, and not at all as
    stated. What is stated to have become worse and became better is left as it is: that is no incident. Against the
    training rows, whose mix of classes may be another one on purpose, only harm counts.
    """
    incident, sign = line.incident, harm(line.incident.metric)
    stated = {"up": 1, "down": -1}.get(incident.direction or "")
    if stated is None or sign == stated or incident.metric not in MODEL_METRICS:
        return line, ()
    start = line.bucket(incident.started_at) if incident.started_at else None
    if _farther_back(line, look(line, stated, start)).p_value <= UNLIKELY:
        return line, ()
    other = look(line, -stated, start)
    plain = other.p_value <= PLAIN and other.episode is not None and _lately(line, other.episode)
    if not plain and sign and reference and not incident.baseline:
        chart = compared(line, reference)
        plain = chart.p_value <= PLAIN and (chart.after - chart.before) * stated < 0
    if not plain:
        return line, ()
    moved: Direction = "down" if stated > 0 else "up"
    told = f"direction {incident.direction} does not fit: {incident.metric} clearly moved {moved}; that is explained"
    return replace(line, incident=incident.model_copy(update={"direction": moved})), (told,)


def _lately(line: Timeline, episode: Episode) -> bool:
    """Return whether an episode began in the later half of what is known: people notice soon."""
    return 2 * episode.start > line.bucket(line.incident.detected_at)


def _refuse_before(line: Timeline, moment: datetime) -> None:
    """Refuse an incident that was over before anything is known: nothing could be compared with anything."""
    if moment < line.when(0):
        incident = line.incident
        raise InputError(
            f"{moment:%Y-%m-%d %H:%M} is before all that is known of {incident.metric} of {incident.node}, which "
            f"begins at {line.when(0):%Y-%m-%d %H:%M}",
            file=f"incident {incident.id!r}",
            mend="correct detected_at, or its time zone",
        )


def _seen(line: Timeline) -> tuple[Look, tuple[str, ...]]:
    """Return the look to believe, and warnings about what was given."""
    warnings: tuple[str, ...] = ()
    incident = line.incident
    if not line.when(0) <= incident.detected_at < line.end + timedelta(seconds=line.seconds):
        known = f"{line.when(0):%Y-%m-%d %H:%M} to {line.end:%Y-%m-%d %H:%M}"
        later = " (labels may come later)" if incident.metric in MODEL_METRICS else ""
        warnings = (f"{incident.metric} is known from {known} only{later}; detected_at lies outside",)
    if incident.started_at is None:
        return _directed(line, None), warnings
    given = _directed(line, line.bucket(incident.started_at))
    free = _directed(replace(line, incident=incident.model_copy(update={"started_at": None})), None)
    if not _contradicted(given, free):
        return given, warnings
    told = f"started_at {incident.started_at:%Y-%m-%d %H:%M} does not fit the data; the onset was estimated instead"
    return free, (*warnings, told)


def _contradicted(given: Look, free: Look) -> bool:
    """Tell whether another onset fits much better, and the level between the two is not what the given one says."""
    if not given.episode or not free.episode or free.chart is None or free.p_value > UNLIKELY:
        return False
    first, last = sorted((given.episode.start, free.episode.start))
    if free.episode.score - given.episode.score <= CONTRADICTED or last - first < CLEARLY or not free.episode.sharp:
        return False
    between = float(np.nanmedian(free.residual[first:last]))
    share = (between - free.chart.before) / (free.chart.after - free.chart.before)
    return share < 1 / 4 if last == free.episode.start else share > 3 / 4


def _directed(line: Timeline, start: int | None) -> Look:
    """Look in the direction given, else in the harmful one, else in the other where only that is real."""
    return _either(line, lambda sign: look(line, sign, start))


def _either(line: Timeline, looked: Callable[[int], Look]) -> Look:
    given = {"up": 1, "down": -1, None: 0}[line.incident.direction]
    first = looked(given or harm(line.incident.metric))
    if given or not first.sign or first.p_value <= REAL:
        return first
    other = looked(-first.sign)
    return other if other.p_value <= UNLIKELY else first


def _farther_back(line: Timeline, first: Look) -> Look:
    """Return a look; where the last change is not real, one at a change before it, that lasted, if that is.

    A few unlucky rows just before the detection are the likeliest change by themselves, and no more than that.
    """
    if first.episode is None or first.p_value <= UNLIKELY:
        return first
    last, detected = first.episode.start, line.bucket(line.incident.detected_at)
    ago = np.unique(np.append(1, (detected - last + 1) * (2 ** np.arange(EARLIER) - 1)))
    looks = [look(line, first.sign, None, int(last - far)) for far in ago if 0 < far < last]
    # what was so for longer than anything else is no incident
    lately = [seen for seen in looks if seen.episode and _lately(line, seen.episode)]
    best = min(lately, key=lambda seen: seen.p_value, default=first)
    if best.chart is None or (p_value := searched(best.p_value, 1 + len(looks))) > UNLIKELY:
        return first
    return replace(best, chart=replace(best.chart, p_value=p_value))


def _against_the_direction(line: Timeline, seen: Look) -> tuple[str, ...]:
    """Return a warning when the metric clearly moved, but not in the direction that the incident states."""
    stated = {"up": 1, "down": -1}.get(line.incident.direction or "")
    if stated is None or seen.p_value <= UNLIKELY or look(line, -stated, None).p_value > REAL:
        return ()
    said, moved = line.incident.direction, "down" if stated > 0 else "up"
    return (f"direction {said} does not fit: {line.incident.metric} clearly moved {moved}; correct it or leave it out",)


def _onset(line: Timeline, seen: Look) -> Onset:
    started = line.incident.started_at
    if started and (seen.episode is None or seen.episode.start == line.bucket(started)):
        width = timedelta(seconds=line.seconds)
        found = Onset(at=started, low=started - width, high=started + width)
    else:
        found = coarse_onset(line, seen)
        found = refine_onset(line, seen, found) if seen.p_value <= REAL else found
    at = min(found.at, line.incident.detected_at)
    return Onset(at=at, low=min(found.low, at), high=max(found.high, at))


def _direction(line: Timeline, change: float) -> Direction:
    if line.incident.direction:
        return line.incident.direction
    if not np.isfinite(change) or change == 0:
        change = harm(line.incident.metric) or 1
    return "up" if change > 0 else "down"


def _clear(line: Timeline, seen: Look, onset: Onset) -> Window | None:
    """Return the baseline, ended before anything that may belong to the incident."""
    if seen.baseline is None or line.incident.baseline or seen.p_value > REAL:
        return seen.baseline
    if not seen.baseline.start < onset.low < seen.baseline.end:
        return seen.baseline
    earlier = seen.baseline.end - onset.low if seen.season.weekly.size else timedelta()  # whole weeks stay whole
    return Window(max(seen.baseline.start - earlier, line.when(0)), onset.low)


def _symptom(line: Timeline, seen: Look, onset: Onset, warnings: tuple[str, ...]) -> Symptom:
    window = Window(onset.at, max(seen.window.end, onset.at + timedelta(microseconds=1)))
    baseline = _clear(line, seen, onset)
    before = line.gauge.value(baseline)[0] if baseline else float("nan")
    value = line.gauge.value(window)[0]
    if baseline is None:
        warnings = (
            *warnings,
            "there is no healthy period to compare with: neither earlier production rows nor training rows",
        )
    change = seen.chart.after - seen.chart.before if seen.chart else value - before
    return Symptom(
        incident=line.incident,
        direction=_direction(line, change),
        baseline=baseline or window,
        window=window,
        onset=onset,
        series=line.series,
        baseline_value=before,
        value=value,
        p_value=seen.p_value,
        z=seen.chart.z if seen.chart else 0.0,
        bucket_seconds=line.seconds,
        warnings=warnings,
    )


def _from_reference(line: Timeline, reference: Reference, warnings: tuple[str, ...], *, by_heart: bool) -> Symptom:
    """Return the symptom measured against the training and validation rows: wrong from the first production row."""
    start = line.incident.started_at or _first_row(line)
    window = Window(start, line.incident.ended_at or line.end)
    chart = compared(line, reference, by_heart=by_heart)
    return Symptom(
        incident=line.incident,
        direction=_direction(line, chart.after - chart.before),
        baseline=reference.window,
        window=window,
        onset=Onset(at=start, low=start, high=start + timedelta(seconds=line.seconds)),
        series=line.series,
        baseline_value=reference.value if chart.before != reference.trained else chart.before,
        value=line.gauge.value(window)[0],
        p_value=chart.p_value,
        z=chart.z,
        bucket_seconds=line.seconds,
        reference_split=True,
        by_heart=reference.validated and chart.before == reference.trained,
        warnings=warnings,
    )


def _first_row(line: Timeline) -> datetime:
    """Return the first bucket with production rows."""
    known = np.flatnonzero(line.series.n > 0)
    return line.when(int(known[0]) if known.size else 0)
