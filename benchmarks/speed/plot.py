"""Draw what the profile costs by the number of rows."""

from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 420, 260
STEPS = {"hours": "profile by the hour", "whole": "profile of the whole window", "floor": "reading every column once"}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Write CPU seconds by rows, as SVG on two logarithmic axes; the dotted line grows as the rows do.

    Parameters
    ----------
    figures
        Of `rca bench speed`; sizes that were not measured are left out.
    """
    import altair as alt  # noqa: PLC0415 - slow to import

    sizes = {2 * figures["rows"]: figures["profile"]} | {
        int(rows): found for rows, found in figures.get("linear", {}).items()
    }
    rows = [
        {"rows": size, "cpu": found[step]["cpu_s"], "step": STEPS[step]}
        for size, found in sorted(sizes.items())
        for step in STEPS
        if "cpu_s" in found.get(step, {})
    ]
    first = next(row for row in rows if row["step"] == STEPS["hours"])
    ideal = [{"rows": size, "cpu": first["cpu"] * size / first["rows"]} for size in sizes]
    axis = alt.Axis(format="~s", grid=False, values=sorted(sizes))
    x = alt.X("rows:Q", scale=alt.Scale(type="log"), axis=axis, title="rows")
    y = alt.Y("cpu:Q", scale=alt.Scale(type="log"), title="CPU seconds")
    range_ = alt.Scale(domain=list(STEPS.values()), range=["#b45309", "#1d4ed8", "#64748b"])
    colour = alt.Color("step:N", title="", scale=range_)
    line = alt.Chart(alt.Data(values=rows)).mark_line(point=True).encode(x=x, y=y, color=colour)
    rule = alt.Chart(alt.Data(values=ideal)).mark_line(strokeDash=[2, 3], color="#9ca3af").encode(x=x, y=y)
    (rule + line).properties(width=WIDTH, height=HEIGHT, background="white").save(str(path))
