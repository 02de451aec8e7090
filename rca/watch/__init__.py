"""How the watched system is doing at a glance: what data came last, and which columns drifted."""

from rca.watch.drift import ColumnDrift, drift_overview
from rca.watch.freshness import SourceFreshness, freshness

__all__ = ["ColumnDrift", "SourceFreshness", "drift_overview", "freshness"]
