"""Records of feedback by hand, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.feedback import Feedback, NamedCause

START = datetime(2026, 3, 5, tzinfo=UTC)

AMOUNT = NamedCause(family="data_quality", node="payments-feed", subject="amount")
COUNTRY = NamedCause(family="population_shift", node="fraud-scorer", subject="country")


def said(
    minute: int, reviewer: str, verdict: str | None = None, cause: NamedCause | None = AMOUNT, **parts: Any
) -> Feedback:
    """Return a record of inc-42, said so many minutes after START; without a verdict, that there was no fault."""
    kind = parts.pop("kind", "verdict" if verdict else "no_fault")
    return Feedback(
        id=parts.pop("id", f"{minute:06d}"),
        at=START + timedelta(minutes=minute),
        reviewer=reviewer,
        incident=parts.pop("incident", "inc-42"),
        analysis=parts.pop("analysis", "a" * 32),
        kind=kind,
        cause=cause if verdict or kind == "missing" else None,
        verdict=verdict,
        **parts,
    )


def taken_back(minute: int, record: Feedback) -> Feedback:
    """Return the record that takes another back."""
    return Feedback(
        id=f"u{minute:06d}",
        at=START + timedelta(minutes=minute),
        reviewer=record.reviewer,
        incident=record.incident,
        kind="undo",
        reverts=record.id,
    )
