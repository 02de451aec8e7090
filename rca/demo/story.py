"""The incident of `rca demo`: a feed's new connector sends days where the models expect hours."""

from rca.demo.extent import Extent
from rca.demo.faults import Announcement, Corruption, LoneShift, NewVersion, SlowOperation
from rca.demo.scenario import Evidence, Scenario

HOURS_TO_DAYS = 1 / 24
ONSET = 4.6
"""Days before the end of the log: Wednesday 2026-11-04, 09:36 UTC."""

LEAD_TIME_IN_DAYS = Scenario(
    name="demo-overbooking",
    node="cancellation-risk",
    metric="auc",
    direction="down",
    title="cancellation-risk misses cancellations: its AUC fell this week",
    severity="high",
    start_day="2026-09-28",
    days=42.0,
    faults=(
        Corruption(
            "lead_hours",
            "unit_change",
            Extent(onset=ONSET, column="distribution_channel", value="TA/TO"),
            amount=HOURS_TO_DAYS,
        ),
    ),
    distractors=(
        LoneShift("client_build", Extent(onset=ONSET + 0.3, share=0.7)),
        Corruption("babies", "null_burst", Extent(onset=ONSET + 0.1, share=0.5)),
        NewVersion("cancellation-risk", "3.5.0", Extent(onset=9.4)),
        SlowOperation("feature-db", "SELECT features", 4.0, Extent(onset=ONSET - 0.2, until=ONSET - 0.4)),
        Announcement(
            "booking-feed",
            "data_feed",
            "booking-feed: partner connector 3.1 rolled out to travel agents",
            ONSET + 0.02,
            before="connector 3.0",
            after="connector 3.1",
        ),
        Announcement("scoring-api", "deploy", "deploy scoring-api 118", ONSET + 0.05, before="117", after="118"),
        Announcement(
            "feature-store",
            "config",
            "feature-store: raise cache lifetime",
            ONSET + 0.4,
            before={"ttl_s": 300},
            after={"ttl_s": 600},
        ),
        Announcement("acceptance-rate", "business", "autumn offer mailed to past guests", ONSET + 1.2),
        Announcement("auth", "infrastructure", "auth moved to new nodes", 15.0),
    ),
    evidence=Evidence(traces=2000, otlp=True, label_delay=1.5, trained_rows=2000),
)
"""The right answer: data_quality of `lead_hours` from `booking-feed`, confined to travel agents."""
