"""Rows with values never seen before are held against the window's other rows, and by whether the column is read."""

from dataclasses import replace

import numpy as np

from candidates.measures.diagnosis import diagnose
from tests.candidates.faults import faulty
from tests.candidates.scenes import evidence_of, score


def columns(moved, spoilt=None):
    """Return the diagnosis of columns where some moved far in some late rows, and some outcomes are drawn anew."""
    scene = faulty()
    log = scene["scorer"]
    rng = np.random.default_rng(0)
    seen = log.columns | {name: log.columns[name] + 60.0 * (log.late & rows) for name, rows in moved.items()}
    label = (rng.random(len(log.day)) < score(seen)).astype(float)
    bad = log.late & (rng.random(len(log.day)) < 0.15) & (False if spoilt is None else spoilt)
    label[bad] = 1 - label[bad]
    changed = replace(log, columns=seen, prediction=score(seen), label=label)
    return diagnose(evidence_of(scene | {"scorer": changed}, "logloss"), "scorer").columns


def every(step):
    return np.arange(len(faulty()["scorer"].day)) % step == 0


def test_new_values_explain_what_they_suffer_more_than_the_windows_other_rows():
    half = every(2)
    alone = columns({"amount": half}, spoilt=half)["amount"].ventured
    alike = columns({"amount": half}, spoilt=every(1))["amount"].ventured
    assert alone > 0.4
    assert alike < 0.5 * alone


def test_a_column_that_the_model_does_not_read_claims_nothing():
    found = columns({"amount": every(1), "noise": every(1)})
    assert np.isfinite(found["amount"].ventured)
    assert np.isnan(found["noise"].ventured)
