"""A burst of anomalous or adversarial inputs: rows strange in several columns at once, the other rows as before.

Unlike a fault of one column, the same rows are strange in several columns; unlike a population that moved, the rows
are not plausible one by one. Leaving them out brings the metric and the columns back. A row or three whose loss is out
of all proportion (`candidates.measures.lone_rows`) are told apart: one wrong record can be a whole symptom.
"""

import math
from dataclasses import replace

from candidates.measures.burst import FEWEST_COLUMNS, Burst, find_burst
from candidates.measures.clock import alignment, stamp
from candidates.measures.columns import change_items, unexamined
from candidates.measures.diagnosis import diagnose
from candidates.measures.health import explained_by_data
from candidates.measures.influence import symptomatic_models
from candidates.measures.lone_rows import LoneRows, lone_rows
from candidates.measures.population import mixes
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence, Onset

WORDS = {
    "burst": "rare or impossible in several columns at once",
    "adversarial": "within the range of every column but not of this population, where the model errs",
    "replay": "near copies of each other",
}
REMEDY = "Block or quarantine the source; check inputs jointly (not only column by column) before scoring; rate-limit."
SHOWN = 200
NEW_SEGMENT = 0.8
"""How far rows of a new segment take the place of a burst: they are others in several columns as well."""
MOSTLY, LACKING = 0.5, 0.1
"""Share of the strange rows that must lack a value; what is left of a burst of rows that lack most of theirs."""
LIKELY, SURE = 0.2, 0.5
"""How unmistakable a burst must be to stand for the columns that are as before without it; for all that is strange."""


def _summary(burst: Burst) -> str:
    since = f" since {stamp(burst.onset.at)}" if burst.onset else ""
    traits = "; ".join(trait.words for trait in burst.traits)
    back = f" Without them {len(burst.restored)} columns are as before." if burst.restored else ""
    return (
        f"{burst.touched:.0%} of the requests to {burst.node} are {WORDS[burst.mechanism]}{since}"
        f"{': ' + traits if traits else ''}.{back}"
    )


def _evidence(evidence: Evidence, burst: Burst) -> tuple[EvidenceItem, ...]:
    estimate = f"explains {burst.share:.0%} of the symptom, estimated by leaving out the anomalous rows"
    series = burst.series
    known = [(str(t) + "Z", float(v)) for t, v in zip(series.ts, series.value, strict=True) if math.isfinite(v)][
        -SHOWN:
    ]
    traits = [
        {"column": t.column, "share": round(t.share, 4), "usual": round(t.usual, 4), "text": t.words}
        for t in burst.traits
    ]
    return (
        EvidenceItem(
            kind="estimate",
            text=estimate,
            data={"share": round(burst.share, 4), "touched": round(burst.touched, 4), "restored": list(burst.restored)},
        ),
        EvidenceItem(
            kind="series",
            text="share of anomalous rows",
            data={"ts": [t for t, _ in known], "value": [round(v, 5) for _, v in known]},
        ),
        EvidenceItem(kind="slice", text="what the anomalous rows have in common", data={"traits": traits}),
        *change_items(evidence, {burst.node}, {"other", "business", "flag"}),
    )


def _left(evidence: Evidence, burst: Burst) -> float:
    """Return the share of a burst's claim that stands, [0, 1].

    A column that lost its variety makes rows alike; where it explains the symptom, near copies are its doing. Where
    several columns are as before without the copies, these moved the columns. Rows that mostly lack values were not
    sent so: what should have brought the values failed.
    """
    missing = [trait.missing and trait.share > MOSTLY for trait in burst.traits]
    if sum(missing) >= FEWEST_COLUMNS and sum(missing) > len(missing) / 2:
        return LACKING
    alike = burst.mechanism == "replay" and len(burst.restored) < FEWEST_COLUMNS
    return 1.0 - 0.9 * explained_by_data(evidence) if alike else 1.0


def _of_new_segment(evidence: Evidence, burst: Burst) -> float:
    """Return how far the strange rows are those of a declared segment that nobody knew, [0, 1]."""
    new = (mix for mix in mixes(evidence, burst.node) if mix.new and mix.column in {*burst.strange, *burst.restored})
    return max((mix.leads for mix in new), default=0.0)


def _brought(burst: Burst) -> tuple[tuple[str, ...], ...]:
    """Return the anomalies that are the burst's doing.

    Columns that moved or came apart from the others, and answers that no stand-in could foresee.
    """
    if burst.sure <= LIKELY:
        return ()  # leaving out rare rows also takes away a shift towards what was rare
    sure = burst.sure > SURE
    columns = {*burst.restored, *(burst.strange if sure else ())}
    function = (("function", burst.node),) if sure else ()
    return (*(("column", burst.node, column) for column in sorted(columns)), *function)


def _candidate(evidence: Evidence, burst: Burst) -> Candidate:
    onset, left = burst.onset, _left(evidence, burst) * (1.0 - NEW_SEGMENT * _of_new_segment(evidence, burst))
    return Candidate(
        family="outliers",
        node=burst.node,
        subject=None,
        impact=burst.share * left,
        strength=min(burst.strength, 1e6),
        specificity=0.95 * burst.sure * left,
        mechanism=burst.mechanism,
        observed_at=burst.node,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        summary=_summary(burst),
        evidence=_evidence(evidence, burst),
        verify="Read a dozen of the anomalous requests: client, address, user agent; do they come from one source?",
        remedy=REMEDY,
        explains=(
            ("burst", burst.node),
            *_brought(burst),
            # the other rows have the outcomes they always had
            ("outcome", burst.node),
        ),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "coincident_change": 0.0,
            "touched": burst.touched,
            "restored": float(len(burst.restored)),
        },
    )


def _lone(evidence: Evidence, found: LoneRows) -> Candidate:
    which = "one row" if found.count == 1 else f"{found.count} rows"
    known = (("answered", found.prediction), ("came true", found.label))
    said = ", ".join(f"{value:g} {word}" for word, value in known if math.isfinite(value))
    text = f"explains {found.share:.0%} of the symptom, estimated by leaving out {which} (chance {found.p_value:.1g})"
    data = {"share": round(found.share, 4), "rows": found.count, "loss": found.loss, "largest_before": found.usual}
    onset = Onset(found.at, found.at, found.at)
    return Candidate(
        family="outliers",
        node=found.node,
        subject=None,
        impact=found.share,
        strength=min(found.loss / max(found.usual, 1e-12), 1e6),
        specificity=0.95 * found.plain,
        mechanism="lone_rows",
        observed_at=found.node,
        onset=onset.at,
        onset_low=onset.low,
        onset_high=onset.high,
        summary=f"The metric of {found.node} is that of {which}, at {stamp(found.at)}: a loss of {found.loss:.3g}, at "
        f"most {found.usual:.3g} before ({said}).",
        evidence=(EvidenceItem(kind="estimate", text=text, data=data),),
        verify="Read that record at its source: is a value, or the outcome, mistyped?",
        remedy="Correct or quarantine the record; bound inputs and outcomes on arrival; watch a robust metric too.",
        explains=(("burst", found.node), ("outcome", found.node)),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "coincident_change": 0.0,
            # a chart of buckets takes one row for chance
            "seen_in_requests": found.plain,
        },
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the models that a burst of anomalous rows reached."""
    if (reason := unexamined(evidence)) is not None:
        return Findings(not_examined=reason)
    judged = [node for node in sorted(evidence.models) if evidence.models[node].rows and diagnose(evidence, node)]
    if not judged:
        return Findings(not_examined="only histograms: whole rows cannot be judged")
    lone = [one for node in judged if node == evidence.symptom.incident.node and (one := lone_rows(evidence, node))]
    if lone:
        return Findings(candidates=tuple(_lone(evidence, one) for one in lone))
    found = [burst for node in judged if (burst := find_burst(evidence, node)) is not None]
    if not found:
        return Findings(ruled_out="no excess of rows that are strange in several columns at once")
    # the same requests reach every model of a cascade: the one that the symptom is about tells of them
    near = [burst for burst in found if burst.node in symptomatic_models(evidence)]
    along = tuple(anomaly for burst in found for anomaly in _brought(burst))
    candidates = [_candidate(evidence, burst) for burst in near or found]
    return Findings(
        candidates=tuple(replace(c, explains=tuple(dict.fromkeys((*c.explains, *along)))) for c in candidates)
    )
