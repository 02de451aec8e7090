"""The composition root: real parts on the example, fakes where a part's answer is what matters."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from candidates import families
from rca.analyse import MIN_CONFIDENCE, analyse, analyse_bundle, analyse_database
from rca.errors import InputError, UnknownName
from rca.ingest.documents import load_incidents
from rca.symptom import measure_symptom
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, EvidenceItem
from schemas.candidate import Candidate, Findings
from tests.rca.metrics.logs import write_log
from tests.rca.symptom.cases import MODEL, SYSTEM, incident
from tests.rca.symptom.test_reference import optimistic, split_log

EXAMPLE = Path(__file__).parents[2] / "examples" / "card-fraud"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Return the example's database, analysed once while it was made."""
    db = tmp_path_factory.mktemp("db") / "example.duckdb"
    answers = analyse_bundle(EXAMPLE, db=db)
    return db, answers


@pytest.fixture(scope="module")
def opened(database):
    with Warehouse(database[0]) as warehouse:
        (incident,) = load_incidents(warehouse)
        yield warehouse, incident


def proposing(*candidates):
    return lambda _: Findings(candidates=candidates)


def cause(subject="x", node="payments-feed", **parts):
    strong = {"impact": 0.9, "strength": 30.0, "specificity": 0.9, "features": {"alignment": 1.0}}
    return Candidate("made_up", node, subject, summary="s", **(strong | parts))


def told(opened, generators, **options) -> Analysis:
    warehouse, incident = opened
    return analyse(warehouse, incident, generators=generators, **options)


def test_the_example_is_explained(database):
    (answer,) = database[1]
    first = answer.causes[0]
    assert (first.family, first.mechanism, first.node, first.subject) == (
        "data_quality",
        "unit_change",
        "payments-feed",
        "amount",
    )
    assert first.blame_path == ("payments-feed", "fraud-scorer")
    assert first.confidence > answer.none_of_these


def test_every_family_is_a_cause_or_says_why_not(database):
    (answer,) = database[1]
    noted = [note.family for note in (*answer.ruled_out, *answer.not_examined)]
    assert {c.family for c in answer.causes} | set(noted) == set(families())
    assert len(noted) == len(set(noted))
    assert all(note.reason for note in (*answer.ruled_out, *answer.not_examined))


def test_the_answer_is_json_and_comes_back(database):
    (answer,) = database[1]
    document = json.loads(answer.model_dump_json())
    assert Analysis.model_validate(document) == answer
    assert document["schema_version"] == 1
    assert all(c["confidence"] + document["none_of_these"] <= 1 + 1e-6 for c in document["causes"])
    assert [c["rank"] for c in document["causes"]] == list(range(1, len(document["causes"]) + 1))


def test_the_symptom_is_summed_up(database):
    (answer,) = database[1]
    summary = answer.incident
    assert (summary.node, summary.metric, summary.direction) == ("fraud-scorer", "prediction_mean", "up")
    assert summary.value > summary.baseline_value
    assert summary.significance < 1e-3
    assert summary.onset_interval[0] <= summary.onset <= summary.onset_interval[1]
    assert len(summary.series["ts"]) == len(summary.series["value"]) == len(summary.series["n"])
    assert summary.severity == "high"


def test_every_stage_is_timed(database):
    (answer,) = database[1]
    assert set(answer.timings_ms) >= {"ingest", "profile", "symptom", "evidence", "candidates", "blame", "rank"}
    assert all(spent >= 0 for spent in answer.timings_ms.values())


def test_the_database_gives_the_same_answer_as_the_files(database):
    db, (answer,) = database
    (again,) = analyse_database(db)
    assert again.model_dump(exclude={"timings_ms"}) == answer.model_dump(exclude={"timings_ms"})


def test_an_incident_of_ones_own_is_explained_instead(database):
    db, (answer,) = database
    with Warehouse(db) as warehouse:
        (incident,) = load_incidents(warehouse)
    other = incident.model_copy(update={"id": "mine", "metric": "positive_rate"})
    (mine,) = analyse_database(db, incident=other)
    assert (mine.incident.id, mine.incident.metric) == ("mine", "positive_rate")
    assert mine.incident.value != answer.incident.value


def test_generators_may_be_handed_in(opened):
    answer = told(opened, {"made_up": proposing(cause())})
    assert [(c.family, c.subject) for c in answer.causes] == [("made_up", "x")]
    assert answer.ruled_out == answer.not_examined == ()


def test_reasons_are_kept_by_their_kind(opened):
    reasons = {
        "b": lambda _: Findings(ruled_out="it is well"),
        "a": lambda _: Findings(not_examined="no data"),
    }
    answer = told(opened, reasons)
    assert [(n.family, n.reason) for n in answer.ruled_out] == [("b", "it is well")]
    assert [(n.family, n.reason) for n in answer.not_examined] == [("a", "no data")]
    assert answer.none_of_these == 1.0
    assert answer.causes == ()


def test_causes_come_in_order_with_their_parts(opened):
    item = EvidenceItem(kind="estimate", text="t", data={"share": 0.9})
    sure = cause("sure", evidence=(item,), verify="v", remedy="r", mechanism="m", slice="country=DE")
    unsure = cause("unsure", impact=0.5, specificity=0.3)
    answer = told(opened, {"made_up": proposing(unsure, sure)})
    first = answer.causes[0]
    assert [c.subject for c in answer.causes] == ["sure", "unsure"]
    assert (first.evidence, first.verify, first.remedy) == ((item,), "v", "r")
    assert (first.mechanism, first.slice, first.impact) == ("m", "country=DE", 0.9)
    assert first.features["share"] == 0.9


def test_blame_takes_confidence_from_what_a_cause_upstream_explains(opened):
    upstream = cause("currency", explains=(("column", "fraud-scorer", "amount"),))
    symptom = cause("y", node="fraud-scorer", explains=(("output", "fraud-scorer"),))
    alone = told(opened, {"made_up": proposing(symptom)}).causes[0].confidence
    both = {c.subject: c.confidence for c in told(opened, {"made_up": proposing(symptom, upstream)}).causes}
    assert both["y"] < 0.5 * min(alone, both["currency"])


def test_long_shots_are_left_out_but_keep_their_share(opened):
    hopeless = cause("no", impact=0.0, strength=0.0, specificity=0.0, features={"alignment": -1.0})
    answer = told(opened, {"made_up": proposing(hopeless, cause("yes", impact=1.0, specificity=1.0))})
    assert [c.subject for c in answer.causes] == ["yes"]
    assert 1 - MIN_CONFIDENCE < answer.causes[0].confidence + answer.none_of_these < 1


def test_earlier_timings_are_reported_along(opened):
    assert told(opened, {}, timings_ms={"ingest": 12.5}).timings_ms["ingest"] == 12.5


@pytest.mark.parametrize(("part", "value", "near"), [("node", "fraud-scorr", "fraud-scorer"), ("metric", "auk", "auc")])
def test_an_unknown_node_or_metric_is_said_with_the_nearest(opened, part, value, near):
    warehouse, incident = opened
    with pytest.raises(InputError, match=near):
        analyse(warehouse, incident.model_copy(update={part: value}))


def test_an_unknown_incident_is_said_with_those_there_are(database):
    with pytest.raises(UnknownName, match="card-fraud-1"):
        analyse_database(database[0], incident_id="card-fraud-2")


def test_a_bundle_without_an_incident_says_how_to_give_one(tmp_path):
    for name in ("system.yaml", "kpis.csv"):
        shutil.copy(EXAMPLE / name, tmp_path / name)
    with pytest.raises(InputError, match=r"incident\.json"):
        analyse_bundle(tmp_path)


def test_a_database_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="rca ingest"):
        analyse_database(tmp_path / "none.duckdb")
    assert not (tmp_path / "none.duckdb").exists()


def test_progress_is_told_per_incident(database):
    seen = []
    analyse_database(database[0], progress=lambda what, done, total: seen.append((what, done, total)))
    assert ("explaining card-fraud-1", 0, 1) in seen


def test_several_incidents_are_explained_in_order(database, tmp_path):
    db = tmp_path / "two.duckdb"
    shutil.copy(database[0], db)
    with Warehouse(db) as warehouse:
        (incident,) = load_incidents(warehouse)
        later = incident.model_copy(update={"id": "later", "detected_at": incident.detected_at + timedelta(hours=3)})
        warehouse.connection.execute("INSERT INTO incidents VALUES ('later', ?)", [later.model_dump_json()])
    assert [a.incident.id for a in analyse_database(db)] == ["card-fraud-1", "later"]
    assert [a.incident.id for a in analyse_database(db, incident_id="later")] == ["later"]


def test_a_family_that_fails_is_told_and_the_others_answer(opened, caplog):
    def failing(_):
        raise ZeroDivisionError("no rows")

    answer = told(opened, {"made_up": proposing(cause()), "broken": failing})
    assert [c.family for c in answer.causes] == ["made_up"]
    assert {note.family for note in answer.not_examined} == {"broken"}
    assert any("broken was not examined" in line and "no rows" in line for line in answer.warnings)
    assert "the family broken failed" in caplog.text


def test_training_rows_that_a_model_knows_better_are_no_baseline_where_nothing_overfits():
    log = optimistic(split_log(3), 1.5)
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log["seconds"], **{name: log[name] for name in log if name != "seconds"})
        calm = incident("m", "logloss", 25)
        assert measure_symptom(warehouse, SYSTEM, calm).by_heart
        found = analyse(warehouse, calm, system=SYSTEM)
    assert found.incident.significance > 0.5
    assert found.none_of_these > 0.9


@pytest.mark.parametrize(("here", "there", "chosen"), [(True, True, 0), (False, True, 1), (False, False, 0)])
def test_the_other_reading_answers_where_the_first_explains_nothing(opened, monkeypatch, here, there, chosen):
    def second(warehouse, system, incident, first):
        assert first.incident == incident
        return replace(first, warnings=("read otherwise",))

    def generate(evidence):
        explained = there if "read otherwise" in evidence.symptom.warnings else here
        return Findings(candidates=(cause(),) if explained else (), ruled_out="" if explained else "nothing")

    monkeypatch.setattr("rca.analyse.other_reading", second)
    answer = told(opened, {"made_up": generate})
    assert ("read otherwise" in answer.warnings) == bool(chosen)
    assert bool(answer.causes) == (here or there)
