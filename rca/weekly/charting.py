"""The control chart of incidents a week.

Counts of independent incidents vary as Poisson does (c-chart, Shewhart 1931); real ones come in groups and vary more.
The limits are therefore those of the individuals' chart, from the moving range of the weeks before (Wheeler,
"Understanding Variation", 1993), and never narrower than Poisson's.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from candidates.measures.control_charts import level_of
from schemas.weekly import RateChart

FEWEST = 8
"""Weeks before the reviewed one without which there are no limits."""

SIGMAS = 3.0
RUN = 8
"""So many weeks on one side of the centre are a shift."""


def rate_chart(weeks: Sequence[str], counts: Mapping[str, int], first: str | None) -> RateChart:
    """Return the chart.

    Parameters
    ----------
    weeks
        In order, the reviewed one last.
    counts
        Week -> incidents; a week that is left out had none.
    first
        The week in which records begin; earlier ones are not charted. None: nothing was ever recorded.
    """
    shown = tuple(week for week in weeks if week >= (first or weeks[-1]))
    values = np.array([counts.get(week, 0) for week in shown], dtype=float)
    plain = RateChart(weeks=shown, counts=tuple(int(value) for value in values))
    if values.size <= FEWEST:
        need = FEWEST + 1 - values.size
        return plain.model_copy(update={"verdict": f"limits need {need} more {'week' if need == 1 else 'weeks'}"})
    centre, spread = level_of(values[:-1], moving_range=True)
    poisson = math.sqrt(centre)
    width = SIGMAS * max(spread, poisson)
    upper, lower = centre + width, max(0.0, centre - width)
    beyond = (values > upper) | (values < lower)
    side = np.sign(values - centre)
    run = np.array([i + 1 >= RUN and abs(side[i + 1 - RUN : i + 1].sum()) == RUN for i in range(values.size)])
    signals = tuple(week for week, out, long in zip(shown, beyond, run, strict=True) if out or long)
    return plain.model_copy(
        update={
            "centre": centre,
            "lower": lower,
            "upper": upper,
            "poisson_upper": centre + SIGMAS * poisson,
            "signals": signals,
            "verdict": _verdict(values[-1], lower, upper, long=bool(run[-1])),
        }
    )


def _verdict(value: float, lower: float, upper: float, *, long: bool) -> str:
    if value > upper:
        return "more incidents than the weeks before lead to expect: something changed"
    if value < lower:
        return "fewer incidents than the weeks before lead to expect: something changed, or is no longer seen"
    if long:
        return f"{RUN} weeks on one side of the mean: the rate has shifted"
    return "within the limits: the week differs from the others by no more than they do from each other"
