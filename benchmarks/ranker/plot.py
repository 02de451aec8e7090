"""Draw the learning curves."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.ranker.curve import Point
from benchmarks.ranker.tables import interval

WIDTH, HEIGHT = 420, 260


def draw(points: Sequence[Point], path: Path) -> None:
    """Write the share of wrong first answers by number of labels, with 95 % intervals over seeds, as SVG."""
    import altair as alt  # noqa: PLC0415 - slow to import

    rows = []
    for start, size in sorted({(p.start, p.size) for p in points}):
        mine = [1.0 - p.ac1 for p in points if (p.start, p.size) == (start, size)]
        mean, low, high = interval(mine)
        rows.append({"start": start, "labels": size, "shown": size + 10, "wrong": mean, "low": low, "high": high})
    plain = next(row["wrong"] for row in rows if row["start"] == "heuristic" and row["labels"] == 0)
    ticks = [row["shown"] for row in rows if row["start"] == "heuristic"]
    x = alt.X(
        "shown:Q",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=ticks, labelExpr="format(datum.value - 10, 'd')", grid=False),
        title="labelled incidents of the site",
    )
    scale = alt.Scale(zero=False, nice=True)
    colour = alt.Color("start:N", title="start", scale=alt.Scale(range=["#b45309", "#1d4ed8"]))
    base = alt.Chart(alt.Data(values=rows))
    band = base.mark_area(opacity=0.18).encode(x=x, y=alt.Y("low:Q", scale=scale, title=""), y2="high:Q", color=colour)
    line = base.mark_line(point=True).encode(
        x=x, y=alt.Y("wrong:Q", scale=scale, axis=alt.Axis(format="%"), title="wrong first causes"), color=colour
    )
    rule = alt.Chart(alt.Data(values=[{"wrong": plain}])).mark_rule(strokeDash=[4, 4]).encode(y="wrong:Q")
    chart = (band + line + rule).properties(width=WIDTH, height=HEIGHT, background="white")
    chart.save(str(path))
