"""Twelve weeks of one system: what broke in it, and what somebody reported each time. `rca demo --serve` shows them."""

from dataclasses import dataclass

from rca.demo.extent import Extent
from rca.demo.faults import (
    Announcement,
    BadRetrain,
    Corruption,
    FeatureDrift,
    KpiFall,
    MixedUp,
    NewVersion,
    OutlierBurst,
    Rename,
    Saturation,
    ScorerSetting,
    SlowOperation,
    UpstreamOutput,
)
from rca.demo.scenario import Evidence, Scenario
from rca.demo.story import HOURS_TO_DAYS
from rca.demo.world import Effect, Fault

DAYS = 84.5
"""How long the log is; it ends on a Saturday at noon."""

RISK, INTENT, API = "cancellation-risk", "guest-intent", "scoring-api"


@dataclass(frozen=True, slots=True)
class Report:
    """An incident as it was reported. All times are days before the end of the log.

    Parameters
    ----------
    noticed
        When it was detected.
    since, until
        When the alarm says that it began, and when it ended; `until` 0: it lasts.
    healthy
        The healthy period that the alarm compares with.
    fault
        What broke; None: nothing did.
    """

    name: str
    node: str
    metric: str
    title: str
    severity: str
    noticed: float
    since: float
    until: float
    healthy: tuple[float, float]
    fault: Fault | None


def _units(onset: float, until: float) -> Fault:
    """Return the fault that returns: the partners' connector sends days where the models expect hours."""
    where = Extent(onset=onset, until=until, column="distribution_channel", value="TA/TO")
    return Corruption("lead_hours", "unit_change", where, amount=HOURS_TO_DAYS)


SEASON = (
    Report(
        "inc-101", RISK, "logloss", "Cancellations of groups are misjudged", "medium",
        76.0, 78.0, 75.6, (84.3, 78.3),
        MixedUp(RISK, Extent(onset=78.0, until=75.6, column="customer_type", value="Transient-Party")),
    ),
    Report(
        "inc-102", RISK, "auc", "Cancellation risk orders bookings badly", "high",
        68.0, 70.4, 67.4, (75.4, 70.6),
        _units(70.4, 67.4),
    ),
    Report(
        "inc-103", API, "latency_p95", "Scoring is slow at peak hours", "high",
        66.0, 66.4, 65.5, (83.0, 66.6),
        SlowOperation("feature-db", "SELECT features", 4.0, Extent(onset=66.4, until=65.5)),
    ),
    Report(
        "inc-104", RISK, "auc", "Cancellation risk fell after the release", "critical",
        60.9, 62.4, 59.4, (67.2, 62.6),
        BadRetrain(RISK, "scrambled", "3.5.0", Extent(onset=62.4, until=59.4)),
    ),
    Report(
        "inc-105", RISK, "logloss", "Cancellation risk is far off for all hotels", "high",
        53.0, 54.4, 52.0, (59.2, 54.6),
        UpstreamOutput(INTENT, "rescaled", Extent(onset=54.4, until=52.0), amount=0.45, version="7.3.0"),
    ),
    Report(
        "inc-106", "overbooking-cost", "cost_per_request", "Overbooking cost is up", "medium",
        49.4, 49.8, 48.6, (51.8, 50.0),
        None,
    ),
    Report(
        "inc-107", INTENT, "auc", "Guest intent no longer tells deposits apart", "medium",
        44.9, 46.4, 43.4, (51.8, 46.6),
        Corruption("deposit_type", "null_burst", Extent(onset=46.4, until=43.4, share=0.8)),
    ),
    Report(
        "inc-108", RISK, "positive_rate", "Twice as many bookings are held back", "critical",
        37.6, 38.4, 36.0, (43.2, 38.6),
        ScorerSetting(RISK, "offset", 1.2, Extent(onset=38.4, until=36.0)),
    ),
    Report(
        "inc-109", API, "latency_p95", "Scoring is slow, some requests fail", "high",
        34.2, 34.5, 33.8, (65.0, 34.7),
        Saturation("model-server", "cpu", 0.5, 2.5, 0.02, Extent(onset=34.5, until=33.8)),
    ),
    Report(
        "inc-110", RISK, "auc", "Cancellation risk orders bookings badly, again", "high",
        28.9, 30.4, 27.4, (35.8, 30.6),
        _units(30.4, 27.4),
    ),
    Report(
        "inc-111", INTENT, "prediction_mean", "Guest intent calls more bookings doubtful", "low",
        21.6, 22.4, 19.4, (27.2, 22.6),
        FeatureDrift("lead_hours", Extent(onset=22.4, until=19.4, share=0.5), "up"),
    ),
    Report(
        "inc-112", "acceptance-rate", "share_accepted", "Fewer bookings are accepted", "medium",
        17.0, 17.5, 16.0, (19.2, 17.7),
        KpiFall("acceptance-rate", 0.8, Extent(onset=17.5, until=16.0)),
    ),
    Report(
        "inc-113", RISK, "logloss", "Odd bookings from one partner", "high",
        13.0, 14.4, 11.4, (19.2, 14.6),
        OutlierBurst(
            ("adr", "adults", "children", "week_nights", "country", "meal", "previous_stays"),
            Extent(onset=14.4, until=11.4, share=0.2),
        ),
    ),
    Report(
        "inc-114", INTENT, "auc", "Guest intent got worse overnight", "high",
        4.9, 6.4, 3.9, (11.2, 6.6),
        Rename("deposit_type", "deposit", Extent(onset=6.4, until=3.9)),
    ),
    Report(
        "inc-115", RISK, "auc", "Cancellation risk orders bookings badly this week", "high",
        0.4, 2.9, 0.0, (11.2, 6.6),
        _units(2.9, 0.0),
    ),
)  # fmt: skip
"""Earliest first. The unit change comes three times: what the weekly review calls a recurrence."""

_BYSTANDERS: tuple[Effect, ...] = (
    NewVersion(RISK, "3.4.2", Extent(onset=80.0, until=62.4)),
    Announcement("booking-feed", "data_feed", "partner connector 3.1 rolled out to travel agents", 70.42, "3.0", "3.1"),
    Announcement("booking-feed", "data_feed", "partner connector rolled back to 3.0", 67.4, "3.1", "3.0"),
    Announcement("feature-db", "other", "feature-db: statistics are gathered anew", 66.9),
    Announcement(API, "deploy", "deploy scoring-api 118", 54.5, "117", "118"),
    Announcement("auth", "infrastructure", "auth moved to new nodes", 46.5),
    Announcement("booking-feed", "data_feed", "partner connector 3.2 rolled out to travel agents", 30.45, "3.0", "3.2"),
    Announcement("acceptance-rate", "business", "autumn offer mailed to past guests", 17.6),
    Announcement(
        "feature-store", "config", "feature-store: raise cache lifetime", 14.5, {"ttl_s": 300}, {"ttl_s": 600}
    ),
    Announcement("booking-feed", "schema", "booking-feed: field names as of contract 4", 6.45),
    Announcement("booking-feed", "data_feed", "partner connector 3.3 rolled out to travel agents", 2.95, "3.2", "3.3"),
)
"""Changes around the faults: some announce the culprit, most are innocent."""


def season_of(start_day: str) -> Scenario:
    """Return the whole season as one scenario that begins on a day (ISO)."""
    return Scenario(
        name="season",
        node=RISK,
        metric="auc",
        start_day=start_day,
        days=DAYS,
        faults=tuple(report.fault for report in SEASON if report.fault is not None),
        distractors=_BYSTANDERS,
        evidence=Evidence(traces=5000, label_delay=0.8, trained_rows=0),
    )
