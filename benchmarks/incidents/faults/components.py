"""Components that break: calls fail, callers try again, a store stops answering."""

from dataclasses import dataclass

import numpy as np

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.components import fail, places
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class ErrorBurst:
    """A service's calls fail in the touched requests; no resource of it is short.

    `retries`: how often callers call again (a retry storm); each try takes its time.
    """

    service: str
    extent: Extent
    retries: int = 0
    stage: Stage = "operations"

    def apply(self, world: World) -> None:
        """Fail the calls, and let the callers try again."""
        mask = world.touched(self.extent, "errors")
        fail(world, self.service, mask)
        for place in places(world, self.service) if self.retries else []:
            again = mask & np.isfinite(world.self_ms[:, place])
            world.calls[again, place] += self.retries

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("component_fault", self.service, "errors", "retry_storm" if self.retries else "error_burst")


@dataclass(frozen=True, slots=True)
class StoreFallback:
    """A store's calls fail, and the models read nothing for the columns that they get from it.

    The nulls of all `columns` come together in the requests whose calls failed; they are the
    consequence, and the store's errors the cause.
    """

    service: str
    columns: tuple[str, ...]
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Fail the calls and null the columns in the same requests."""
        mask = world.touched(self.extent, "fallback")
        fail(world, self.service, mask)
        for column in self.columns:
            values = world.columns[column]
            values[mask] = None if values.dtype == object else np.nan

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("component_fault", self.service, "errors", "store_fallback")
