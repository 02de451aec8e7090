"""What one would try without the engine; each reads the bundle's files itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.incidents.baselines import alerts, alerts_of_nannyml, ks, latest_change, psi, random_candidate, rules
from benchmarks.incidents.files import Files
from benchmarks.incidents.score import Answer


@dataclass(frozen=True)
class Baseline:
    """A ranking of causes from a bundle's files, and the families that it can name (None: any)."""

    answer: Callable[[Files], list[dict[str, Any]]]
    families: frozenset[str] | None

    def __call__(self, folder: Path) -> Answer:
        """Return the ranked causes of a bundle; a baseline says neither how sure it is nor that nothing is wrong."""
        return self.answer(Files(folder)), 1.0, 0.0


OWN = {
    "psi": Baseline(psi.answer, psi.FAMILIES),
    "ks": Baseline(ks.answer, ks.FAMILIES),
    "latest change": Baseline(latest_change.answer, latest_change.FAMILIES),
    "random": Baseline(random_candidate.answer, random_candidate.FAMILIES),
    "rules": Baseline(rules.answer, rules.FAMILIES),
}
"""By the name in the table."""

ALERTS, NANNYML = "drift alerts", "drift alerts (NannyML)"


def baselines(nannyml_python: str | None = None) -> dict[str, Baseline]:
    """Return the baselines by name; NannyML itself where an interpreter has it, else our version of its ranking."""
    if nannyml_python is None:
        return OWN | {ALERTS: Baseline(alerts.answer, alerts.FAMILIES)}
    return OWN | {
        NANNYML: Baseline(partial(alerts_of_nannyml.answer, python=nannyml_python), alerts_of_nannyml.FAMILIES)
    }
