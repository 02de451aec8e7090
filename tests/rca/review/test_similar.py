"""The nearest past incidents, over kept answers made by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.errors import InputError
from rca.review import keep_analysis, read_feedback, record, similar_incidents
from rca.review.similar import cosine
from rca.warehouse import Warehouse
from tests.rca.review.conftest import Keep, of_incident, proposed_of
from tests.rca.review.said import AMOUNT


def of_family(name, family, **parts):
    """The sample's answer with its first cause of another family."""
    answer = of_incident(name)
    first = answer.causes[0].model_copy(update={"family": family} | parts)
    return answer.model_copy(update={"causes": (first, *answer.causes[1:])})


@pytest.fixture
def past(keep: Keep) -> None:
    """Keep an incident, one just like it at another column, and one of another kind."""
    keep(of_family("now", "data_quality", features={"share": 0.9, "timing": -0.5}))
    keep(of_family("alike", "data_quality", subject="currency", features={"share": 0.8, "timing": -0.4}))
    keep(of_family("unlike", "concept_drift", mechanism=None, features={"share": 0.9}))


def confirm(warehouse: Warehouse, incident: str, cause, **parts) -> None:
    said = {"reviewer": "ana", "incident": incident, "cause": cause, "verdict": "confirmed"} | parts
    record(warehouse, read_feedback(**said))


@pytest.mark.usefixtures("past")
def test_the_nearest_comes_first_and_never_the_incident_itself(warehouse: Warehouse) -> None:
    found = similar_incidents(warehouse, "now")
    assert [one.incident for one in found] == ["alike", "unlike"]
    assert found[0].similarity > 0.95
    assert 0 < found[1].similarity < 0.5
    assert [one.incident for one in similar_incidents(warehouse, "now", top=1)] == ["alike"]


@pytest.mark.usefixtures("past")
def test_what_is_settled_comes_first_with_what_fixed_it(warehouse: Warehouse) -> None:
    drift = AMOUNT.model_copy(update={"family": "concept_drift"})
    confirm(warehouse, "unlike", drift, comment="retrained on May")
    first, second = similar_incidents(warehouse, "now")
    (finding,) = first.findings
    assert (first.incident, finding.cause, finding.verdict) == ("unlike", drift.key, "confirmed")
    assert finding.remedy.startswith("Divide amount by 100")
    assert finding.comments == ("retrained on May",)
    assert (second.incident, second.findings) == ("alike", ())
    assert first.to_json()["findings"][0]["cause"]["family"] == "concept_drift"


@pytest.mark.usefixtures("past")
def test_what_was_rejected_is_no_finding(warehouse: Warehouse) -> None:
    confirm(warehouse, "unlike", AMOUNT.model_copy(update={"family": "concept_drift"}), verdict="rejected")
    assert [one.incident for one in similar_incidents(warehouse, "now")] == ["alike", "unlike"]
    assert all(one.findings == () for one in similar_incidents(warehouse, "now"))


@pytest.mark.usefixtures("past")
def test_that_there_was_no_fault_is_a_finding(warehouse: Warehouse) -> None:
    confirm(warehouse, "unlike", None, verdict=None, kind="no_fault")
    first = similar_incidents(warehouse, "now")[0]
    assert [finding.cause for finding in first.findings] == [None]
    assert first.to_json()["findings"][0]["cause"] is None


def test_the_latest_answer_of_an_incident_counts(warehouse: Warehouse, keep: Keep) -> None:
    keep(of_family("now", "data_quality"))
    keep(of_family("past", "concept_drift"))
    before = similar_incidents(warehouse, "now")[0].similarity
    keep(of_family("past", "data_quality"))
    assert [one.incident for one in similar_incidents(warehouse, "now")] == ["past"]
    assert similar_incidents(warehouse, "now")[0].similarity > before


def test_an_answer_without_causes_is_compared_by_its_symptom(warehouse: Warehouse, keep: Keep) -> None:
    bare = of_incident("bare").model_copy(update={"causes": ()})
    keep_analysis(warehouse, bare, proposed_of(bare))
    keep(of_incident("full"))
    assert 0 < similar_incidents(warehouse, "bare")[0].similarity < 1


def test_an_unknown_incident_is_said(warehouse: Warehouse, kept: str) -> None:
    with pytest.raises(InputError, match="did you mean 'inc-42'"):
        similar_incidents(warehouse, "inc-24")
    assert similar_incidents(warehouse, "inc-42") == ()


vectors = st.dictionaries(st.sampled_from("abcde"), st.floats(0, 1e6), max_size=5)


@given(vectors, vectors)
def test_the_cosine_is_symmetric_and_within_zero_and_one(one, other) -> None:
    assert cosine(one, other) == cosine(other, one)
    assert 0 <= cosine(one, other) <= 1
    assert not any(one.values()) or min(v for v in one.values() if v) < 1e-100 or cosine(one, one) > 1 - 1e-9
