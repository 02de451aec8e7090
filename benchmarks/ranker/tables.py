"""What was measured of the ranker, as Markdown tables; intervals are 95 % of the mean over seeds."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.incidents.report import markdown
from benchmarks.ranker.curve import Point
from benchmarks.ranker.robust import Answered


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean over seeds and its 95 % interval (Student's t)."""
    from scipy.stats import t  # noqa: PLC0415 - slow to import

    mean = float(np.mean(values))
    if len(values) < 2:  # noqa: PLR2004 - no spread
        return mean, mean, mean
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def _told(values: Sequence[float], digits: int = 3) -> str:
    mean, low, high = interval(values)
    return f"{mean:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def fewer_errors(points: Sequence[Point], start: str, size: int) -> list[float]:
    """Return for each seed the share of the heuristic's wrong first answers that are gone."""
    plain = {p.seed: p for p in points if p.start == "heuristic" and p.size == 0}
    mine = [p for p in points if p.start == start and p.size == size]
    return [1.0 - p.wrong / plain[p.seed].wrong for p in mine if plain[p.seed].wrong]


def curve(points: Sequence[Point]) -> str:
    """Return the learning curves as a table."""
    plain = {p.seed: p.ac1 for p in points if p.start == "heuristic" and p.size == 0}
    rows = []
    for start, size in sorted({(p.start, p.size) for p in points}):
        mine = [p for p in points if (p.start, p.size) == (start, size)]
        gaps = [p.ac1 - plain[p.seed] for p in mine]
        above, below = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
        rows.append(
            [
                start,
                str(size),
                _told([p.ac1 for p in mine]),
                _told([p.ac3 for p in mine]),
                _told(fewer_errors(points, start, size), 2),
                f"{above} / {len(gaps) - above - below} / {below}",
                _told([p.log_loss for p in mine]),
                _told([p.ece for p in mine]),
            ]
        )
    head = ("start", "labels", "AC@1", "AC@3", "wrong firsts gone", "seeds above / alike / below", "log loss", "ECE")
    return markdown(head, rows)


def calibrations(rows: Sequence[dict[str, Any]]) -> str:
    """Return ECE by calibration and number of labels."""
    sizes = sorted({row["size"] for row in rows})
    names = list(dict.fromkeys(row["calibration"] for row in rows))

    def cell(name: str, size: int, what: str) -> float:
        return float(np.mean([row[what] for row in rows if (row["calibration"], row["size"]) == (name, size)]))

    head = ("calibration: ECE / Brier", *(f"{size} labels" for size in sizes))
    return markdown(
        head, [[name, *(f"{cell(name, s, 'ece'):.3f} / {cell(name, s, 'brier'):.3f}" for s in sizes)] for name in names]
    )


def sites(found: Sequence[Answered]) -> str:
    """Return what wrong labels cost."""
    clean = {each.seed: each for each in found if each.site == "clean"}
    rows = []
    for name in dict.fromkeys(each.site for each in found):
        mine = [each for each in found if each.site == name]
        rows.append(
            [
                name,
                _told([each.before for each in mine]),
                _told([each.corrected for each in mine]),
                _told([each.corrected - clean[each.seed].corrected for each in mine]),
                _told([each.uncorrected - clean[each.seed].uncorrected for each in mine]),
                f"{sum(each.promoted for each in mine)} of {len(mine)}",
                str(sum(each.bad for each in mine)),
            ]
        )
    head = (
        "300 labels",
        "AC@1 before",
        "after learning",
        "against clean labels",
        "the same without corrections",
        "promoted",
        "for the worse",
    )
    return markdown(head, rows)


def families(rows: Sequence[dict[str, Any]]) -> str:
    """Return how families are found that nobody labelled, and all of them together."""
    total = sum(row["asked"] for row in rows)
    pooled: Callable[[str], float] = lambda name: sum(row[name] * row["asked"] for row in rows) / max(1, total)  # noqa: E731
    every = [*rows, {"family": "all", "asked": total} | {k: pooled(k) for k in ("ac1", "ac3", "heuristic_ac3")}]
    head = ("family never labelled", "incidents", "AC@1", "AC@3", "AC@3 of the heuristic")
    return markdown(
        head,
        [
            [r["family"], str(r["asked"]), f"{r['ac1']:.2f}", f"{r['ac3']:.2f}", f"{r['heuristic_ac3']:.2f}"]
            for r in every
        ],
    )


def speed(found: dict[str, Any]) -> str:
    """Return how long it takes, in a sentence."""
    return (
        f"Learning from {found['incidents']} incidents ({found['candidates']} candidates): {found['learn_s']:.1f} s. "
        f"Ranking an incident: {found['rank_ms']:.1f} ms, the largest ({found['largest']} candidates) "
        f"{found['rank_largest_ms']:.1f} ms; explaining it {found['explain_ms']:.1f} ms."
    )
