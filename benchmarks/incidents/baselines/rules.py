"""A page of common-sense rules, in the order in which an experienced person would ask.

Each rule that fires names a cause with a rough weight; the heaviest comes first. No model of the
symptom, no test of what a change did: what a careful script over the logs would do.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.incidents.baselines.columns import column_rules
from benchmarks.incidents.baselines.components import Guess, broken_components, slow_operations
from benchmarks.incidents.baselines.latest_change import SETTINGS, subject_of
from benchmarks.incidents.baselines.windows import onset_of, windows
from benchmarks.incidents.files import Files

FAMILIES = None
EARLIER, LATER = np.timedelta64(36, "h"), np.timedelta64(12, "h")
"""How long before the onset, and after it, an event is near it."""

OF_COLUMNS = {"data_quality", "schema_change", "feature_drift"}
OF_SERVICES = {"component_fault", "latency_component"}


def near(files: Files) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield the events around the onset, and how close they are, (0, 1]."""
    onset = onset_of(files)
    for event in files.changes:
        if onset is not None and -EARLIER < event["ts"] - onset < LATER:
            yield 1 - abs(float((event["ts"] - onset) / EARLIER)), event


def event_rules(files: Files) -> Iterator[Guess]:
    """Yield what changed near the onset on the nodes that matter."""
    for closeness, event in near(files):
        node, kind = event["node"], event["kind"]
        if node in files.models and (kind == "deploy" or kind in SETTINGS):
            own = "model_change" if kind == "deploy" else "config_change"
            family = own if node == files.model else "upstream_model_change"
            subject = subject_of(event, {own})
            if subject is not None:  # a release that names no version changed none
                yield 1.6 + closeness, family, node, subject
        elif kind == "label_guideline" and node == files.model:
            yield 1.2 + closeness, "label_change", node, None


def upstream(files: Files, guess: Guess) -> Guess:
    """Return a guess about a column that a model makes as one about that model, with its latest change."""
    weight, family, node, subject = guess
    if family not in OF_COLUMNS or node not in files.models:
        return guess
    events = [event for _, event in near(files) if event["node"] == node]
    kinds = {"config_change"} if events and events[-1]["kind"] in SETTINGS else {"model_change"}
    return weight, "upstream_model_change", node, subject_of(events[-1], kinds) if events else subject


def outcome_rules(files: Files) -> Iterator[Guess]:
    """Yield what the rows and labels of the reported model say when no column does."""
    node = files.model
    if not node or "label" not in files.columns(node):
        return
    window = windows(files, node)
    sql = "SELECT avg(v), stddev_samp(v) FROM (SELECT TRY_CAST(label AS DOUBLE) AS v FROM {} WHERE {})"
    before, after = (
        files.connection.execute(sql.format(files.logs(node), w)).fetchone() for w in (window.before, window.after)
    )
    if before and after and before[1] and after[0] is not None:
        moved = abs(after[0] - before[0]) / before[1]
        yield 0.6, "concept_drift", node, None
        yield 0.3 + min(1.0, moved), "population_shift", node, None


def relevant(files: Files, guess: Guess) -> bool:
    """Return whether a guess is about what was reported: services for a service, else models and data."""
    service = files.nodes.get(files.incident["node"], {}).get("kind") == "service"
    return not service or guess[1] in OF_SERVICES


def answer(files: Files) -> list[dict[str, Any]]:
    """Return the guesses, the heaviest first."""
    rules = (column_rules, event_rules, outcome_rules, broken_components, slow_operations)
    found = (upstream(files, guess) for rule in rules for guess in rule(files))
    guesses = sorted((g for g in found if relevant(files, g)), key=lambda guess: (-guess[0], str(guess)))
    return [
        {"family": family, "node": node, "subject": subject, "confidence": 0.0, "mechanism": None}
        for family, node, subject in dict.fromkeys(guess[1:] for guess in guesses)
    ]
