"""The ranker's benchmark, short: it runs from the shipped pool, and the shipped ranker is what the pool gives."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from benchmarks.incidents.job import plan
from benchmarks.incidents.tables import HELD_OUT
from benchmarks.ranker import pretrain
from benchmarks.ranker.collect import answered
from benchmarks.ranker.curve import PLAIN, first_right, split
from benchmarks.ranker.pool import read_pool, write_pool
from benchmarks.ranker.reviewers import LIAR, Habits, review
from benchmarks.ranker.robust import without
from benchmarks.ranker.track import Options, run
from rankers.pretrained import lessons as shipped_lessons
from rankers.pretrained import pretrained
from rankers.pretrained.cases import rows_of
from rca.review import reviewer_trust, settled
from rca.review.examples import read_examples
from rca.warehouse import Warehouse


@pytest.fixture(scope="module")
def pool():
    return read_pool()


def test_the_shipped_ranker_is_rebuilt_byte_by_byte(pool):
    document = pretrain.shipped(pool).to_json()
    assert document == (pretrain.FOLDER / "model.json").read_text(encoding="utf-8")


def test_the_shipped_ranker_saw_no_held_out_table(pool):
    lessons = pretrain.lessons(pool)
    assert not {case.table for case in lessons} & set(HELD_OUT)
    assert pretrained().about["training"]["incidents"] == len(lessons)
    assert [each.incident for each in shipped_lessons()] == [case.name for case in lessons]


def test_the_shipped_ranker_is_better_on_tables_it_never_saw(pool):
    held = [case for case in pool if case.half == "held-out"]
    assert first_right(held, pretrained()) > first_right(held, PLAIN)


def test_the_pool_is_written_as_it_was_read(pool, tmp_path):
    some = [*pool[:40], *(case for case in pool if not case.proposed.candidates)]
    files = (tmp_path / "tune.parquet", tmp_path / "held-out.parquet")
    write_pool(some, files)
    again = read_pool(files)
    assert [list(rows_of(case)) for case in again] == [
        list(rows_of(case)) for case in sorted({case.name: case for case in some}.values(), key=lambda case: case.name)
    ]


def test_one_incident_is_collected(tmp_path):
    case = answered(plan("bike", tmp_path, 1, seed=5)[0], "held-out")
    assert case is not None
    assert (case.injected, case.roots, any(case.right)) == ("data_quality", 1, True)


def test_labelled_incidents_are_not_asked_about(pool):
    parts = split(pool, 3)
    labelled = {case.name for case in parts.labelled(1000)}
    assert len(labelled) == 1000
    assert not labelled & {case.name for case in parts.asked}
    assert {case.half for case in parts.asked} == {"held-out"}


def test_before_a_family_existed_it_was_neither_proposed_nor_right(pool):
    case = next(case for case in pool if case.injected == "outliers" and any(case.right))
    before = without(case, "outliers")
    assert "outliers" not in {c.family for c in before.proposed.candidates}
    assert not any(before.right)


def test_a_liar_is_found_out_and_the_tired_are_weighed(pool):
    cases = split(pool, 0).labelled(200)
    with Warehouse() as warehouse:
        review(warehouse, cases, Habits(tired=True, lies=0.15, adjudicated=0.4), PLAIN, seed=0)
        trusted = reviewer_trust(settled(warehouse))
        weights = np.array([each.weight for each in read_examples(warehouse).training])
    assert min(trusted, key=trusted.__getitem__) == LIAR
    assert len(set(weights.round(3))) > 5


def test_the_benchmark_runs(tmp_path):
    few = Options(seeds=1, sizes=(0, 20), families=("outliers",), timed=200, jobs=1, plot=tmp_path / "curve.svg")
    outcome = run(few)
    text = outcome.markdown()
    assert "| pretrained |" in text
    assert "family never labelled" in text
    assert json.loads(json.dumps(outcome.as_json()))["curve"]
    assert ET.parse(tmp_path / "curve.svg").getroot().tag.endswith("svg")  # noqa: S314 - written just now
