"""Hotel bookings: who cancels (the demo's system), what a night costs, and what a whole stay does."""

from benchmarks.incidents.models.histgb import fit_histgb
from benchmarks.incidents.tables.system import system
from rca.demo.domain import Columns, ModelSpec
from rca.demo.hotel import HOTEL, load_hotel
from rca.demo.table import REQUEST_LOG, take

__all__ = ["HOTEL", "HOTEL_BILL", "HOTEL_PRICE"]

DEAR = 400.0
"""Euro; dearer nights are left out, as squared errors would be about them alone."""

STAY = ("hotel", "arrival_month", "arrival_week", "weekend_nights", "week_nights")
GUESTS = ("adults", "children", "babies", "country", "customer_type")
CHANNEL = ("market_segment", "agent", "lead_hours", "deposit_type")


def load_price() -> Columns:
    """Return the bookings that cost something."""
    columns = load_hotel()
    for name in REQUEST_LOG:
        del columns[name]
    return take(columns, (columns["adr"] > 0) & (columns["adr"] < DEAR))


HOTEL_PRICE = system(
    "hotel-price",
    load_price,
    {
        "stay-calendar": STAY,
        "room-catalogue": ("room_type", "meal"),
        "customer-profile": GUESTS,
        "booking-feed": (*CHANNEL, "distribution_channel", "special_requests"),
    },
    (ModelSpec("room-price", "regression", "adr", (*STAY, "room_type", "meal", *GUESTS, *CHANNEL), "pricing-ml"),),
    segments=("distribution_channel",),
    train_share=0.4,
)


def load_bill() -> Columns:
    """Return the bookings with what the whole stay costs: a few cost many times the usual."""
    columns = load_price()
    nights = columns["weekend_nights"] + columns["week_nights"]
    return take(columns | {"nights": nights, "bill": columns["adr"] * nights}, nights > 0)


HOTEL_BILL = system(
    "hotel-bill",
    load_bill,
    {
        "stay-calendar": ("hotel", "arrival_month", "arrival_week", "nights"),
        "room-catalogue": ("room_type", "meal"),
        "customer-profile": GUESTS,
        "booking-feed": (*CHANNEL, "distribution_channel"),
    },
    (
        ModelSpec(
            "rate-model",
            "regression",
            "adr",
            ("hotel", "arrival_month", "room_type", "meal", "adults", "children", "market_segment", "lead_hours"),
            "pricing-ml",
            "usual_rate",
        ),
        ModelSpec(
            "bill-model",
            "regression",
            "bill",
            ("usual_rate", "nights", "hotel", "arrival_week", "customer_type", "deposit_type", "country"),
            "finance-ml",
            learner=fit_histgb,
        ),
    ),
    segments=("distribution_channel",),
    train_share=0.4,
)
