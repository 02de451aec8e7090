"""How fast the rolling Kolmogorov-Smirnov test is, beside a batch test at each value and river's treap.

    python -m benchmarks.streaming_ks [--values 100000] [--sizes 100 1000 10000 100000] [--json]
    uv run --with river python -m benchmarks.streaming_ks

Reference and window have the same size. The stream drifts slowly away and back, so that part of it lies near the
threshold, where verdicts cannot be foreseen. `rolling_ks` yields the alarms; `every statistic` asks for the statistic
after each value; scipy and river, slower, get fewer values.
"""

import argparse
import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from scipy.stats import ks_2samp

from candidates.measures.streaming_ks import RollingKs, rolling_ks
from schemas.evidence import FloatArray

ALPHA, SEED, SHIFT = 0.01, 3, 0.15
FEW = 2_000
"""Values for the slower ways."""


def drawn(size: int, values: int) -> tuple[FloatArray, FloatArray]:
    """Return a reference of `size` values and a stream of `size + values`, in and out of drift."""
    rng = np.random.default_rng(SEED)
    level = SHIFT * np.sin(np.linspace(0, 4 * math.pi, size + values)) ** 2
    return rng.normal(size=size), rng.normal(size=size + values) + level


def by_rolling_ks(reference: FloatArray, stream: FloatArray) -> Callable[[int], None]:
    """Return what takes in so many values after the first full window and yields the alarms."""
    found = rolling_ks(reference, stream, len(reference), ALPHA)
    return lambda _: deque(found, maxlen=0).clear()


def by_each_statistic(reference: FloatArray, stream: FloatArray) -> Callable[[int], None]:
    """Return what asks for the statistic at each of so many values after the first full window."""
    rolling, rest = RollingKs(reference, len(reference)), iter(stream.tolist())
    _take(rolling, rest, len(reference))

    def run(values: int) -> None:
        for _ in range(values):
            rolling.take(next(rest))
            _ = rolling.distance

    return run


def _take(rolling: RollingKs, rest: Iterable[float], values: int) -> None:
    for _, value in zip(range(values), rest, strict=False):
        rolling.take(value)


def by_scipy(reference: FloatArray, stream: FloatArray) -> Callable[[int], None]:
    """Return what tests the whole window anew at each of so many values."""
    size = len(reference)

    def run(values: int) -> None:
        for end in range(size, size + values):
            ks_2samp(reference, stream[end - size : end], method="asymp")

    return run


def by_river(reference: FloatArray, stream: FloatArray) -> Callable[[int], None] | None:
    """Return what keeps river's treap over so many values; None where river is not installed."""
    try:
        from river.stats import KolmogorovSmirnov  # type: ignore[import-not-found]  # noqa: PLC0415
    except ImportError:
        return None
    treap, size, fixed, moving = KolmogorovSmirnov(), len(reference), reference.tolist(), stream.tolist()
    for x, y in zip(fixed, moving[:size], strict=True):
        treap.update(x, y)

    def run(values: int) -> None:
        for end in range(size, size + values):
            treap.revert(fixed[0], moving[end - size])  # it takes and drops pairs: the reference's value comes back
            treap.update(fixed[0], moving[end])
            treap.get()

    return run


def rate(make: Callable[[FloatArray, FloatArray], Callable[[int], None] | None], size: int, values: int) -> float:
    """Return values per second of processor time, NaN where the way is not to be had."""
    run = make(*drawn(size, values))
    if run is None:
        return math.nan
    before = time.process_time()
    run(values)
    return values / (time.process_time() - before)


def measure(sizes: list[int], values: int) -> list[dict[str, float]]:
    """Return one row per size: values per second by each way."""
    rows = []
    for size in sizes:
        few = min(values, FEW, max(20, 2_000_000 // size))
        rows.append(
            {
                "size": size,
                "rolling_ks": rate(by_rolling_ks, size, values),
                "every statistic": rate(by_each_statistic, size, values),
                "scipy anew": rate(by_scipy, size, few),
                "river treap": rate(by_river, size, few),
            }
        )
    return rows


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=100_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = measure(given.sizes, given.values)
    if given.json:
        print(json.dumps(rows, indent=1))
        return
    names = list(rows[0])
    print("values per second of processor time\n| " + " | ".join(names) + " | µs per value and level of the tree |")
    print("|---" * (len(names) + 1) + "|")
    for row in rows:
        per_level = 1e6 / row["every statistic"] / math.log2(2 * row["size"])
        print("| " + " | ".join(f"{row[name]:,.0f}" for name in names) + f" | {per_level:.2f} |")


if __name__ == "__main__":
    main()
