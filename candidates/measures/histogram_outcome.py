"""Whether the same inputs have other outcomes, when only histograms with losses are kept.

The loss rose within bins whose shares stayed, and neither a mix of the population nor what a moved column gained
explains it. Answers that moved on average speak against it: then the model or what it reads changed. A column that
moved in all rows leaves none to compare with, which leaves doubt too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from candidates.measures.diagnosis import diagnose
from candidates.measures.distances import shares
from candidates.measures.following import mean_shift
from candidates.measures.histograms import FEWEST, LossChange, loss_change
from candidates.measures.influence import clip, has_moved
from candidates.measures.scores import PREDICTION_METRICS
from schemas.evidence import ColumnProfile, Evidence, ModelEvidence

SURE = 3.0
"""Standard errors from which the rise is believed, in full from twice that on."""

STEADY = 3.0
"""Standard errors within which the mean answer counts as the same."""

BLIND = 0.5
"""How far the rise is laid on the outcomes where an input, or the model, may be behind it as well."""

ONE_BIN = 0.8
"""Share of the rise in one bin of a column that stayed, from which on it is that bin's rather than everybody's."""

HALF = 0.5
LEAST_P = 1e-300


@dataclass(frozen=True, slots=True)
class HistogramOutcome:
    """What the outcomes did to one model's loss.

    Parameters
    ----------
    share
        Of the symptom, [0, 1], that arose within bins and that no moved column explains.
    z
        How surely, in standard errors.
    steady
        Columns that kept their distribution.
    one_bin
        How far a single bin of one of them holds it all, [0, 1].
    vouched
        Whether the answers stayed the same on average; None when they are not known.
    """

    share: float
    z: float
    steady: tuple[str, ...]
    one_bin: float
    vouched: bool | None

    @property
    def sure(self) -> float:
        """Return how far the change is believed, [0, 1]."""
        return clip(self.z / SURE - 1.0)


def outcome_of_histograms(evidence: Evidence, node: str) -> HistogramOutcome | None:
    """Return what the outcomes did to the symptomatic model's loss; None where histograms do not say."""
    found = None if evidence.symptom.incident.metric in PREDICTION_METRICS else _within(evidence, node)
    if found is None:
        return None
    model, steady = evidence.models[node], found.steady
    if found.changes[steady[0]].change <= 0:
        return HistogramOutcome(0.0, 0.0, steady, 0.0, None)
    vouched = _answers_stayed(evidence, model)
    share = found.share * _belief(vouched, found.moved)
    z = _surely(evidence)
    fullest = max(_fullest(model.columns[key], found.changes[key]) for key in steady)
    return HistogramOutcome(share, z * share, steady, clip((fullest - ONE_BIN) / (1.0 - ONE_BIN)), vouched)


def answers_of_histograms(evidence: Evidence, node: str) -> float:
    """Return the share of a change of the symptomatic model's mean answer, [0, 1], that arose within bins.

    What moved columns do not explain: the same inputs are answered otherwise. 0 where histograms do not say.
    """
    return within_bins(evidence, node) if evidence.symptom.incident.metric in PREDICTION_METRICS else 0.0


def within_bins(evidence: Evidence, node: str) -> float:
    """Return the share of a change of the symptomatic model's mean loss (or answer), [0, 1], that arose within bins.

    Of a loss it may lie in the answers as well as in the outcomes. 0 where histograms do not say.
    """
    found = _within(evidence, node)
    if found is None:
        return 0.0
    return found.share * _belief(None, found.moved) * clip(2.0 * _surely(evidence) / SURE - 1.0)


def _surely(evidence: Evidence) -> float:
    """Return how surely the symptom is real, in standard errors."""
    return -NormalDist().inv_cdf(min(max(evidence.symptom.p_value / 2, LEAST_P), 0.5))


@dataclass(frozen=True, slots=True)
class _Within:
    """What of a change of the mean arose within bins: the `share` that no moved column explains."""

    share: float
    steady: tuple[str, ...]
    moved: tuple[LossChange, ...]
    changes: Mapping[str, LossChange]


def _within(evidence: Evidence, node: str) -> _Within | None:
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    if model is None or model.rows is not None or diagnosis is None or evidence.symptom.incident.node != node:
        return None
    changes = {key: found for key in diagnosis.columns if (found := loss_change(model.columns[key]))}
    moved = tuple(found for key, found in sorted(changes.items()) if has_moved(diagnosis.columns[key]))
    steady = tuple(key for key in sorted(changes) if not has_moved(diagnosis.columns[key]))
    taken = math.fsum(max(found.mix + found.drop, 0.0) for found in moved)
    taken += math.fsum(clip(column.vacated) for column in diagnosis.columns.values())
    return _Within(clip(1.0 - taken), steady, moved, changes) if steady else None


def _fullest(profile: ColumnProfile, found: LossChange) -> float:
    """Return the largest share of the rise within one bin of at most half of the rows."""
    smaller = shares(profile.labelled_after) <= HALF
    return float(found.within[smaller].max(initial=0.0))


def _answers_stayed(evidence: Evidence, model: ModelEvidence) -> bool | None:
    series = model.outputs.get("prediction_mean")
    return None if series is None else abs(mean_shift(series, evidence.symptom)) < STEADY


def _belief(vouched: bool | None, moved: Sequence[LossChange]) -> float:
    """Return how far the rise is laid on the outcomes: what moved in all rows, or the answers, leaves doubt."""
    hidden = any(found.staying < FEWEST for found in moved)
    return BLIND if hidden or vouched is False else 1.0
