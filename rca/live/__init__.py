"""What a running service keeps: one writer, any number of readers, receipts apart from the database."""

from rca.live.delivery import Delivery, Receipt
from rca.live.store import Store

__all__ = ["Delivery", "Receipt", "Store"]
