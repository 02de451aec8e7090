"""How the watched system is doing at a glance: what data came last, and which columns drifted."""

from rca.watch.drift import ColumnDrift, ModelDrift, drift_overview
from rca.watch.freshness import SourceFreshness, freshness

__all__ = ["ColumnDrift", "ModelDrift", "SourceFreshness", "drift_overview", "freshness"]
