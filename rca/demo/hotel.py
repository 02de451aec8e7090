"""The hotel bookings as a production system that foresees cancellations.

`guest-intent` scores how serious a booking is from the way it was made; `cancellation-risk` reads
that score next to the stay, the customer and the price.
"""

from pathlib import Path

from rca.demo.domain import Columns, Domain, ModelSpec
from rca.demo.table import REQUEST_LOG, add_request_log, read_columns

DATA = Path(__file__).parent / "data" / "hotel_bookings.parquet"


def load_hotel() -> Columns:
    """Return the shipped copy of the hotel bookings, in the order of booking; the lead is given in hours."""
    columns = read_columns(DATA, drop=("booked_on",))
    columns["lead_hours"] = columns.pop("lead_time") * 24
    return add_request_log(columns)


HOTEL = Domain(
    name="hotel",
    load=load_hotel,
    sources={
        "booking-feed": (
            "lead_hours",
            "deposit_type",
            "market_segment",
            "agent",
            "special_requests",
            "parking_spaces",
            "waiting_days",
            "distribution_channel",
        ),
        "customer-profile": (
            "country",
            "customer_type",
            "is_repeated_guest",
            "previous_cancellations",
            "previous_stays",
            "adults",
            "children",
            "babies",
        ),
        "stay-calendar": ("hotel", "arrival_month", "arrival_week", "arrival_day", "weekend_nights", "week_nights"),
        "price-feed": ("adr", "room_type", "meal"),
        "request-log": REQUEST_LOG,
    },
    models=(
        ModelSpec(
            node="guest-intent",
            task="binary",
            target="is_canceled",
            inputs=(
                "lead_hours",
                "deposit_type",
                "market_segment",
                "agent",
                "special_requests",
                "parking_spaces",
                "waiting_days",
                "previous_cancellations",
            ),
            owner="guest-insight",
            output="intent_score",
        ),
        ModelSpec(
            node="cancellation-risk",
            task="binary",
            target="is_canceled",
            inputs=(
                "intent_score",
                "country",
                "customer_type",
                "is_repeated_guest",
                "previous_stays",
                "adults",
                "children",
                "babies",
                "arrival_month",
                "arrival_week",
                "arrival_day",
                "weekend_nights",
                "week_nights",
                "adr",
                "room_type",
                "meal",
                *REQUEST_LOG,
            ),
            owner="revenue-ml",
        ),
    ),
    segments=("distribution_channel", "hotel"),
    cost_kpi="overbooking-cost",
    rate_kpi="acceptance-rate",
    in_order=True,
)
