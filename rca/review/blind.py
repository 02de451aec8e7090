"""Which incidents a second reviewer should judge without knowing what the first said: grave ones, and a sample."""

import hashlib
from collections.abc import Iterable, Sequence

from rca.review.feedback import live
from schemas.feedback import Feedback, account

GRAVE = frozenset({"critical", "high", "sev0", "sev1", "p0", "p1"})
SAMPLED = 0.2
"""Share of all other incidents that are judged twice, so that agreement is known for those as well."""

ENOUGH = 2
"""Reviewers, each on their own."""


def wants_second(incident: str, severity: str | None) -> bool:
    """Return whether two reviewers are to judge an incident: by its severity, or by a draw that its id decides."""
    if severity and severity.strip().lower() in GRAVE:
        return True
    drawn = int.from_bytes(hashlib.sha256(incident.encode()).digest()[:8], "big") / 2**64
    return drawn < SAMPLED


def judges(records: Sequence[Feedback]) -> frozenset[str]:
    """Return the accounts that said something which stands."""
    return frozenset(account(each.reviewer) for each in live(records))


def blind_to(records: Sequence[Feedback], reviewer: str) -> bool:
    """Return whether a reviewer has yet to say what they think of an incident."""
    return account(reviewer) not in judges(records)


def own(records: Iterable[Feedback], reviewer: str) -> tuple[Feedback, ...]:
    """Return what one reviewer said, undone records included."""
    return tuple(each for each in records if account(each.reviewer) == account(reviewer))
