"""What happens to stored data over time: old raw rows are rolled up, those of one subject are erased."""

from rca.keep.erase import Erased, erase
from rca.keep.retain import Horizon, Retained, retain

__all__ = ["Erased", "Horizon", "Retained", "erase", "retain"]
