"""One cause seen at several models: a column that two of them read is one cause, acting in two ways."""

from collections.abc import Iterable
from dataclasses import replace

from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate

MANY = 2


def merged(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates with one for each cause: the one that explains most, with what all of them explain.

    What passes through one model does not pass through the other: together they leave (1 - a)(1 - b) of the symptom.
    """
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in found:
        # without a column the mechanism alone says what is meant
        kind = candidate.mechanism if candidate.subject is None else None
        groups.setdefault((*candidate.key, kind), []).append(candidate)
    return tuple(_together(group) for group in groups.values())


def _together(group: list[Candidate]) -> Candidate:
    best = max(group, key=lambda c: (c.impact * c.specificity, c.impact, c.observed_at or ""))
    alike = [c for c in group if c.mechanism == best.mechanism]
    left = 1.0
    for observed in sorted({c.observed_at or "" for c in alike}):
        left *= 1 - max(c.impact for c in alike if (c.observed_at or "") == observed)
    readers = sorted({c.observed_at for c in alike if c.observed_at})
    if len(readers) < MANY:
        return best
    text = f"read by {' and '.join(readers)}: together that explains {1 - left:.0%} of the symptom"
    item = EvidenceItem(kind="estimate", text=text, data={"share": round(1 - left, 4)})
    explains = dict.fromkeys(key for c in (best, *alike) for key in c.explains)
    return replace(best, impact=1 - left, explains=tuple(explains), evidence=(*best.evidence, item))
