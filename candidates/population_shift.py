"""The mix of segments or classes changed, shifting many columns together.

Proposed for a declared segment column that leads the others that moved, for the label's classes (prior shift) when the
model's own answers moved as the new shares predict, and for columns that moved together though none of them leads. One
column that moved by itself is `feature_drift`.
"""

from candidates.measures.clock import alignment, stamp
from candidates.measures.columns import change_items, unexamined
from candidates.measures.influence import symptomatic_models
from candidates.measures.labels import TOLD, label_signs
from candidates.measures.outcome_change import outcome_change
from candidates.measures.population import LEADS, Mix, mixes
from candidates.measures.signatures import changed_encoding, wrong_values
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate, Findings
from schemas.evidence import Evidence

CHANGES = {"business", "data_feed", "other"}


def _claims(evidence: Evidence, node: str, column: str) -> float:
    """Return how surely the segment column itself is wrong rather than mixed otherwise."""
    model = evidence.models[node]
    profile = model.columns[column]
    signs = (*wrong_values(profile, model.rows), *changed_encoding(profile))
    return max((sign.specificity for sign in signs), default=0.0)


def _relabelled(evidence: Evidence, node: str) -> float:
    """Return how surely the labels say of themselves that they, not the outcomes, are mixed otherwise."""
    signs = label_signs(evidence, evidence.models[node], outcome_change(evidence, node))
    return max((sign.specificity for sign in signs if sign.specificity > TOLD), default=0.0)


def _doubt(evidence: Evidence, node: str, mix: Mix) -> float:
    if mix.common:
        return 0.0
    if mix.column:
        # a segment that nobody knew looks like another spelling, unless its rows are others in all else
        return _claims(evidence, node, mix.column) * (1.0 - mix.leads if mix.new else 1.0)
    return _relabelled(evidence, node)


def _mechanism(mix: Mix) -> str:
    if mix.common:
        return "common_shift"
    if mix.new:
        return "new_segment"
    return "segment_mix" if mix.column else "prior_shift"


def _words(node: str, mix: Mix) -> str:
    moved = ", ".join(f"{label} {before:.0%} → {after:.0%}" for label, before, after in mix.moved)
    what = f"the mix of {mix.column}" if mix.column else "the mix of outcomes"
    if mix.common:
        return f"{len(mix.followers)} columns of {node} moved together ({moved}), and none of them leads the others"
    along = f"; {len(mix.followers)} columns moved along" if mix.followers else ""
    return f"{what} at {node} changed ({moved}){along}"


def _candidate(evidence: Evidence, node: str, mix: Mix) -> Candidate:
    impact = mix.share * (0.3 + 0.7 * mix.leads)
    onset = mix.shift.onset if mix.shift else None
    claims = _doubt(evidence, node, mix)
    what = "columns'" if mix.common else "column's" if mix.column else "classes'"
    how = "leaving out its rows" if mix.new else f"reweighting the baseline to the {what} new shares"
    text = f"explains {impact:.0%} of the symptom, estimated by {how}"
    labels, before, after = zip(*mix.moved, strict=True)
    of = "the columns" if mix.common else mix.column or "label"
    since = f" since {stamp(onset.at)}" if onset else ""
    return Candidate(
        family="population_shift",
        node=node,
        subject=mix.column,
        impact=impact,
        strength=min(mix.shift.strength, 1e6) if mix.shift else 10.0 * mix.leads,
        specificity=max(0.02, (0.9 if mix.column else 0.8) * (1.0 - claims)),
        mechanism=_mechanism(mix),
        observed_at=node,
        onset=onset.at if onset else None,
        onset_low=onset.low if onset else None,
        onset_high=onset.high if onset else None,
        summary=f"{_words(node, mix)}{since}.",
        evidence=(
            EvidenceItem(kind="estimate", text=text, data={"share": round(impact, 4), "leads": round(mix.leads, 4)}),
            EvidenceItem(
                kind="histogram",
                text=f"the shares that moved most, of {of}",
                data={
                    "column": of,
                    "labels": list(labels),
                    "before": [round(v, 5) for v in before],
                    "after": [round(v, 5) for v in after],
                },
            ),
            *change_items(evidence, {node}, CHANGES),
        ),
        verify="Compare the metric inside each segment (or class) before and since: did it stay while shares moved?",
        remedy="Retrain or reweight for the new mix; report the metric by segment; ask the business whether it stays.",
        explains=(
            *((("column", node, mix.column) if mix.column else ("classes", node),) if not mix.common else ()),
            *(("column", node, c) for c in mix.followers),
            # with other shares of the classes the same inputs have other outcomes (Bayes), though no concept changed
            *(() if mix.column or mix.common or claims > 0 else (("outcome", node),)),
        ),
        features={
            "alignment": alignment(onset or evidence.symptom.onset, evidence.symptom),
            "coincident_change": 0.0,
            "leads": mix.leads,
            "followers": float(len(mix.followers)),
        },
    )


def generate(evidence: Evidence) -> Findings:
    """Propose the segment columns and the classes whose shares changed."""
    if (reason := unexamined(evidence)) is not None:
        return Findings(not_examined=reason)
    found = [
        _candidate(evidence, node, mix)
        for node in sorted(symptomatic_models(evidence))
        for mix in mixes(evidence, node)
        if mix.leads >= LEADS
    ]
    if not found:
        return Findings(ruled_out="no segment and no class leads what moved, and it did not move without a leader")
    return Findings(candidates=tuple(found))
