"""Incidents that belong together: the same confirmed cause again, or the same signature in several systems.

A recurrence is the same confirmed cause within 90 days. Signatures (`rca.review.similar`) are grouped by leaders
(Hartigan, "Clustering Algorithms", 1975, chapter 3): the latest incident that is in no group leads one, of all whose
cosine with it is at least 0.9. Unlike linking neighbours, that makes no chains of ever less similar incidents. Whether
a cluster is more than chance says `rca.weekly.chance`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from rca.incidents.events import aware
from rca.review import spelled
from rca.warehouse import Warehouse
from rca.weekly.chance import SYSTEMIC, burst, holm, standing
from rca.weekly.frame import Period, columns, rows
from schemas.evidence import FloatArray
from schemas.feedback import NamedCause
from schemas.weekly import Cluster, ClusterKind, Share

ALIKE = 0.9
"""Cosine from which two signatures are alike."""

FEWEST = 2
MOST_CLUSTERS = 20
MOST_LEADERS = 50
"""Groups of signatures that are looked at, the largest first."""

MOST_INCIDENTS = 4000
"""Of the window the latest so many are grouped."""

_SAME_CAUSE = """
, told AS (SELECT * FROM frame WHERE outcome = 'cause'),
totals AS (
    SELECT count(*) AS everything, count(*) FILTER (detected_at >= $window) AS inside,
        count(DISTINCT cause) AS kinds, count(DISTINCT cause) FILTER (detected_at >= $window) AS tested FROM told
)
-- a row is a cause that was confirmed at least twice within the window
SELECT right_family, right_node, right_subject, count(*) AS alike, any_value(everything), any_value(inside),
    any_value(kinds), any_value(tested),
    list({i: incident, seen: detected_at, node: node} ORDER BY detected_at DESC, incident DESC)
        FILTER (detected_at >= $window) AS members
FROM told, totals GROUP BY ALL HAVING len(members) >= 2
ORDER BY len(members) DESC, right_family, right_node, right_subject
"""

_RECURRED = """
, told AS (
    SELECT incident, detected_at, cause FROM frame
    WHERE outcome = 'cause' AND detected_at >= $window - INTERVAL 7 DAY
)
SELECT count(*) FILTER (EXISTS (
    SELECT 1 FROM told AS earlier WHERE earlier.cause = now.cause AND earlier.incident <> now.incident
        AND (earlier.detected_at, earlier.incident) < (now.detected_at, now.incident)
        AND earlier.detected_at >= now.detected_at - INTERVAL 90 DAY
)), count(*) FROM told AS now WHERE detected_at >= $start
"""

_NUMBERED = """
, numbered AS (
    SELECT incident, detected_at, node, family, metric, row_number() OVER (ORDER BY detected_at, incident) - 1 AS place
    FROM frame SEMI JOIN incident_signatures USING (incident)
)
"""

_NAMES = (
    _NUMBERED
    + "SELECT incident, detected_at, node, family, metric FROM numbered WHERE detected_at >= $window ORDER BY place"
)

_CELLS = (
    _NUMBERED
    + """
, coordinates AS (
    SELECT coordinate, row_number() OVER (ORDER BY coordinate) - 1 AS number
    FROM (SELECT DISTINCT coordinate FROM incident_signatures)
)
SELECT place, number, value FROM incident_signatures JOIN numbered USING (incident) JOIN coordinates USING (coordinate)
"""
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A cluster before its test is adjusted: members as (incident, time, node), latest first."""

    kind: ClusterKind
    title: str
    cause: NamedCause | None
    members: Sequence[tuple[str, datetime, str]]
    expected: float
    burst: float
    standing: float
    dated: bool
    """Whether there is anything before the window to compare with."""
    even: float = 0.0
    """How many would be expected if incidents spread evenly over the site's causes."""

    @property
    def p_value(self) -> float:
        return min(1.0, 2.0 * min(self.burst, self.standing))


def clusters(warehouse: Warehouse, period: Period) -> tuple[Cluster, ...]:
    """Return the clusters of the 90 days that end with the week: the systemic ones first, then the largest.

    Each kind is adjusted for all that were tested of it.
    """
    found: list[Cluster] = []
    for each, tests in (_by_cause(warehouse, period), _by_signature(warehouse, period)):
        adjusted = holm([one.p_value for one in each], tests) if each else []
        found += [_cluster(one, p, period) for one, p in zip(each, adjusted, strict=True)]
    found.sort(key=lambda one: (not one.systemic, -min(one.new, 1), -len(one.incidents), one.title))
    return tuple(found[:MOST_CLUSTERS])


def recurred(warehouse: Warehouse, period: Period) -> Share:
    """Return how many of the week's settled causes had been confirmed in the 90 days before their incident."""
    ((count, of),) = rows(warehouse, _RECURRED, period.end, window=period.window, start=period.start)
    return Share(count=count, of=of)


def _by_cause(warehouse: Warehouse, period: Period) -> tuple[list[_Found], int]:
    found, tests = [], 0
    for row in rows(warehouse, _SAME_CAUSE, period.end, window=period.window):
        family, node, subject, alike, everything, inside, kinds, tests, members = row
        k = len(members)
        found.append(
            _Found(
                kind="cause",
                title=spelled((family, node, subject)),
                cause=NamedCause(family=family, node=node, subject=subject),
                members=[(each["i"], aware(each["seen"]), each["node"]) for each in members],
                expected=inside * alike / everything,
                burst=burst(everything, alike, inside, k),
                standing=standing(kinds, inside, k),
                dated=everything > inside,
                even=1 + (inside - 1) / kinds,
            )
        )
    return found, max(tests, len(found))


def _by_signature(warehouse: Warehouse, period: Period) -> tuple[list[_Found], int]:
    """Return the groups of similar signatures that reach over several nodes."""
    names, matrix = _signatures(warehouse, period)
    inside = matrix[len(matrix) - len(names) :]
    groups = [group for group in _led(inside) if len(group) >= FEWEST]
    wide = [group for group in groups if len({names[place][2] for place in group}) > 1]
    wide = sorted(wide, key=lambda group: -len(group))[:MOST_LEADERS]
    alike = (matrix @ inside[[group[0] for group in wide]].T >= ALIKE).sum(axis=0)
    found = [
        _similar([names[place] for place in group], int(count), len(matrix), len(names))
        for group, count in zip(wide, alike, strict=True)
    ]
    return found, len(groups)


def _similar(group: Sequence[tuple[Any, ...]], alike: int, everything: int, window: int) -> _Found:
    """Return a group, its leader first; `alike` incidents of all time are like the leader."""
    name, _, _, family, metric = group[0]
    return _Found(
        kind="signature",
        title=f"like {name}: {(family or 'no cause').replace('_', ' ')}, seen in {metric}",
        cause=None,
        members=[each[:3] for each in group],
        expected=window * alike / everything,
        burst=burst(everything, alike, window, len(group)),
        standing=1.0,
        dated=everything > window,
    )


def _led(matrix: FloatArray) -> Iterator[list[int]]:
    """Yield groups from the latest leader on, which comes first; rows are in order of time, members latest first."""
    near = matrix @ matrix.T >= ALIKE
    free = np.ones(len(matrix), dtype=bool)
    for leader in range(len(matrix) - 1, -1, -1):
        if free[leader]:
            group = near[leader] & free
            group[leader] = True
            free &= ~group
            yield [int(place) for place in np.flatnonzero(group)[::-1]]


def _signatures(warehouse: Warehouse, period: Period) -> tuple[list[tuple[Any, ...]], Any]:
    """Return the window's incidents (id, time, node, family, metric) and the signatures of all, in order of time."""
    found = rows(warehouse, _NAMES, period.end, window=period.window)[-MOST_INCIDENTS:]
    names = [(incident, aware(at), *rest) for incident, at, *rest in found]
    cells = columns(warehouse, _CELLS, period.end)
    size = [int(cells[axis].max(initial=-1)) + 1 for axis in ("place", "number")]
    matrix = np.zeros(size, dtype=np.float32)
    matrix[cells["place"], cells["number"]] = cells["value"]
    return names, matrix


def _cluster(found: _Found, adjusted: float, period: Period) -> Cluster:
    times = [at for _, at, _ in found.members]
    told = found.dated or found.standing < 1.0
    return Cluster(
        kind=found.kind,
        title=found.title,
        cause=found.cause,
        incidents=tuple(name for name, _, _ in found.members),
        new=sum(at >= period.start for at in times),
        systems=tuple(sorted({node for _, _, node in found.members})),
        first_at=min(times),
        last_at=max(times),
        expected=found.expected,
        p_value=adjusted if told else None,
        systemic=told and adjusted < SYSTEMIC,
        why=_why(found, adjusted, told=told),
    )


def _why(found: _Found, adjusted: float, *, told: bool) -> str:
    n = len(found.members)
    if not told:
        return f"{n} within 90 days; nothing older to compare with"
    if adjusted >= SYSTEMIC:
        return f"{n} within 90 days, {found.expected:.1f} expected: chance could do this"
    if found.burst <= found.standing:
        return f"{n} within 90 days, where its rate over all time leads to expect {found.expected:.1f}"
    return f"{n} within 90 days, where incidents spread evenly over the site's causes would give {found.even:.1f}"
