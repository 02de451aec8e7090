"""What a dated event is: a system, its models' training time, the time served, and what may be answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns, ModelSpec

Moments = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answer that a reviewer who knows the event would confirm; `subjects` empty: any."""

    family: str
    node: str
    subjects: tuple[str, ...]
    why: str

    def truth(self) -> dict[str, Any]:
        """Return it as a truth (CONTRACT section 5)."""
        first, *others = self.subjects or (None,)
        return {
            "family": self.family,
            "node": self.node,
            "subject": first,
            "also_subjects": others,
            "mechanism": self.why,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """One dated event, or a control in which nothing is wrong (`accepted` empty).

    Parameters
    ----------
    happened
        What is known of it, and what is not.
    load
        Returns the table with `ts`, the moment of each row, in order of time.
    trained
        From the rows' moments, (N,), which rows the model is trained on.
    served
        First and last moment served; the incident is noticed at the last.
    metric, node
        What is reported; of the model unless said.
    figures
        (node, metric) -> the daily figure that a feed reports of its rows, from the columns served.
    """

    name: str
    table: str
    happened: str
    load: Callable[[], Columns]
    spec: ModelSpec
    sources: Mapping[str, tuple[str, ...]]
    trained: Callable[[Moments], NDArray[np.bool_]]
    served: tuple[str, str]
    metric: str
    accepted: tuple[Accepted, ...] = ()
    node: str | None = None
    segments: tuple[str, ...] = ()
    batch: str = "M"
    figures: Mapping[tuple[str, str], Callable[[Columns], NDArray[np.float64]]] = field(default_factory=dict)


def between(first: str, last: str) -> Callable[[Moments], NDArray[np.bool_]]:
    """Return which moments lie in [first, last)."""
    return lambda ts: np.asarray((ts >= np.datetime64(first)) & (ts < np.datetime64(last)))
