"""The recorded cases of a folder, and the two halves: what may be tuned on, and what is only reported.

The first of the two days of recording is for tuning, the second is held out: all fault types are on both days. The
second's totals, and which cases were missed, were looked at twice while the engine was made; one case is a test's.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rca.errors import InputError

SAMPLE = Path(__file__).parents[1] / "data" / "nezha"
TUNING_DAY = "2022-08-22"
HALVES = ("tune", "held-out", "all")
TRUTH = "truth.json"


@dataclass(frozen=True)
class Recorded:
    """One recorded fault: the bundle's folder, the kind of fault, the faulty service and the day."""

    name: str
    folder: Path
    fault: str
    node: str
    day: str

    @property
    def half(self) -> str:
        """Return which half it belongs to."""
        return "tune" if self.day == TUNING_DAY else "held-out"


def read_cases(data: Path, half: str = "all") -> tuple[Recorded, ...]:
    """Return the cases of a folder in the order of their names.

    Raises
    ------
    InputError
        When there is no `truth.json` in it, or no case of that half.
    """
    told = data / TRUTH
    if not told.is_file():
        what = f"no {TRUTH} with the labels beside the cases"
        raise InputError(what, file=data, mend="give a folder of bundles as benchmarks/data/nezha/SOURCES.md says")
    found = tuple(_case(data, one) for one in sorted(json.loads(told.read_text()), key=lambda one: one["id"]))
    chosen = tuple(case for case in found if half in {case.half, "all"})
    if not chosen:
        raise InputError(f"no case of the half {half}", file=data, mend="choose another with --half")
    return chosen


def _case(data: Path, told: dict[str, str]) -> Recorded:
    folder = data / told["id"]
    if not (folder / "incident.json").is_file():
        raise InputError("a labelled case is missing", file=folder, mend=f"copy it, or take it out of {TRUTH}")
    started = json.loads((folder / "incident.json").read_text())["started_at"]
    return Recorded(told["id"], folder, told["fault"], told["node"], started[:10])


def by_fault(cases: Iterable[Recorded]) -> dict[str, list[str]]:
    """Return kind of fault -> names of the cases, ordered."""
    found: dict[str, list[str]] = {}
    for case in cases:
        found.setdefault(case.fault, []).append(case.name)
    return dict(sorted(found.items()))
