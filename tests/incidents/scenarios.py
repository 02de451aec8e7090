"""One incident per family on the hotel bookings, each among innocent events."""

import pytest

from rca.demo.extent import Extent
from rca.demo.faults import (
    Announcement,
    BadRetrain,
    Corruption,
    Drop,
    FeatureDrift,
    KpiFall,
    LoneShift,
    NewVersion,
    Recode,
    Rename,
    Retype,
    ScorerSetting,
    SlowOperation,
    UpstreamOutput,
)
from rca.demo.scenario import Evidence, Scenario
from rca.demo.world import Effect, Fault

ONSET = 4.3
DELAY = 1.0
ROWS = 20_000
SEED = 11
RISK, INTENT, API = "cancellation-risk", "guest-intent", "scoring-api"
SLICE = {"column": "distribution_channel", "value": "TA/TO"}

DISTRACTORS: tuple[Effect, ...] = (
    LoneShift("client_build", Extent(ONSET + 0.2, share=0.8)),
    Corruption("babies", "null_burst", Extent(ONSET + 0.1, share=0.5)),
    NewVersion(RISK, "3.4.2", Extent(ONSET + 5)),
    SlowOperation("feature-cache", "MGET", 4.0, Extent(ONSET, until=ONSET - 0.1)),
    Announcement("auth", "deploy", "deploy auth 9.1", ONSET + 0.05),
    Announcement("stay-calendar", "data_feed", "nightly load moved", ONSET + 0.3),
    Announcement("feature-store", "config", "feature-store: raise log level", ONSET + 0.1),
)


def incident(name: str, fault: Fault | None, node: str, metric: str, *, label_delay: float = DELAY) -> Scenario:
    """Return the scenario of one fault among the innocent events."""
    return Scenario(
        name,
        node=node,
        metric=metric,
        faults=(fault,) if fault else (),
        distractors=DISTRACTORS,
        days=35,
        evidence=Evidence(traces=1200, label_delay=label_delay),
    )


NOW = Extent(ONSET)

FAULTY = (
    incident("drift", FeatureDrift("lead_hours", Extent(ONSET, share=0.9), "up", 12.0), RISK, "prediction_mean"),
    incident("drift-gradual", FeatureDrift("lead_hours", Extent(6, 2.5, 0.9), "down", 12.0), RISK, "positive_rate"),
    incident("nulls", Corruption("lead_hours", "null_burst", Extent(ONSET, share=0.8)), RISK, "logloss"),
    incident("unit", Corruption("lead_hours", "unit_change", Extent(ONSET, **SLICE), 1 / 24), RISK, "logloss"),
    incident("sentinel", Corruption("lead_hours", "out_of_range", Extent(ONSET, share=0.7), -999), RISK, "brier"),
    incident("frozen", Corruption("country", "frozen", NOW), RISK, "prediction_mean"),
    incident("misjoined", Corruption("deposit_type", "misjoined", NOW), RISK, "logloss"),
    incident("renamed", Rename("adr", "average_rate", NOW), RISK, "prediction_mean"),
    incident("dropped", Drop("special_requests", NOW), "acceptance-rate", "share_accepted"),
    incident("retyped", Retype("lead_hours", "comma", NOW), RISK, "logloss"),
    incident("recoded", Recode("deposit_type", "code", NOW), INTENT, "prediction_mean"),
    incident("upstream-version", UpstreamOutput(INTENT, "rescaled", NOW, 0.4, version="8.0.0"), RISK, "logloss"),
    incident(
        "upstream-config", UpstreamOutput(INTENT, "shifted", NOW, 1.2, key="output.offset"), RISK, "prediction_mean"
    ),
    incident("retrain", BadRetrain(RISK, "scrambled", "3.5.0", NOW, 0.9), RISK, "auc"),
    incident("slow", SlowOperation("feature-db", "SELECT features", 4.0, NOW), API, "latency_p95"),
    incident("setting", ScorerSetting(RISK, "temperature", 2.5, NOW), RISK, "prediction_mean"),
    incident("cached", ScorerSetting(RISK, "stale", 200, NOW), RISK, "auc"),
    incident("kpi", KpiFall("acceptance-rate", 0.8, NOW), "acceptance-rate", "share_accepted"),
)

CALM = (
    incident("calm-auc", None, RISK, "auc"),
    incident("calm-mean", None, RISK, "prediction_mean"),
    incident("calm-kpi", None, "overbooking-cost", "cost_per_request"),
    incident("calm-latency", None, API, "latency_p95"),
)


def named(scenarios: tuple[Scenario, ...]):
    """Return the scenarios as test parameters."""
    return [pytest.param(scenario, id=scenario.name) for scenario in scenarios]
