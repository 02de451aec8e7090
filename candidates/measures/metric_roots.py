"""Which components are roots of a symptom, from component metrics and the call graph alone.

A root is a component whose own anomaly comes and goes with the symptom, is large enough to be it, stands out of what
the same comparison gave over the baseline, and is not explained by what it calls. What callees explain is their
contribution times a factor between nothing and what they could add at most, fitted near the onset; what is left over is
held against the same residual over the baseline, so that a caller is judged given its callees. All that moves with the
symptom then competes for it, so that two roots share it.

References
----------
Li et al., "Causal Inference-Based Root Cause Analysis for Online Service Systems with Intervention Recognition", KDD
2022: a root is anomalous given its parents.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.component_series import requests_of
from candidates.measures.error_counts import surest
from candidates.measures.flow import Flow, flows
from candidates.measures.matched_filter import Look, in_spreads, seen_through
from candidates.measures.own_latency import MAX_CALLS, call_each_other, measured_callees
from candidates.measures.requests import unproven
from candidates.measures.usual_movement import UNKNOWN, beyond_usual
from schemas.evidence import Evidence, FloatArray

MIN_Z, SURE = 3.0, 8.0
"""Spreads from which on an anomaly is looked at, and from which on it is certain."""

MOST_FACTOR = 1.5
"""A contribution adds at most this many times itself to its caller: calls are counted by samples, callers retry."""

COUNTED = 0.1
"""How much the calls counted weigh against what fits best: of contributions alike in shape each counts as recorded."""

DOUBT = 0.1
"""Share of a component's anomaly that callees never explain: a caller that asks for nonsense makes its callee fail."""

MOST_CALLEES = 12
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class MetricRoot:
    """One component with an anomaly that moves with the symptom.

    Parameters
    ----------
    share
        Of the symptom that the component's contribution could be, [0, 1], whether its own or passed on.
    own
        Share of the component's anomaly that no callee explains, [0, 1].
    z
        Its own part in standard deviations of the same comparison over the baseline, at most 50.
    r
        Correlation with the symptom near the onset.
    callee
        The callee that explains most of the rest, if any.
    most
        The largest factor by which its contribution may add to the symptom.
    rest
        (R,) its own contribution near the onset: what callees do not explain.
    part
        Of the symptom when all that moves with it competes for it, [0, 1].
    """

    flow: Flow
    share: float
    own: float
    z: float
    r: float
    callee: str | None
    most: float
    rest: FloatArray
    part: float = 0.0

    @property
    def impact(self) -> float:
        """Return the share of the symptom that begins here: the mean of what it could be alone and beside others."""
        return (self.share * self.own + self.part) / 2

    @property
    def certainty(self) -> float:
        """Return how plainly its own part stands out of the baseline, [0, 1]."""
        return float(np.clip(self.z / SURE, 0.0, 1.0))


def metric_roots(evidence: Evidence, kind: str | None = None) -> tuple[MetricRoot, ...]:
    """Return the components that move with the symptom, most of it first.

    Parameters
    ----------
    kind
        `time` or `errors`; default: as the symptom. Amounts of another kind do not compare in size.
    """
    return evidence.once(("metric_roots", kind), lambda: _metric_roots(evidence, kind))


def _metric_roots(evidence: Evidence, kind: str | None) -> tuple[MetricRoot, ...]:
    found = flows(evidence)
    if found is None:
        return ()
    shape = found.rows(found.target)
    shape = shape - shape.mean()
    power = float(np.linalg.norm(shape))
    if power <= 0:
        return ()
    kind = kind or found.target.kind
    looks = {
        node: one
        for (its, node), flow in found.by_node.items()
        if its == kind and (one := _counted(evidence, seen_through(found, flow, shape / power))).z >= MIN_Z
    }
    named = [node for node in sorted(looks) if looks[node].flow.recorded]
    target = seen_through(found, found.target, shape / power)
    roots = [_root(evidence, target, looks, node, shape) for node in named]
    usual = beyond_usual(evidence) < 1.0
    roots = [one for one in roots if one.flow.node != found.target.node or not usual]
    rest = found.target.node if kind == found.target.kind else ""
    return tuple(sorted(_shared_out(roots, rest, shape), key=_place))


def _counted(evidence: Evidence, look: Look) -> Look:
    """Return a look that is no surer than the counts of the errors it is of allow."""
    node = look.flow.node
    most = surest(evidence, look.flow.series, requests_of(evidence, node)) if look.flow.kind == "errors" else math.inf
    return replace(look, z=min(look.z, most))


def _place(root: MetricRoot) -> tuple[float, str]:
    return (-root.impact * root.certainty, root.flow.node)


def _shared_out(roots: Sequence[MetricRoot], target: str, shape: FloatArray) -> list[MetricRoot]:
    """Return the roots with their parts of the symptom when all compete for it; a target's own is what is left."""
    inner = sorted((one for one in roots if one.flow.node != target), key=_place)
    factors = bounded_fit(shape, [one.rest for one in inner], [one.most for one in inner])
    power = float(shape @ shape)
    parts = [float(factor * (one.rest @ shape)) / power for factor, one in zip(factors, inner, strict=True)]
    parts = [min(max(part, 0.0), 1.0) * one.certainty for part, one in zip(parts, inner, strict=True)]
    left = max(1.0 - math.fsum(parts), 0.0)
    found = [replace(one, part=part) for one, part in zip(inner, parts, strict=True)]
    return [*found, *(replace(one, part=left) for one in roots if one.flow.node == target)]


def own_key(key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the anomaly that a metric's own part is: what callees do to the metric, measured, does not reach it."""
    return ("own", *key[1:])


def plainly(evidence: Evidence, root: MetricRoot) -> float:
    """Return how plainly a root shows in the symptom, whatever the metric's level over the window says, in [0, 1].

    A fault of a few rows hardly moves the window's mean. It is plain where another component stands out of its own
    baseline, the target went with it, and either by more than it moves anyway or by as much as the other contributes.
    """
    found = flows(evidence)
    if found is None or root.flow.node == found.target.node or root.flow.kind != found.target.kind:
        return 0.0
    beyond = beyond_usual(evidence)
    if beyond == UNKNOWN and unproven(evidence.symptom):
        beyond = 0.0  # a baseline too short to know the time of day, and a metric that hardly moved
    return root.r**2 * root.certainty * max(min(beyond - 1.0, 1.0), root.share * root.own)


def _most(callee: Look, caller: Look) -> float:
    """Return the largest factor by which a callee may add to its caller.

    Where calls are not counted there may be many of them; but growth is diluted on its way: a callee that grew by a
    smaller factor than its caller counts as called once.
    """
    return MOST_FACTOR if callee.flow.scaled or callee.growth < caller.growth else MAX_CALLS


def _root(evidence: Evidence, complaint: Look, looks: Mapping[str, Look], node: str, shape: FloatArray) -> MetricRoot:
    look, unit = looks[node], shape / np.linalg.norm(shape)
    callees = _callees(evidence, looks, node)
    factors = bounded_fit(look.rows, [one.rows for one in callees], [_most(one, look) for one in callees])
    # a callee whose own anomaly may be chance explains nothing for sure
    factors = factors * np.array([min(one.z / SURE, 1.0) for one in callees])
    passed = np.array([factor * one.output for factor, one in zip(factors, callees, strict=True)])
    target = node == complaint.flow.node
    least = 0.0 if target else DOUBT
    own = float(np.clip(1.0 - passed.sum() / look.output, least, 1.0))
    z = look.z * own
    if callees and all(one.past.shape == look.past.shape for one in callees):
        past = look.past - _added(factors, [one.past for one in callees])
        z = max(min(z, in_spreads(look.output - float(passed.sum()), past, unit, look.floor)), least * look.z)
    if target:  # its own shape fits it whatever happened
        z = min(z, MIN_Z * beyond_usual(evidence))
    alike = look.flow.kind == complaint.flow.kind
    most = _most(look, complaint) if alike else math.inf
    target = target and alike
    return MetricRoot(
        flow=look.flow,
        share=1.0 if target else _share(look, shape, most),
        own=own,
        z=max(z, 0.0),
        r=1.0 if target else _r(look.rows, shape),
        callee=callees[int(passed.argmax())].flow.node if passed.size and passed.max() > 0 else None,
        most=most,
        rest=look.rows - _added(factors, [one.rows for one in callees]) if callees else look.rows,
    )


def _added(factors: FloatArray, parts: Sequence[FloatArray]) -> FloatArray:
    return np.asarray(np.tensordot(factors, np.stack(parts), axes=1))


def _callees(evidence: Evidence, looks: Mapping[str, Look], node: str) -> list[Look]:
    """Return what a component calls that moves with the symptom; of two that call each other the plainer one."""
    found = [
        looks[name]
        for name in measured_callees(evidence, node, looks)
        if not call_each_other(evidence, node, name) or (looks[name].growth, name) > (looks[node].growth, node)
    ]
    return sorted(found, key=lambda one: (-one.output, one.flow.node))[:MOST_CALLEES]


def _r(rows: FloatArray, shape: FloatArray) -> float:
    centred = rows - rows.mean()
    size = float(np.linalg.norm(centred) * np.linalg.norm(shape))
    return float(np.clip(centred @ shape / size, 0.0, 1.0)) if size > 0 else 0.0


def _share(look: Look, shape: FloatArray, most: float) -> float:
    """Return how much of the symptom near the onset a contribution can be: 1 less what it leaves, as amplitudes."""
    centred = look.rows - look.rows.mean()
    factor = float(np.clip(centred @ shape / max(float(centred @ centred), 1e-300), 0.0, most))
    return float(np.clip(1.0 - np.linalg.norm(shape - factor * centred) / np.linalg.norm(shape), 0.0, 1.0))


def bounded_fit(y: FloatArray, parts: Sequence[FloatArray], most: Sequence[float]) -> FloatArray:
    """Return the factors (K,) in [0, most] with which parts (R,) fit y (R,) best, up to a constant.

    Least squares with a penalty on distances of the factors from 1 (a ridge, which decides where parts are alike), by
    coordinate descent.
    """
    factors = np.zeros(len(parts))
    centred = [part - part.mean() for part in parts]
    power = [float(part @ part) for part in centred]
    left = y - y.mean()
    for _ in range(ROUNDS if len(parts) > 1 else 1):
        for k, part in enumerate(centred):
            if power[k] > 0:
                best = (factors[k] + part @ left / power[k] + COUNTED) / (1 + COUNTED)
                new = float(np.clip(best, 0.0, most[k]))
                left = left - (new - factors[k]) * part
                factors[k] = new
    return factors
