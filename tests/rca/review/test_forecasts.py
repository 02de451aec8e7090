"""Evidence is kept as it was held, weighed by what the labels say now, and never drawn twice."""

from dataclasses import replace

import numpy as np
import pytest

from rankers import heuristic
from rankers.contest import pairs_of
from rankers.model import Model
from rca.review.forecasts import add_forecasts, forecast, pairs, read_evidence
from rca.review.registry import HEURISTIC, promote, rollback
from rca.warehouse import Warehouse
from tests.rankers.slates import incident, incidents
from tests.rca.review.rankers import FIRST, small_model

PLAIN, OTHER = Model(heuristic.VERSION), small_model("x", 6.0)


def kept(warehouse: Warehouse, asked, challenger: Model = OTHER) -> None:
    add_forecasts(warehouse, FIRST, "learned", [forecast(each, PLAIN, challenger, PLAIN) for each in asked])


def test_what_was_held_comes_back(warehouse: Warehouse) -> None:
    asked = [*incidents(12), incident(99, nothing=True)]
    kept(warehouse, asked)
    found = pairs(read_evidence(warehouse, FIRST, "learned").kept, asked)
    assert [each.growth for each in found] == pytest.approx([e.growth for e in pairs_of(PLAIN, OTHER, asked)], abs=1e-6)


def test_an_incident_is_forecast_once(warehouse: Warehouse) -> None:
    asked = incidents(3)
    kept(warehouse, asked)
    before = read_evidence(warehouse, FIRST, "learned")
    kept(warehouse, asked, PLAIN)
    assert read_evidence(warehouse, FIRST, "learned") == before


def test_a_label_that_changed_changes_the_evidence_and_one_that_left_is_none(warehouse: Warehouse) -> None:
    asked = incidents(2)
    kept(warehouse, asked)
    evidence = read_evidence(warehouse, FIRST, "learned").kept
    other = np.roll(asked[0].right, 1)
    turned = replace(asked[0], right=other, possible=np.append(other, False))
    assert pairs(evidence, [turned])[0].growth != pairs(evidence, [asked[0]])[0].growth
    keys = tuple(("unknown", *key[1:]) for key in asked[0].slate.keys)
    assert pairs(evidence, [replace(asked[0], slate=replace(asked[0].slate, keys=keys))]) == []
    assert len(pairs(evidence, asked[1:])) == 1


def test_after_a_rollback_it_begins_anew_and_what_was_forecast_is_spent(warehouse: Warehouse) -> None:
    kept(warehouse, incidents(3))
    promote(warehouse, HEURISTIC, "ada")
    assert rollback(warehouse, "ada") == FIRST
    found = read_evidence(warehouse, FIRST, "learned")
    assert (len(found.kept), len(found.spent)) == (0, 3)


def test_no_name_of_a_cause_is_kept_and_damage_is_no_evidence(warehouse: Warehouse) -> None:
    kept(warehouse, incidents(2))
    rows = warehouse.connection.execute("SELECT CAST(document AS VARCHAR) FROM ranker_forecasts").fetchall()
    assert not any("column" in text or "node" in text for (text,) in rows)
    warehouse.connection.execute("UPDATE ranker_forecasts SET document = '[1]' WHERE incident = 'i0'")
    assert {*read_evidence(warehouse, FIRST, "learned").kept} == {"i1"}
