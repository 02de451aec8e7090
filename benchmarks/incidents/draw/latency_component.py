"""Draw a slow operation or a slow connection."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.edge import SlowEdge
from rca.demo.faults import SlowOperation
from rca.demo.services import operations
from rca.demo.world import Fault


def slow_operation(luck: Luck) -> Fault | None:
    """Return one operation that slows down."""
    operation = luck.one_of(operations(luck.domain))
    extent = luck.extent(sliced=0.0, share=luck.one_of((1.0, 1.0, 0.5, 0.2)), labels=False)
    return SlowOperation(operation.service, operation.operation, luck.between(2.0, 8.0), extent)


def slow_edge(luck: Luck) -> Fault | None:
    """Return one connection that slows down; the trace shows the wait in the caller's own time."""
    parts = operations(luck.domain)
    callee = luck.one_of([place for place, part in enumerate(parts) if part.caller is not None])
    extent = luck.extent(sliced=0.0, share=luck.one_of((1.0, 0.5)), labels=False)
    return SlowEdge(int(parts[callee].caller or 0), callee, luck.between(8.0, 40.0), extent)


MECHANISMS = {"slow_operation": slow_operation, "slow_edge": slow_edge}
