"""A model's log of two periods as Parquet: 40 numbers, 10 categories, five of which drift in the second period."""

from pathlib import Path

import duckdb

START = ("2026-03-02", "2026-03-09")
"""First day of the reference and of the current week."""

DAYS = 7
SIZES = (4, 9, 25, 60, 150)
"""Categories of a column."""

DRIFTED = ("n3", "n11", "n20", "n31", "c4")
"""Moved by a tenth of a standard deviation, 5 % wider, 3 % more nulls, 2 % of the values in another unit; a category
that takes over 4 % of the rows."""


def _number(k: int) -> str:
    normal = "sqrt(-2 * ln(1 - random())) * cos(6.283185307 * random())"
    if k % 4 == 0:
        return f"exp({normal}) * {k + 1}"  # amounts
    if k % 4 == 1:
        return f"CAST(floor(random() * random() * {8 + 3 * k}) AS DOUBLE)"  # counts
    return f"{normal} * {k + 1} + {k}"


def _drifted(name: str, value: str, k: int) -> str:
    moved = {
        "n3": f"{value} + {0.1 * (k + 1)}",
        "n11": f"({value} - {k}) * 1.05 + {k}",
        "n20": f"CASE WHEN random() < 0.03 THEN NULL ELSE {value} END",
        "n31": f"CASE WHEN random() < 0.02 THEN 100 * ({value}) ELSE {value} END",
        "c4": f"CASE WHEN random() < 0.04 THEN 'v1' ELSE {value} END",
    }
    return moved.get(name, value)


def features(period: int) -> dict[str, str]:
    """Return feature -> SQL of its value in the reference (0) or the current period (1)."""
    numbers = {f"n{k}": (_number(k), k) for k in range(40)}
    names = {f"c{k}": (f"'v' || CAST(random() * random() * {SIZES[k % len(SIZES)]} AS INTEGER)", k) for k in range(10)}
    made = {**numbers, **names}
    return {name: _drifted(name, value, k) if period else value for name, (value, k) in made.items()}


def write(folder: Path, rows: int, periods: tuple[int, ...] = (0, 1)) -> tuple[Path, ...]:
    """Write one file a period, in order of time, a hundredth of all values null; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")  # so that the same seed draws the same rows
        for period in periods:
            connection.execute(f"SELECT setseed({0.1 + 0.2 * period})")
            values = ", ".join(
                f"CASE WHEN random() < 0.01 THEN NULL ELSE {value} END AS {name}"
                for name, value in features(period).items()
            )
            path = folder / f"{('reference', 'current')[period]}.parquet"
            when = f"TIMESTAMP '{START[period]}' + to_microseconds(CAST(i * {DAYS * 86.4e9 / rows} AS BIGINT)) AS ts"
            outcome = "random() AS prediction, CAST(random() < 0.3 AS DOUBLE) AS label"
            connection.execute(
                f"COPY (SELECT {when}, 'v1' AS model_version, {outcome}, {values} FROM range({rows}) AS t(i)) "
                f"TO '{path}' (FORMAT parquet)"
            )
            paths.append(path)
    return tuple(paths)
