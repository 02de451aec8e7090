"""The loss sits in one slice and no mechanism explains it.

Found by a scan of all slices of one to three conditions (`candidates.measures.slices`), by difference in differences:
what moved everywhere is no slice. Gives way as far as putting a moved column, or the old version, back undoes the
symptom, as far as answers that changed outside of the slice as well do, and where the outcomes in the slice follow
another rule.
"""

import math

from candidates.measures.answer_form import changed_everywhere
from candidates.measures.clock import alignment, stamp
from candidates.measures.columns import change_items
from candidates.measures.health import undone_by_data
from candidates.measures.influence import clip, symptomatic_models
from candidates.measures.labels import label_signs
from candidates.measures.outcome_change import outcome_change
from candidates.measures.outcome_in_slice import another_rule
from candidates.measures.slice_report import SliceReport, slice_reports
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

MOST = 3
NEARLY = 0.5
"""Share of the best slice's worth from which another way to bound it is told as well."""
SHOWN = 200
ANOTHER_BOUND = 0.6
LABELLED = 0.7
"""How far a sign that the labels changed takes the place of a slice."""
DRIFTED = 0.8
"""How far outcomes that follow another rule within a slice take its place: they are drift confined to it."""
UNHEALTHY = "no healthy production period: a slice's errors cannot be compared with earlier ones"


def _same_slice(report: SliceReport, best: SliceReport) -> float:
    """Return how far another way to bound the best slice is believed beside it, [0, 1]; 1 for the best itself."""
    if report is best:
        return 1.0
    alike = report.measured == best.measured and best.found.clear > 0
    return ANOTHER_BOUND * (min(report.found.clear / best.found.clear, 1.0) if alike else 1.0)


def _table(reports: tuple[SliceReport, ...]) -> EvidenceItem:
    best = reports[0]
    return EvidenceItem(
        kind="slice",
        text=f"p = {best.found.p_value:.2g} among all of some {math.exp(best.found.cost):.2g} slices alike: "
        f"{best.measured} {best.inside.before:.4g} before, {best.inside.after:.4g} since; "
        f"elsewhere {best.rest.before:.4g} and {best.rest.after:.4g}",
        data={
            "slices": [
                {
                    "predicate": str(one.found.where),
                    "n_before": one.inside.n_before,
                    "n_after": one.inside.n_after,
                    "before": round(one.inside.before, 6),
                    "after": round(one.inside.after, 6),
                    "rest_before": round(one.rest.before, 6),
                    "rest_after": round(one.rest.after, 6),
                    "share": round(one.share, 4),
                    "z": round(one.found.z, 3),
                    "p_value": one.found.p_value,
                }
                for one in reports
            ]
        },
    )


def _series(report: SliceReport) -> EvidenceItem:
    pairs = zip(report.series.ts, report.series.value, strict=True)
    known = [(f"{t}Z", round(float(v), 6)) for t, v in pairs if math.isfinite(v)][-SHOWN:]
    return EvidenceItem(
        kind="series",
        text=f"{report.measured} in the slice beyond the other rows'",
        data={"ts": [t for t, _ in known], "value": [v for _, v in known]},
    )


def _candidate(evidence: Evidence, node: str, reports: tuple[SliceReport, ...], index: int) -> Candidate:
    report, best = reports[index], reports[0]
    where = str(report.found.where)
    undone = max(undone_by_data(evidence), changed_everywhere(evidence, node, report.found.where))
    left = 1.0 - 0.9 * undone
    signs = label_signs(evidence, evidence.models[node], outcome_change(evidence, node))
    labels = LABELLED * max((sign.specificity for sign in signs if sign.specificity > ANOTHER_BOUND), default=0.0)
    others = (1.0 - labels) * (1.0 - DRIFTED * another_rule(evidence, node, report.found.where))
    share_of_rows = report.inside.n_after / max(report.inside.n_after + report.rest.n_after, 1)
    onset = report.onset or evidence.symptom.onset
    estimate = (
        f"explains {report.share:.0%} of the symptom, estimated by computing the metric anew with the baseline's rows "
        f"in the slice, as far as the other rows did not degrade alike"
    )
    return Candidate(
        family="slice_degradation",
        node=node,
        subject=where,
        slice=where,
        impact=report.share * left,
        strength=min(report.found.z, 1e6),
        specificity=clip(0.95 * report.sure * left * others * _same_slice(report, best)),
        mechanism=f"slice_{len(report.found.where.conditions)}d",
        observed_at=node,
        onset=onset.at,
        onset_low=onset.low,
        onset_high=onset.high,
        summary=f"{node} fails where {where} since {stamp(onset.at)}: {report.measured} {report.inside.before:.3g} "
        f"before, {report.inside.after:.3g} since, elsewhere {report.rest.before:.3g} and {report.rest.after:.3g}.",
        evidence=(
            EvidenceItem(
                kind="estimate",
                text=estimate,
                data={"share": round(report.share, 4), "left_by_data": round(left, 4)},
            ),
            _table((report, *(one for one in reports if one is not report))),
            _series(report),
            *change_items(evidence, {node}, {"other", "business", "data_feed"}),
        ),
        verify=f"Score the rows with {where} apart from the rest, by day: does the error step up there only? "
        "Read a dozen of its worst rows with someone who knows that segment.",
        remedy="Fall back to a rule or an earlier model for this slice; find what is special about how these requests "
        "or their outcomes come about; collect labels there and retrain.",
        explains=(("slice", node, where),),
        features={
            "alignment": alignment(onset, evidence.symptom),
            "coincident_change": 0.0,
            "rows": share_of_rows,
            "conditions": float(len(report.found.where.conditions)),
            "alone": report.found.alone,
            "sharp": report.found.sharp,
            "matched": report.matched,
        },
    )


def _worth_telling(reports: tuple[SliceReport, ...]) -> tuple[SliceReport, ...]:
    """Return the best slice of each reading, and others nearly as clear as it, at most `MOST`, in their order."""
    best: dict[str, SliceReport] = {}
    for one in reports:
        best.setdefault(one.measured, one)
    near = [one for one in reports if one.found.clear >= NEARLY * best[one.measured].found.clear]
    first = [*best.values(), *(one for one in near if one is not best[one.measured])][:MOST]
    return tuple(one for one in reports if any(one is other for other in first))


def generate(evidence: Evidence) -> Findings:
    """Propose the slices of the models at the symptom whose errors grew more than elsewhere."""
    if evidence.symptom.reference_split:
        return Findings(not_examined=UNHEALTHY)
    found = {node: slice_reports(evidence, node) for node in sorted(symptomatic_models(evidence))}
    known = {node: reports for node, reports in found.items() if reports is not None}
    if not known:
        return Findings(not_examined="no logged rows with the symptom's errors on both sides of the onset to slice")
    candidates = []
    for node, reports in known.items():
        kept = _worth_telling(reports)
        candidates += [_candidate(evidence, node, kept, index) for index in range(len(kept))]
    if not candidates:
        return Findings(ruled_out="in no slice of up to three conditions did the errors grow more than elsewhere")
    return Findings(candidates=tuple(candidates))
