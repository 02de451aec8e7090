"""Time the pages of a warm service: until the first byte is there, which is the whole page.

Usage: python benchmarks/service/pages.py [--incidents 10000] [--records 200000] [--times 40] [--db FILE] [--json]

Over a made-up site of many incidents and records of feedback, or over a copy of a database of your own. Each page is
asked for over HTTP of a `rca serve` beside; the first call of each, which warms it up, is told beside the figures.
"""

import argparse
import json
import logging
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.service.review_scale import NOW, fill
from benchmarks.service.running import Running
from rca.incidents import week_of
from rca.warehouse import Warehouse

LISTS = {
    "list": "/incidents",
    "list, unreviewed": "/incidents?unreviewed=1",
    "list, disputed": "/incidents?disputed=1",
    "list, words": "/incidents?text=column",
    "new rows": "/incidents/rows",
}
SAME = {"Sec-Fetch-Site": "same-origin"}
"""What browsers say of forms of the service's own pages."""

OTHERS = {
    "weekly reviews": "/reviews",
    "cases": "/cases",
    "actions": "/actions",
    "ranker": "/ranker",
    "system": "/system",
}


def measure(db: Path, times: int) -> dict[str, Any]:
    """Return page -> median and 95th percentile of its times, and its first, in milliseconds."""
    service = Running(db)
    service.start_and_wait()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{service.port}", timeout=120) as client:
            return _measured(client, times)
    finally:
        service.stop()


def _measured(client: httpx.Client, times: int) -> dict[str, Any]:
    names = [row["incident"] for row in client.get(f"/v1/incidents?limit={times}").json()["rows"]]
    weeks = [week_of(NOW - timedelta(weeks=2 + n % 50)) for n in range(times)]
    frozen = week_of(NOW - timedelta(weeks=1))
    if client.post(f"/reviews/{frozen}/freeze", headers=SAME).status_code != 303:  # noqa: PLR2004
        raise SystemExit(f"{frozen} could not be frozen")
    paths = {page: [path] * times for page, path in LISTS.items()}
    paths["incident"] = [f"/incidents/{name}" for name in (names * times)[:times]]
    paths["weekly review, worked out"] = [f"/reviews/{week}" for week in weeks]
    paths["weekly review, frozen"] = [f"/reviews/{frozen}"] * times
    paths |= {page: [path] * times for page, path in OTHERS.items()}
    return {page: _timed(client, each) for page, each in paths.items()}


def _timed(client: httpx.Client, paths: list[str]) -> dict[str, float]:
    took = []
    for path in [paths[0], *paths]:
        start = time.perf_counter()
        answer = client.get(path)
        took.append(1000 * (time.perf_counter() - start))
        if answer.status_code != 200:  # noqa: PLR2004
            raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:300]}")
    first, *warm = took
    return {"first_ms": first, "p50_ms": float(np.quantile(warm, 0.5)), "p95_ms": float(np.quantile(warm, 0.95))}


def main() -> None:
    """Fill a database, or copy one, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--db", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "rca.duckdb"
        if given.db:
            shutil.copy(given.db, db)
        else:
            with Warehouse(db) as warehouse:
                fill(warehouse, given.incidents, given.records)
        found = measure(db, given.times)
    if given.json:
        print(json.dumps(found))
        return
    for page, each in found.items():
        figures = "   ".join(f"{name.removesuffix('_ms')} {value:7.1f} ms" for name, value in each.items())
        print(f"{page:26} {figures}")


if __name__ == "__main__":
    main()
