"""A case is the same each time it is made, and its right answer tells how it was made."""

import json

import pytest

from benchmarks.incidents.case import make_case
from benchmarks.incidents.draw import DRAWS, FAMILIES
from benchmarks.incidents.job import Job, plan
from benchmarks.incidents.tally import tally


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    folders = [tmp_path_factory.mktemp("cases") for _ in range(2)]
    for folder in folders:
        said = make_case(Job("telco", folder, 2, "config_change", 1, "setting"))
        assert "config_change" in said
    return folders


def test_the_same_job_makes_the_same_case(twice) -> None:
    names = [sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) for folder in twice]
    assert names[0] == names[1]
    for name in names[0]:
        one, two = ((folder / name).read_bytes() for folder in twice)
        assert one == two, name


def test_the_right_answer_tells_how_the_case_was_made(twice) -> None:
    known = json.loads((twice[0] / "telco" / "telco-002.truth.json").read_text(encoding="utf-8"))
    assert known["causes"][0]["family"] == "config_change"
    assert known["level"] == "distractors"
    assert known["injected"][0].startswith("ScorerSetting")
    assert known["distractors"]
    assert 6000 <= known["rows"] <= 40_000
    assert "config_change/" in tally(twice[0])


def test_without_distractors_nothing_else_happens(tmp_path) -> None:
    make_case(Job("telco", tmp_path, 2, "data_quality", 1, "null_burst", distractors=False))
    known = json.loads((tmp_path / "telco" / "telco-002.truth.json").read_text(encoding="utf-8"))
    assert known["level"] == "quiet"
    assert not [name for name in known["distractors"] if not name.startswith("Unlabelled")]


def test_a_plan_has_every_family_and_turns_the_mechanisms(tmp_path) -> None:
    jobs = plan("telco", tmp_path, 6 * len(FAMILIES), 1)
    assert {job.family for job in jobs} == set(FAMILIES)
    made = {job.mechanism for job in jobs if job.family == "schema_change"}
    assert made == set(DRAWS["schema_change"])
    assert len({job.folder for job in jobs}) == len(jobs)
