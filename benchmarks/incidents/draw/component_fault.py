"""Draw components that break.

Decidable: a saturated resource moves before the latency and errors that it brings; failing calls
without a short resource are the cause themselves; a store's nulls come in several columns at once and
with its errors.
"""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.components import ErrorBurst, StoreFallback
from rca.demo.faults import Resource, Saturation
from rca.demo.services import API, SERVICES
from rca.demo.world import Fault

STORE = "feature-store"
CALLED = tuple(service for service in SERVICES if service != API)


def saturation(luck: Luck) -> Fault | None:
    """Return a service that runs out of something."""
    resources: tuple[Resource, ...] = ("cpu", "memory", "disk", "network")
    extent = luck.extent(sliced=0.0, share=luck.one_of((1.0, 0.7, 0.4)), labels=False)
    return Saturation(
        luck.one_of(SERVICES),
        luck.one_of(resources),
        rise=luck.between(0.2, 0.45),
        slowdown=luck.between(1.5, 5.0),
        failing=luck.one_of((0.0, 0.0, luck.between(0.02, 0.2))),
        extent=extent,
    )


def error_burst(luck: Luck) -> Fault | None:
    """Return a service whose calls fail."""
    extent = luck.extent(sliced=0.0, ramp=0.2, share=luck.between(0.01, 0.15), labels=False)
    return ErrorBurst(luck.one_of(SERVICES), extent)


def retry_storm(luck: Luck) -> Fault | None:
    """Return a service whose calls fail and are tried again and again."""
    extent = luck.extent(sliced=0.0, ramp=0.2, share=luck.between(0.03, 0.3), labels=False)
    return ErrorBurst(luck.one_of(CALLED), extent, retries=int(luck.rng.integers(1, 4)))


def store_fallback(luck: Luck) -> Fault | None:
    """Return a store that fails, so that the models do without what it delivers."""
    names = [name for name in luck.inputs() if name in luck.final.inputs and luck.cascade.pool[name].ndim == 1]
    ranked = sorted(names, key=luck.cascade.importance, reverse=True)
    columns = tuple(ranked[: max(len(ranked) * 2 // 3, 2)])
    extent = luck.extent(sliced=0.0, ramp=0.2, share=luck.between(0.3, 0.9))
    return StoreFallback(STORE, columns, extent) if len(columns) > 1 else None


MECHANISMS = {
    "saturation": saturation,
    "error_burst": error_burst,
    "retry_storm": retry_storm,
    "store_fallback": store_fallback,
}
