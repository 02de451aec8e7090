"""Dropped, renamed, retyped, re-encoded: told from the batches' schemas and the categories."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.schema_change import generate
from tests.candidates.faults import evidence, faulty, healthy, reshaped
from tests.candidates.scenes import corrupted, evidence_of, first, found, ranked

CHANGED = [
    ("dropped", "amount", "dropped"),
    ("renamed", "amount", "renamed"),
    ("retyped", "amount", "retyped"),
    ("dropped category", "country", "dropped"),
    ("upper case", "country", "re_encoded"),
    ("codes", "country", "re_encoded"),
    ("new countries", "country", "new_categories"),
]


@pytest.mark.parametrize(("fault", "column", "mechanism"), CHANGED)
def test_the_changed_column_comes_first(fault, column, mechanism):
    cause = first(evidence(fault))
    assert (cause.family, cause.node, cause.subject) == ("schema_change", "payments", column)
    assert cause.mechanism == mechanism
    assert cause.impact > 0.3


def test_codes_that_were_exchanged_are_no_default_value():
    names = np.unique(healthy()["scorer"].columns["country"]).tolist()
    other = dict(zip(names, names[1:] + names[:1], strict=True))
    scene = corrupted("country", lambda old, _: np.array([other[v] for v in old], dtype=object))(healthy())
    cause = first(evidence_of(scene))
    assert (cause.family, cause.subject, cause.mechanism) == ("schema_change", "country", "re_encoded")


def test_a_renamed_column_says_its_new_name():
    item = next(i for i in first(evidence("renamed")).evidence if i.kind == "schema")
    assert item.data["renamed_to"] == "amount_eur"


def test_a_new_column_with_other_values_is_no_rename():
    scene = faulty("renamed")
    log = scene["scorer"]
    other = np.where(log.late, np.random.default_rng(0).gamma(2.0, 25.0, len(log.day)), np.nan)
    columns = {k: v for k, v in log.columns.items() if k != "amount_eur"} | {"zzz": other}
    scene = scene | {"scorer": replace(log, columns=columns, schema={"amount": "dropped", "zzz": "added"})}
    cause = first(evidence_of(scene))
    assert (cause.subject, cause.mechanism) == ("amount", "dropped")


def test_a_retyped_column_says_both_types():
    item = next(i for i in first(evidence("retyped")).evidence if i.kind == "schema")
    assert (item.data["before"], item.data["after"]) == ("DOUBLE", "VARCHAR")


def test_a_dropped_column_without_influence_explains_nothing():
    given = evidence("decoy dropped", "misjoined")
    assert found("schema_change", given)["payments", "noise"].impact < 0.1
    assert first(given).subject == "temp"


def test_an_added_column_alone_is_no_candidate():
    scene = healthy()
    log = scene["scorer"]
    columns = dict(log.columns) | {"extra": np.where(log.late, 1.0, np.nan)}
    scene = scene | {"scorer": replace(log, columns=columns, schema={"extra": "added"})}
    assert ("scorer", "extra") not in found("schema_change", evidence_of(scene))


def test_garbage_is_left_to_data_quality():
    assert ("payments", "country") not in found("schema_change", evidence("garbled"))


def test_a_rename_to_the_same_values_under_an_unlike_name_is_still_a_rename():
    cause = first(evidence_of(reshaped("amount", "dropped", "value_in_euro")(healthy())))
    assert (cause.subject, cause.mechanism) == ("amount", "renamed")


def test_the_same_schema_is_ruled_out_and_no_batches_is_not_examined():
    assert generate(evidence("none")).ruled_out
    assert generate(evidence("drift", metric="prediction_mean")).ruled_out
    bare = {n: replace(m, batches=(), rows=None) for n, m in evidence("none").models.items()}
    assert generate(replace(evidence("none"), models=bare, cache={})).not_examined


@pytest.mark.parametrize(("share", "told"), [(1.0, True), (0.7, False)])
def test_a_column_that_no_row_fills_any_more_may_have_been_dropped(share, told):
    order, _ = ranked(evidence_of(corrupted("amount", lambda old, _: np.full(len(old), np.nan), share)(healthy())))
    keys = [one.candidate.key for one in order[:2]]
    assert keys[0] == ("data_quality", "payments", "amount")
    assert (keys[1] == ("schema_change", "payments", "amount")) is told
