"""Which model version, or configuration, came in near the symptom's onset."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from candidates.measures.change_words import suspected
from candidates.measures.changed_keys import changed_key, key_in_title
from candidates.measures.clock import alignment, stamp
from candidates.measures.diagnosis import ModelDiagnosis, diagnose
from candidates.measures.influence import function_share
from candidates.measures.predicates import Slice
from candidates.measures.served_function import Deviations
from candidates.measures.slice_report import sharpest_slice
from candidates.measures.slices import selected
from candidates.measures.version_step import with_version
from schemas.analysis import EvidenceItem
from schemas.evidence import BoolArray, Evidence, ModelEvidence, Onset
from schemas.incident import Change

SLACK = 0.1
"""Share of the window by which a change of the answers may be misdated."""
FARTHER = 0.4
CONFINED = 0.5
"""How unmistakable a slice must be for the answers' change to be looked for in its rows alone."""
VERSION = re.compile(r"[A-Za-z].*\d|\d.*[A-Za-z]|\d\.\d+\.\d")
"""A name with a letter and a digit, or of three numbers, is not met by chance among settings."""
SETTINGS = frozenset({"config", "flag", "infrastructure"})


@dataclass(frozen=True, slots=True)
class Switch:
    """A new version (or configuration key) of a model, and when it began to serve, UTC."""

    subject: str
    since: datetime
    what: str
    alignment: float
    item: EvidenceItem


def _aligned(evidence: Evidence, moment: datetime) -> float:
    step = timedelta(seconds=evidence.symptom.bucket_seconds)
    return alignment(Onset(moment, moment, moment + step), evidence.symptom)


def change_subject(change: Change) -> str | None:
    """Return what a change event is about: its key, version or title."""
    after = change.after if isinstance(change.after, dict) else {}
    if "version" in after and change.kind == "deploy":
        return str(after["version"])
    key = changed_key(change.before, change.after)
    if key is not None and change.kind != "deploy":
        return key
    if "key" in after:
        return str(after["key"])
    if change.kind == "deploy" and isinstance(change.after, str | int | float):
        return str(change.after)
    return key or (key_in_title(change.title, change.node) if change.kind in SETTINGS else None) or change.title


def change_item(change: Change) -> EvidenceItem:
    """Return a change event as evidence: what, where, when, and from what to what."""
    moved = "" if change.before is None and change.after is None else f" ({change.before} -> {change.after})"
    title = change.title or change_subject(change) or "untitled"
    data = change.model_dump(mode="json", include={"ts", "node", "kind", "title", "before", "after"})
    text = f"{change.kind} on {change.node} at {stamp(change.ts)}: {title}{moved}"
    return EvidenceItem(kind="change", text=text, data=data)


def version_switch(evidence: Evidence, node: str) -> Switch | None:
    """Return the logged version that took over nearest the onset, if one did."""
    model = evidence.models.get(node)
    if model is None:
        return None
    # hours of the switch may be counted with those before it
    since = evidence.symptom.onset.low - timedelta(seconds=evidence.symptom.bucket_seconds)
    new = [v for v in model.versions if v.version and v.n_before < (0.2 if v.first < since else 1.0) * v.n_after]
    known = [v for v in model.versions if v.n_before > 0 and v not in new]
    if not new or not known:
        return None
    best = max(new, key=lambda v: (v.n_after, v.version))
    item = EvidenceItem(
        kind="change",
        text=f"{node} serves version {best.version} since {stamp(best.first)}",
        data={"version": best.version, "since": best.first.isoformat(), "rows": best.n_after},
    )
    return Switch(best.version, best.first, "version", _aligned(evidence, best.first), item)


def suspected_version(evidence: Evidence, node: str, version: str) -> float:
    """Return how far a version is suspected by the words of the event that brought it in, (0, 1]; 1 without one."""
    told = (c for c in evidence.changes if c.node == node and c.kind == "deploy" and change_subject(c) == version)
    return min((suspected(change) for change in told), default=1.0)


def brings_version(evidence: Evidence, change: Change) -> bool:
    """Return whether a setting lets a new version serve, all requests or some: the version is what changed then.

    It says so of what is since, and not of what was before: a setting that a version has is another matter.
    """
    node = str(change.node)
    switch = version_switch(evidence, node)
    if switch is None or not VERSION.search(switch.subject) or suspected_version(evidence, node, switch.subject) < 1.0:
        return False
    name = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(switch.subject)}(?![A-Za-z0-9]|\.\d)")
    return name.search(str(change.after)) is not None and name.search(str(change.before)) is None


def event_switch(evidence: Evidence, node: str, kinds: Collection[str]) -> Switch | None:
    """Return the change event of some kinds on a node that best fits the onset, if one is near.

    Of several one that by its words may change answers.
    """
    best: Switch | None = None
    most = 0.0
    for change in evidence.changes:
        subject = change_subject(change)
        if change.node != node or change.kind not in kinds or subject is None:
            continue
        fit = _aligned(evidence, change.ts)
        if fit * suspected(change) > most:
            best, most = Switch(subject, change.ts, change.kind, fit, change_item(change)), fit * suspected(change)
    return best


def function_strength(diagnosis: ModelDiagnosis) -> float:
    """Return how strongly the served function moved, on the scale of a z-score."""
    return max(0.0, (diagnosis.function_ratio - 1.0) * 10.0, diagnosis.function_shift * 10.0)


def dated(
    evidence: Evidence,
    node: str,
    diagnosis: ModelDiagnosis,
    moment: datetime,
    *,
    setting: bool = False,
    at: str | None = None,
) -> float:
    """Return how well a moment fits the time since when a model answers differently (else the symptom's), [0, 1].

    What came in clearly before the answers changed did not change them, nor did what came in after. Of several
    that came in at about that time (versions, settings), the nearest takes precedence.

    Parameters
    ----------
    at
        Where a setting was changed, if not on the model itself.
    """
    symptom = evidence.symptom
    onset = diagnosis.function_onset or symptom.onset
    span = max((symptom.window.end - symptom.window.start).total_seconds(), 4 * symptom.bucket_seconds)
    slack = max(2 * symptom.bucket_seconds, SLACK * span)
    gap = max((onset.low - moment).total_seconds(), (moment - onset.high).total_seconds(), 0.0)
    fits = max(0.0, 1.0 - 4.0 * max(0.0, gap - slack) / span)
    switch = version_switch(evidence, node)
    touched = (c for c in evidence.changes if c.node in {node, at} and c.kind in SETTINGS and change_subject(c))
    settings = [c.ts for c in touched if suspected(c) == 1.0]
    versions = [switch.since] if switch else []
    own = abs((moment - onset.at).total_seconds())
    nearer = any(abs((other - onset.at).total_seconds()) < own for other in (*settings, *versions))
    # a setting that came with a version is part of it
    with_version = setting and any(abs((v - onset.at).total_seconds()) <= own for v in versions)
    return fits * (FARTHER if nearer or with_version else 1.0)


def spared(evidence: Evidence, node: str, switch: Switch) -> float:
    """Return how far the answers changed with the new version's rows, and not at another moment, [0, 1].

    Where the change is confined to a slice only the slice's rows can tell. 1 when nothing can be seen.
    """
    diagnosis = diagnose(evidence, node)
    if diagnosis is None or switch.what != "version" or diagnosis.deviation is None:
        return 1.0
    found = diagnosis.deviation
    sharpest = sharpest_slice(evidence, node)
    kept = np.ones(len(found.row), dtype=bool)
    if sharpest is not None and sharpest.sure > CONFINED:
        kept = _inside(evidence.models[node], sharpest.found.where, found)
    new = found.version == switch.subject
    return with_version(found.size[kept], found.ts[kept], new[kept], found.part[kept] == 0)


def _inside(model: ModelEvidence, where: Slice, found: Deviations) -> BoolArray:
    """Return (N,) which of the rows that were held against the old function lie in a slice."""
    out = np.zeros(len(found.row), dtype=bool)
    for rows, which in ((model.rows, found.part < 2), (model.between, found.part == 2)):
        if rows is not None and which.any():
            out[which] = selected(where, model.columns, rows)[found.row[which]]
    return out


def version_share(evidence: Evidence, node: str) -> float:
    """Return the share of the symptom that the new version of a model explains, [0, 1]; 0 without one."""
    switch, diagnosis = version_switch(evidence, node), diagnose(evidence, node)
    if switch is None or diagnosis is None:
        return 0.0
    return (
        function_share(evidence, node) * dated(evidence, node, diagnosis, switch.since) * spared(evidence, node, switch)
    )
