"""What a column explains all of whose values became such as never were: all that the answers lost and no other tells.

Of a column without one value that the baseline knew, a stand-in can only guess what the model makes of it, and what it
guesses is little where the other columns say much the same. But where the baseline's function, asked the rest, would
have been right, what the answers lost is lost with that column: when it moved together with the symptom, alone, and
the same versions answered.
"""

import numpy as np

from candidates.measures.clock import alignment
from candidates.measures.diagnosis import MOVED, ColumnDiagnosis, ModelDiagnosis
from candidates.measures.followed import answers_follow
from candidates.measures.influence import bad_share, clip, has_moved
from candidates.measures.outcome import MAX_COLUMNS
from schemas.evidence import Evidence, ModelEvidence

COMMON = 0.02
"""Share that the distributions before and since may have in common."""
TOGETHER = 1.0
"""Alignment with the symptom's onset that is asked."""
ANOTHER = 0.3
"""Share of the symptom that another moved column may explain, at most."""
BELIEVED = 0.8
"""Part of what the old function undoes that is laid on the column."""
NEW = 0.02
"""Share of the window's rows that versions which never answered before may have."""


def impossible_share(evidence: Evidence, model: ModelEvidence, diagnosis: ModelDiagnosis, name: str) -> float:
    """Return the share of a model's metric's change that a column of impossible values explains, [0, 1].

    0 unless hardly any of its values in the window occurred before, from the symptom's onset on; the model's
    answers follow it in the baseline; and neither another column nor a version changed along with it.
    """
    column = diagnosis.columns[name]
    shift = column.shift
    if len(column.keys) > 1 or len(diagnosis.columns) > MAX_COLUMNS or not _impossible(column):
        return 0.0
    if alignment(shift.onset, evidence.symptom) < TOGETHER or _new_version(model):
        return 0.0
    others = [c for c in diagnosis.columns.values() if c.column != name and has_moved(c)]
    if any(_impossible(c) or bad_share(c)[0] > ANOTHER for c in others):
        return 0.0
    return BELIEVED * clip(diagnosis.function) if answers_follow(evidence, model.node.id, column.keys[0]) else 0.0


def _impossible(column: ColumnDiagnosis) -> bool:
    shift = column.shift
    return shift.strength >= MOVED and float(np.minimum(shift.before, shift.after).sum()) <= COMMON


def _new_version(model: ModelEvidence) -> bool:
    after = sum(v.n_after for v in model.versions)
    return sum(v.n_after for v in model.versions if v.n_before == 0) > NEW * after
