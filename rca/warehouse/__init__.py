"""The only place that opens DuckDB."""

from rca.warehouse.store import Warehouse

__all__ = ["Warehouse"]
