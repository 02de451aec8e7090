"""Rows logged twice, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.row_faults import row_faults, row_source
from schemas.system import System
from tests.candidates.faults import _taken, evidence, healthy
from tests.candidates.scenes import evidence_of, first


def repeated(hit, metric="logloss", known=1.0):
    """Return the evidence of a log in which some rows of the window stand five times, and some labels are known."""
    scene = healthy()
    log = scene["scorer"]
    unknown = log.late & (np.random.default_rng(5).random(len(log.day)) >= known)
    log = replace(log, label=np.where(unknown, np.nan, log.label))
    scene = {**scene, "scorer": log}
    again = np.flatnonzero(log.late & hit(log))
    index = np.concatenate([np.arange(len(log.day)), np.repeat(again, 4)])
    order = np.argsort(log.day[index], kind="stable")
    given = evidence_of({node: _taken_all(entry, index[order]) for node, entry in scene.items()}, metric)
    model = given.models["scorer"]
    copies = order >= len(log.day)
    share = float(copies[model.rows.after].mean())
    model = replace(model, rows=replace(model.rows, repeats=copies), duplicates=(0.0, share))
    return replace(given, models=dict(given.models) | {"scorer": model}, cache={})


def _taken_all(log, index):
    return replace(_taken(log, index), day=log.day[index], version=log.version[index])


def test_rows_logged_again_explain_what_leaving_them_out_undoes():
    hard = repeated(lambda log: np.abs(log.label - log.prediction) > 0.5)
    fault = row_faults(hard)[0]
    assert fault.mechanism == "duplicated_rows"
    assert fault.share > 0.8
    cause = first(hard)
    assert (cause.family, cause.node, cause.subject) == ("data_quality", "scorer", None)


def test_rows_logged_again_at_random_explain_little_of_a_loss():
    drawn = repeated(lambda log: np.random.default_rng(2).random(len(log.day)) < 0.3)
    assert row_faults(drawn)[0].share < 0.5


def test_rows_of_one_kind_logged_again_explain_why_columns_moved_and_need_no_labels():
    given = repeated(lambda log: log.columns["amount"] > 32, "prediction_mean", known=0.02)
    fault = row_faults(given)[0]
    assert fault.share > 0.8
    assert "amount" in fault.columns
    assert "noise" not in fault.columns
    assert first(given).mechanism == "duplicated_rows"


def missing(hit):
    scene = healthy()
    log = scene["scorer"]
    kept = np.flatnonzero(~(log.late & hit(log)))
    return evidence_of({node: _taken_all(entry, kept) for node, entry in scene.items()}, "prediction_mean")


def test_rows_of_one_kind_that_no_longer_come_are_missing():
    given = missing(lambda log: log.columns["country"] == "de")
    fault = next(f for f in row_faults(given) if f.node == "scorer")
    assert fault.mechanism == "missing_rows"
    assert "country = de" in fault.words
    assert fault.share > 0.5


def test_rows_that_are_lost_more_and_more_are_missing_at_last():
    rng = np.random.default_rng(4)

    def lost(log):
        since = (log.day - log.day[log.late].min()) / (log.day.max() - log.day[log.late].min())
        return (log.columns["amount"] > 32) & (rng.random(len(log.day)) < 2 * since)

    fault = next(f for f in row_faults(missing(lost)) if f.node == "scorer")
    assert fault.mechanism == "missing_rows"
    assert "amount" in fault.words


def test_a_changed_mix_is_not_missing_rows():
    assert not row_faults(evidence("drift"))


def test_of_a_value_that_is_set_anew_every_week_no_rows_are_missing():
    """Half the rows came, all with the value of the week; those of other weeks are not to be expected."""
    scene = healthy()
    log = scene["scorer"]
    week = np.floor((log.day - log.day[log.late].min()) / 7)
    log = replace(log, columns=log.columns | {"country": np.where(week % 2 == 0, "de", "fr").astype(object)})
    kept = np.flatnonzero(~(log.late & (np.arange(len(log.day)) % 2 == 0)))
    given = evidence_of({**scene, "scorer": _taken_all(log, kept)}, "prediction_mean")
    words = [fault.words for fault in row_faults(given) if fault.node == "scorer"]
    assert words
    assert not any("country" in said for said in words)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({"payments": ["amount"]}, "payments"),
        ({"payments": ["amount"], "tracker": ["label"]}, "payments"),
        ({"payments": ["amount"], "tracker": ["outcome"]}, "payments"),
        ({"payments": ["amount"], "tracker": ["outcome", "temp"]}, "scorer"),
        ({"tracker": ["outcome"]}, "scorer"),
        ({"payments": ["amount"], "other": ["score"]}, "scorer"),
    ],
)
def test_rows_come_from_the_one_data_set_that_delivers_inputs_and_not_only_the_label(edges, expected):
    data = [{"id": name, "kind": "dataset"} for name in ("payments", "tracker")]
    models = [{"id": "other", "kind": "model"}, {"id": "scorer", "kind": "model", "columns": {"label": "outcome"}}]
    known = [{"from": source, "to": "scorer", "columns": columns} for source, columns in edges.items()]
    system = System.model_validate({"nodes": [*data, *models], "edges": known})
    assert row_source(replace(evidence("none"), system=system, cache={}), "scorer") == expected


def test_a_calm_period_has_no_row_fault():
    assert not row_faults(evidence("none"))
