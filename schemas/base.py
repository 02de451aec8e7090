"""What every document model shares: frozen, and times always in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def to_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; a naive time is taken as UTC (CONTRACT section 1)."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from error


UtcTime = Annotated[datetime, AfterValidator(to_utc)]
"""A moment in UTC. An offset is converted; a naive time is taken as UTC."""


class Document(BaseModel):
    """A record read from a bundle. Unknown keys are ignored here and reported by `rca validate`."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Answer(BaseModel):
    """A part of the answer. Unknown keys are refused: the answer's shape is a promise."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
