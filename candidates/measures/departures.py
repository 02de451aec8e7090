"""Rows whose answer departs from what the model used to say to such inputs, without having the model.

An additive stand-in is fitted to the baseline's answers. A row departs when it lies farther off than nine in ten of
the baseline's rows. Unlike an error this needs no label, and answers that no longer belong to their requests show in
nearly every row.
"""

import numpy as np

from candidates.measures.answers import answers_of
from candidates.measures.links import link
from candidates.measures.row_errors import FEWEST, RowErrors
from candidates.measures.surrogate import feature_index, fit_surrogate
from schemas.evidence import ModelEvidence, Rows

MAX_ROWS = 5_000
MAX_COLUMNS = 40
USUAL = 0.9
"""Share of the baseline's rows that do not depart."""
TOLD = 0.2
"""Share of the answers' variance that the stand-in must tell, for departures to mean anything."""


def departures(model: ModelEvidence, rows: Rows, metric: str) -> RowErrors | None:
    """Return which rows depart, as errors of 0 and 1; None when the answers cannot be told from the inputs."""
    answers = answers_of(rows, model.node.task or "regression", metric)
    fine = np.isfinite(rows.prediction) & np.isfinite(answers.value.reshape(len(rows.after), -1)).all(axis=1)
    chosen = np.flatnonzero(fine)
    after = rows.after[chosen]
    keys = _inputs(model, rows)
    if not keys or min(after.sum(), (~after).sum()) < FEWEST:
        return None
    index, start = feature_index(rows.bins, keys, {key: len(model.columns[key].roles) for key in keys})
    index, output = index[chosen], link(answers.value[chosen], answers.scale)
    base = np.flatnonzero(~after)
    base = base[np.linspace(0, len(base) - 1, min(len(base), MAX_ROWS)).astype(int)]
    held_out = np.arange(len(base)) % 4 == 3
    fit = fit_surrogate(index[base], start, keys, output[base], held_out)
    if fit.r2 < TOLD:
        return None
    expected = fit.predict(index).reshape(len(chosen), -1)
    off = np.square(output.reshape(len(chosen), -1) - expected).sum(axis=1)
    departs = (off > np.quantile(off[base[held_out]], USUAL)).astype(np.float64)
    spread = float(np.sqrt(USUAL * (1 - USUAL)))
    usual = expected.argmax(axis=1).astype(np.float64) if expected.shape[1] > 1 else expected[:, 0]
    return RowErrors(chosen, departs, departs / spread, np.ones(len(chosen)), usual)


def _inputs(model: ModelEvidence, rows: Rows) -> list[str]:
    segments = set(model.node.segments) - set(model.node.features or ())
    keys = sorted(k for k in rows.bins if k in model.columns and model.columns[k].column not in segments)
    return keys[:MAX_COLUMNS]
