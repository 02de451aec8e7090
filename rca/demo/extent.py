"""When, how gradually, for how many requests and in which slice an effect acts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = np.timedelta64(24 * 3600 * 1_000_000, "us")


def days(amount: float) -> np.timedelta64:
    """Return a number of days as a time difference in whole microseconds."""
    return np.timedelta64(round(amount * 24 * 3600 * 1_000_000), "us")


@dataclass(frozen=True, slots=True)
class Extent:
    """Which requests an effect touches.

    Parameters
    ----------
    onset, until
        Days before the end of the log at which the effect begins and ends.
    ramp
        Days over which it grows from nobody to everybody; 0 is a sharp onset.
    share
        Share of the requests in the slice that it touches once it is fully there, in [0, 1].
    column, value
        The slice `column=value` it is confined to; None for all requests.
    """

    onset: float
    ramp: float = 0.0
    share: float = 1.0
    until: float = 0.0
    column: str | None = None
    value: str | None = None

    @property
    def predicate(self) -> str | None:
        """Return the slice in the contract's grammar."""
        return None if self.column is None else f"{self.column}={self.value}"

    def level(self, ts: NDArray[np.datetime64], end: np.datetime64) -> NDArray[np.float64]:
        """Return how far the effect is there at each time, in [0, 1], shape (N,)."""
        before_end = (end - ts) / DAY
        grown = (self.onset - before_end) / self.ramp if self.ramp else np.where(before_end <= self.onset, 1.0, 0.0)
        return np.where(before_end >= self.until, np.clip(grown, 0.0, 1.0), 0.0)

    def active(self, ts: NDArray[np.datetime64], end: np.datetime64) -> NDArray[np.bool_]:
        """Return the times at which the effect is there at all, shape (N,)."""
        return self.level(ts, end) > 0
