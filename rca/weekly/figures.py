"""Counts, impact, times, Pareto and the ranker's quality, reduced where the rows are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rca.warehouse import Warehouse
from rca.weekly.frame import Period, pipelines, rows
from schemas.system import System
from schemas.weekly import Aspect, Duration, Pareto, ParetoBar, RankerWeek, Share, WeekFigures

MOST_BARS = 10
"""Bars of a Pareto chart; the rest are counted together."""

REST = "all others"

_BINS = 10

_COUNTS = """
SELECT week, count(*), sum(hours), count(*) FILTER (outcome IS NULL),
    map_from_entries(list(DISTINCT {k: coalesce(severity, ''), v: s})) FROM (
        SELECT *, count(*) OVER (PARTITION BY week, severity) AS s FROM frame WHERE detected_at >= $trend
    ) GROUP BY week
"""

_TIMES = """
, took AS (
    SELECT 'detect' AS what, detected_at AS came, date_diff('second', onset, detected_at) AS seconds FROM frame
    UNION ALL BY NAME
    SELECT 'root_cause' AS what, right_at AS came, date_diff('second', detected_at, right_at) AS seconds
    FROM frame WHERE outcome = 'cause'
    UNION ALL BY NAME
    SELECT 'resolve' AS what, closed_at AS came, date_diff('second', detected_at, closed_at) AS seconds FROM frame
)
SELECT what, strftime(came, '%G-W%V') AS week, count(*), quantile_cont(greatest(seconds, 0) / 3600.0, [0.5, 0.9])
FROM took WHERE came >= $trend AND came < $until AND seconds IS NOT NULL GROUP BY ALL
"""

_RANKER = f"""
, binned AS (
    SELECT week, outcome, right_rank, judged_confidence AS said, judged_right::INTEGER AS was,
        least(floor(judged_confidence * {_BINS}), {_BINS - 1}) AS bin
    FROM frame WHERE detected_at >= $trend AND outcome IS NOT NULL
),
rates AS (
    SELECT grouping(week) AS whole, week, count(*) FILTER (outcome = 'cause') AS n,
        avg((coalesce(right_rank, 999) <= 1)::INTEGER) FILTER (outcome = 'cause') AS ac1,
        avg((coalesce(right_rank, 999) <= 3)::INTEGER) FILTER (outcome = 'cause') AS ac3
    FROM binned GROUP BY GROUPING SETS ((week), ())
),
-- a row is a bin of confidence: by how much it was off, in incidents
bins AS (
    SELECT grouping(week) AS whole, week, bin, count(*) AS size, abs(sum(said) - sum(was)) AS off
    FROM binned WHERE said IS NOT NULL AND was IS NOT NULL GROUP BY GROUPING SETS ((week, bin), (bin))
),
errors AS (SELECT whole, week, sum(size) AS judged, sum(off) / sum(size) AS ece FROM bins GROUP BY ALL)
SELECT r.whole, r.week, n, ac1, ac3, coalesce(judged, 0), ece FROM rates AS r
LEFT JOIN errors AS e ON r.whole = e.whole AND r.week IS NOT DISTINCT FROM e.week
"""


def week_figures(warehouse: Warehouse, period: Period) -> dict[str, WeekFigures]:
    """Return the figures of each week of the trend."""
    counts = {row[0]: row[1:] for row in rows(warehouse, _COUNTS, period.end, trend=period.trend)}
    times: dict[tuple[str, str], Duration] = {}
    for what, week, n, (median, p90) in rows(warehouse, _TIMES, period.end, trend=period.trend):
        times[what, week] = Duration(n=n, median=median, p90=p90)
    return {week: _figures(week, counts.get(week, (0, 0.0, 0, {})), times) for week in period.weeks}


def _figures(week: str, counts: Sequence[Any], times: Mapping[tuple[str, str], Duration]) -> WeekFigures:
    incidents, hours, undetermined, severities = counts
    detect, root_cause, resolve = (
        times.get((what, week), Duration(n=0)) for what in ("detect", "root_cause", "resolve")
    )
    return WeekFigures(
        week=week,
        incidents=incidents,
        closed=resolve.n,
        hours=hours,
        severities=dict(sorted(severities.items())),
        undetermined=Share(count=undetermined, of=incidents),
        detect=detect,
        root_cause=root_cause,
        resolve=resolve,
    )


def ranker_weeks(warehouse: Warehouse, period: Period) -> tuple[tuple[RankerWeek, ...], RankerWeek]:
    """Return the ranker's quality by week, and over all of them."""
    found: dict[str | None, RankerWeek] = {}
    for whole, week, n, ac1, ac3, judged, ece in rows(warehouse, _RANKER, period.end, trend=period.trend):
        name = "all" if whole else week
        found[name] = RankerWeek(week=name, n=n, ac1=ac1, ac3=ac3, judged=judged, ece=ece)
    empty = {week: RankerWeek(week=week, n=0, judged=0) for week in (*period.weeks, "all")}
    return tuple(found.get(week, empty[week]) for week in period.weeks), found.get("all", empty["all"])


def paretos(warehouse: Warehouse, period: Period, system: System | None) -> tuple[Pareto, ...]:
    """Return the week's incidents by family, component, owner and pipeline of their settled causes."""
    nodes = system.by_id if system else {}
    piped = pipelines(system) if system else {}
    found = rows(
        warehouse,
        "SELECT outcome, right_family, right_node, hours FROM frame WHERE detected_at >= $start",
        period.end,
        start=period.start,
    )
    named: dict[Aspect, list[tuple[str | None, float]]] = {
        "family": [("no fault" if outcome == "no_fault" else family, hours) for outcome, family, _, hours in found],
        "component": [(node, hours) for _, _, node, hours in found],
        "owner": [(nodes[node].owner if node in nodes else None, hours) for _, _, node, hours in found],
        "pipeline": [(piped.get(node), hours) for _, _, node, hours in found],
    }
    return tuple(Pareto(aspect=aspect, bars=tuple(_bars(each))) for aspect, each in named.items())


def _bars(named: Iterable[tuple[str | None, float]]) -> Iterable[ParetoBar]:
    counts: dict[str | None, list[float]] = {}
    for name, hours in named:
        counts.setdefault(name, []).append(hours)
    total = sum(len(each) for each in counts.values())
    ordered = sorted(counts.items(), key=lambda each: (-len(each[1]), -sum(each[1]), each[0] or ""))
    if len(ordered) > MOST_BARS:
        rest = [hours for _, each in ordered[MOST_BARS - 1 :] for hours in each]
        ordered = [*ordered[: MOST_BARS - 1], (REST, rest)]
    before = 0
    for name, each in ordered:
        before += len(each)
        share, cumulative = len(each) / total, before / total
        yield ParetoBar(name=name, incidents=len(each), hours=sum(each), share=share, cumulative=cumulative)
