"""Answers made by hand, so that the report and the command line are tested without the engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.analysis import Analysis

START = datetime(2026, 2, 25, tzinfo=UTC)
ONSET = datetime(2026, 3, 4, 10, tzinfo=UTC)


def series(level: float = 0.91, drop: float = 0.13, hours: int = 240) -> dict[str, Any]:
    """An hourly metric that falls at the onset, with a daily ripple and one gap."""
    times = [START + timedelta(hours=hour) for hour in range(hours)]
    values: list[float | None] = [
        round(level + 0.01 * ((hour * 7) % 5 - 2) / 2 - (drop if at >= ONSET else 0), 4)
        for hour, at in enumerate(times)
    ]
    values[50] = None
    return {"ts": [at.isoformat() for at in times], "value": values, "n": [200] * hours}


def document(**changes: Any) -> dict[str, Any]:
    """An answer with three causes, as JSON; `changes` replace its top-level parts."""
    return {
        "incident": {
            "id": "inc-42",
            "node": "fraud-scorer",
            "metric": "auc",
            "direction": "down",
            "baseline": [START.isoformat(), ONSET.isoformat()],
            "window": [ONSET.isoformat(), (START + timedelta(hours=240)).isoformat()],
            "onset": ONSET.isoformat(),
            "onset_interval": [(ONSET - timedelta(hours=1)).isoformat(), (ONSET + timedelta(hours=1)).isoformat()],
            "baseline_value": 0.91,
            "value": 0.78,
            "significance": 1e-9,
            "series": series(),
        },
        "causes": causes(),
        "none_of_these": 0.07,
        "ruled_out": [{"family": "latency_component", "reason": "no component's own time moved (p = 0.6)"}],
        "not_examined": [{"family": "outliers", "reason": "only histograms were imported, no rows"}],
        "ranker": {"kind": "heuristic", "version": "1"},
        "timings_ms": {"ingest": 820.0, "profile": 410.0, "candidates": 35.0, "blame": 2.0, "rank": 1.0},
    } | changes


def causes() -> list[dict[str, Any]]:
    """One cause that is right, one innocent change of population, one deployment without effect."""
    return [
        {
            "rank": 1,
            "family": "data_quality",
            "mechanism": "unit_change",
            "node": "payments-feed",
            "subject": "amount",
            "confidence": 0.81,
            "impact": 0.74,
            "onset": ONSET.isoformat(),
            "blame_path": ["payments-feed", "fraud-scorer"],
            "summary": "amount from payments-feed grew 100x at 10:00, when its feed changed from euros to cents.",
            "evidence": [
                {
                    "kind": "histogram",
                    "text": "The median of amount went from 41.20 to 4120.00 within an hour.",
                    "data": {
                        "labels": ["<10", "10-50", "50-100", "100-1000", ">=1000"],
                        "before": [120, 640, 200, 40, 0],
                        "after": [0, 1, 4, 115, 880],
                    },
                },
                {"kind": "change", "text": "payments-feed: data feed v7 went live 4 minutes earlier."},
            ],
            "verify": "Compare the raw amount of one payment before and after 10:00.",
            "remedy": "Divide amount by 100 in the feed's adapter, or roll v7 back.",
        },
        {
            "rank": 2,
            "family": "population_shift",
            "node": "fraud-scorer",
            "subject": "country",
            "slice": "country=DE",
            "confidence": 0.08,
            "impact": 0.11,
            "summary": "The share of country=DE rose from 12 % to 19 %.",
        },
        {
            "rank": 3,
            "family": "model_change",
            "node": "fraud-scorer",
            "subject": "2026-03-04",
            "confidence": 0.04,
            "impact": 0.0,
            "summary": "Version 2026-03-04 serves since 09:30.",
        },
    ]


def analysis(**changes: Any) -> Analysis:
    """Return the answer as the model."""
    return Analysis.model_validate(document(**changes))
