"""The top of the report: what went wrong, whether it is real, and the metric over time."""

from rich.text import Text

from rca.report.chart import around, baseline_band, draw, read_trace, smooth
from rca.report.glyphs import Glyphs
from rca.report.words import chance, clean, moment, pair, percent
from schemas.analysis import Analysis, IncidentSummary

DOUBTFUL = 0.05
"""p-value above which the change is called a possible natural fluctuation."""

VERBS = {"down": "fell", "up": "rose"}


def headline(incident: IncidentSummary) -> Text:
    """Return the symptom as one sentence."""
    before, after = pair(incident.baseline_value, incident.value, incident.metric)
    text = Text.assemble(
        (clean(incident.metric), "bold"),
        " of ",
        (clean(incident.node), "bold"),
        f" {VERBS[incident.direction]} from {before} to ",
        (after, "bold red"),
        f" since {moment(incident.onset, year=True)} UTC",
    )
    if incident.onset_interval:
        low, high = incident.onset_interval
        text.append(f" (90% sure: between {moment(low)} and {moment(high)})", style="dim")
    return text.append(".")


def certainty(incident: IncidentSummary) -> str:
    """Return whether the change is real, in words and as a p-value."""
    if incident.significance is None:
        return "Whether the change is real could not be tested."
    if incident.significance > DOUBTFUL:
        return f"It may be natural fluctuation: {chance(incident.significance)}."
    return f"The change is real: {chance(incident.significance)}."


def periods(incident: IncidentSummary) -> str:
    """Return the two periods that were compared."""
    (base_from, base_to), (from_, to) = incident.baseline, incident.window
    return f"Compared {moment(from_)} to {moment(to)} with the baseline {moment(base_from)} to {moment(base_to)} (UTC)."


def chart_lines(incident: IncidentSummary, width: int, glyphs: Glyphs) -> list[str]:
    """Return the chart of the metric with its legend; nothing when the answer carries no series."""
    trace = read_trace(incident.series)
    if trace is None:
        return []
    shown = smooth(around(trace, incident.onset, incident.window[1]), incident.onset)
    band = baseline_band(shown, incident.baseline) or baseline_band(trace, incident.baseline)
    unit = ", ms" if incident.metric.startswith("latency_") else ""
    legend = [f"{glyphs.mark} {clean(incident.metric, 30)}{unit}, over time (UTC)"]
    if band:
        legend.append(f"{glyphs.band} its usual range")
    legend.append(f"{glyphs.onset} onset")
    drawn = draw(shown, band=band, onset=incident.onset, width=width, glyphs=glyphs)
    return ["  ".join(legend), *drawn]


def verdict(analysis: Analysis) -> Text:
    """Return the finding in one sentence; "undetermined" is said as plainly as a cause."""
    if not analysis.causes or analysis.none_of_these >= analysis.causes[0].confidence:
        return Text.assemble(("Undetermined. ", "bold yellow"), _undetermined(analysis))
    first = analysis.causes[0]
    subject = f", {clean(first.subject)}" if first.subject else ""
    return Text.assemble(
        ("Most likely: ", "bold green"),
        (f"{clean(first.family).replace('_', ' ')} in {clean(first.node)}{subject}", "bold"),
        f" ({percent(first.confidence)}).",
    )


def _undetermined(analysis: Analysis) -> str:
    share = percent(analysis.none_of_these)
    doubt = analysis.incident.significance
    natural = " The change may be natural fluctuation." if doubt is None or doubt > DOUBTFUL else ""
    if not analysis.causes:
        return f"Nothing that was examined explains the symptom (none of these: {share}).{natural}"
    return f"No cause below is likelier than none of them ({share}).{natural}"
