"""Which nodes act on what healthy models answer, before a KPI, and how much of its change may lie there.

A threshold beside a model, or a flag of the service that shows its answers: the answers stay as they were, the KPI does
not. A node whose every way to the KPI leads through a model acts by what that model answers, which is seen in its log.
"""

from collections.abc import Mapping
from datetime import timedelta

from candidates.measures.change_words import suspected
from candidates.measures.clock import alignment
from candidates.measures.diagnosis import diagnose
from candidates.measures.health import upstream_share
from candidates.measures.reality import reality
from schemas.evidence import Evidence, Onset
from schemas.incident import Change

USED = 0.9
"""Most of a KPI's change that a setting beside steady models is thought to explain."""
STEP = 0.7
"""Factor for each service through which a setting acts: the metrics of that one should then show it."""
FARTHER = 0.25
"""Most that an event explains which does not say which setting was changed from what to what: most such events change
nothing that matters."""
BESIDE = 0.6
"""Factor for a setting elsewhere where an event says that the business process itself changed just then."""
LATE_BUCKETS = 3
"""Buckets by which an onset's interval may miss, however narrow it is."""
ANNOUNCED = frozenset({"business", "other"})
"""Kinds of events that say that the business process itself changed."""
SETTINGS = frozenset({"config", "flag", "infrastructure"})


def aligned(evidence: Evidence, change: Change) -> float:
    """Return how well a change event fits the symptom's onset, in [-1, 1].

    What is set later changes nothing before: lateness is judged by how well the onset is known.
    """
    step, onset = timedelta(seconds=evidence.symptom.bucket_seconds), evidence.symptom.onset
    fit = alignment(Onset(change.ts, change.ts, change.ts + step), evidence.symptom)
    late, known = change.ts - onset.high - step, max(onset.high - onset.low, LATE_BUCKETS * step)
    return fit if late <= timedelta(0) else max(-1.0, min(fit, 1.0 - late / known))


def steps_to_kpi(evidence: Evidence) -> Mapping[str, int]:
    """Return node -> edges to the KPI that do not pass a model with a log; empty when the symptom is no KPI's.

    The KPI itself, in which the answers are used last, is 0 edges away.
    """
    return evidence.once("steps_to_kpi", lambda: _steps_to_kpi(evidence))


def _steps_to_kpi(evidence: Evidence) -> Mapping[str, int]:
    start = evidence.symptom.incident.node
    declared = evidence.system.by_id.get(start)
    if declared is None or declared.kind != "kpi" or start not in evidence.graph:
        return {}
    steps, queue = {start: 0}, [start]
    for node in queue:
        if node in evidence.models and diagnose(evidence, node) is not None:
            continue
        for cause in sorted(evidence.graph.predecessors(node)):
            if cause not in steps:
                steps[cause] = steps[node] + 1
                queue.append(cause)
    return steps


def stated(change: Change) -> bool:
    """Return whether an event says what was changed, from what to what."""
    return change.before != change.after and change.after is not None


def acted_upon(evidence: Evidence, change: Change) -> float:
    """Return the share of a KPI's change, [0, 1], that a setting may be by how its node uses healthy models' answers.

    What no other node carries; 0 where no model's health is known, and as far as the KPI's change is doubtful.
    """
    node, steps = str(change.node), steps_to_kpi(evidence)
    if node not in steps or not any(diagnose(evidence, model) is not None for model in evidence.models):
        return 0.0
    model = diagnose(evidence, node) is not None if node in evidence.models else False
    left = 1.0 - upstream_share(evidence, None if model else node)[0]
    told = suspected(change) if model and change.kind != "infrastructure" else _told(change, steps)
    told *= BESIDE if node != evidence.symptom.incident.node and _announced_then(evidence) else 1.0
    vague = FARTHER * suspected(change)
    most = vague if announced(evidence, change) else max(USED * told, vague)
    return most * left * reality(evidence.symptom)


def _told(change: Change, steps: Mapping[str, int]) -> float:
    """Return how far a setting is believed that an event states, by the services through which it acts, [0, 1]."""
    distance = steps.get(str(change.node))
    return suspected(change) * STEP ** max(distance - 1, 0) if distance is not None and stated(change) else 0.0


def announced(evidence: Evidence, change: Change) -> bool:
    """Return whether an event of the KPI's own process lies within its onset, and a setting does not."""
    return not _at_onset(evidence, change) and _announced_then(evidence)


def _announced_then(evidence: Evidence) -> bool:
    return evidence.once("announced_then", lambda: _announced_at_onset(evidence))


def _announced_at_onset(evidence: Evidence) -> bool:
    kpi = evidence.symptom.incident.node
    own = (change for change in evidence.changes if change.node == kpi and change.kind in ANNOUNCED)
    return any(suspected(change) == 1.0 for change in own if _at_onset(evidence, change))


def _at_onset(evidence: Evidence, change: Change) -> bool:
    step, onset = timedelta(seconds=evidence.symptom.bucket_seconds), evidence.symptom.onset
    return onset.low - step <= change.ts <= onset.high + step


def set_at_onset(evidence: Evidence) -> float:
    """Return how well a setting changed between models and KPI fits the onset, [0, 1]; 0 without one."""
    steps = steps_to_kpi(evidence)
    told = (c for c in evidence.changes if c.kind in SETTINGS and not announced(evidence, c))
    return max((max(aligned(evidence, change), 0.0) * _told(change, steps) for change in told), default=0.0)
