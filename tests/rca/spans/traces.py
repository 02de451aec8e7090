"""Spans written by hand, and a small shop whose faults are known because they are put in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from rca.warehouse import Warehouse
from schemas.evidence import OperationProfile, Window

T0 = datetime(2026, 3, 4, 10, tzinfo=UTC)
FAULT = T0 + timedelta(minutes=20)
END = T0 + timedelta(minutes=30)
BASELINE, WINDOW = Window(T0, FAULT), Window(FAULT, END)
BUCKET = 60.0

Span = tuple[str, str, str | None, str, str, float, float]
"""(trace, span, parent, service, operation, start in ms after T0, duration in ms)."""


def land(warehouse: Warehouse, spans: Iterable[Span], status: str = "ok") -> None:
    rows = list(spans)
    zero = round(T0.timestamp() * 1e9)
    columns = list(zip(*rows, strict=True))
    start_ns = [zero + round(ms * 1e6) for ms in columns[5]]
    warehouse.connection.execute(
        """INSERT INTO spans SELECT 1, trace_id, span_id, parent, service, operation,
           make_timestamp(start_ns // 1000), start_ns, duration, $status, NULL
           FROM (SELECT unnest($trace) AS trace_id, unnest($span) AS span_id,
                        unnest(CAST($parent AS VARCHAR[])) AS parent,
                        unnest($service) AS service, unnest($operation) AS operation,
                        unnest(CAST($start AS BIGINT[])) AS start_ns,
                        unnest(CAST($duration AS DOUBLE[])) AS duration)""",
        {
            "trace": columns[0],
            "span": columns[1],
            "parent": columns[2],
            "service": columns[3],
            "operation": columns[4],
            "start": start_ns,
            "duration": columns[6],
            "status": status,
        },
    )


@dataclass
class Shop:
    """web -> cart -> db and web -> ads; times in ms, each lists (before the fault, after it)."""

    web: tuple[float, float] = (10, 10)
    to_cart: tuple[float, float] = (2, 2)
    cart: tuple[float, float] = (20, 20)
    db: tuple[float, float] = (5, 5)
    db_calls: tuple[int, int] = (2, 2)
    to_ads: tuple[float, float] = (2, 2)
    ads: tuple[float, float] = (15, 15)
    requests: int = 600
    seed: int = 0
    spans: list[Span] = field(default_factory=list)

    def build(self) -> list[Span]:
        rng = np.random.default_rng(self.seed)
        for k in range(self.requests):
            start = k * 1_800_000 / self.requests
            self._request(f"t{k}", start, int(start >= 1_200_000), lambda: float(rng.lognormal(0, 0.2)))
        return self.spans

    def _request(self, trace: str, start: float, now: int, noise) -> None:
        db = [self.db[now] * noise() for _ in range(self.db_calls[now])]
        cart = self.cart[now] * noise() + sum(db)
        ads = self.ads[now] * noise()
        gap_cart, gap_ads = self.to_cart[now] * noise(), self.to_ads[now] * noise()
        web = self.web[now] * noise() + cart + gap_cart + ads + gap_ads
        at = start + 1
        self.spans += [
            (trace, "1", None, "web", "GET /", start, web),
            (trace, "2", "1", "web", "call cart", at, cart + gap_cart),
            (trace, "3", "2", "cart", "Get", at + gap_cart / 2, cart),
            (trace, "4", "1", "web", "call ads", at + cart + gap_cart, ads + gap_ads),
            (trace, "5", "4", "ads", "List", at + cart + gap_cart + gap_ads / 2, ads),
        ]
        inside = at + gap_cart / 2
        for call, ms in enumerate(db):
            self.spans.append((trace, f"6-{call}", "3", "db", "SELECT", inside, ms))
            inside += ms


def by_name(profiles: tuple[OperationProfile, ...] | None) -> dict[tuple[str, str], OperationProfile]:
    assert profiles is not None
    return {(profile.service, profile.operation): profile for profile in profiles}
