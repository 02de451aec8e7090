import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rca.export import NAMES, json_schema, write_schemas
from schemas.analysis import Analysis
from schemas.system import RESERVED_COLUMNS
from tests.samples import analysis, document

CONTRACT_INCIDENT = {"id": "inc-42", "node": "fraud-scorer", "metric": "auc", "detected_at": "2026-03-04T10:00:00Z"}
CONTRACT_SYSTEM = {
    "nodes": [
        {
            "id": "fraud-scorer",
            "kind": "model",
            "owner": "risk-ml",
            "task": "binary",
            "threshold": 0.5,
            "columns": {"ts": "event_time", "label": "is_fraud"},
            "segments": ["country", "channel"],
            "features": ["amount", "hour"],
        },
        {"id": "payments-feed", "kind": "dataset"},
    ],
    "edges": [{"from": "payments-feed", "to": "fraud-scorer", "columns": ["amount", "currency"]}],
}
SAID = {"reviewer": "ana", "incident": "inc-42"}
GOOD: list[tuple[str, Any]] = [
    ("incident", CONTRACT_INCIDENT),
    ("incident", CONTRACT_INCIDENT | {"baseline": ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"], "direction": "up"}),
    ("system", CONTRACT_SYSTEM),
    ("change", {"ts": "2026-03-04T10:00:00Z", "node": "a", "kind": "deploy", "before": "1", "after": {"x": 2}}),
    ("predictions", {"ts": "2026-03-04T10:00:00Z", "amount": 3.5, "country": "DE", "new": True, "embedding": [0.1, 1]}),
    ("histograms", {"node": "m", "column": "c", "window_start": "t", "window_end": "t", "count": 3, "category": None}),
    ("spans", {"trace_id": "t", "span_id": "s", "service": "a", "operation": "o", "start": "t", "duration_ms": 0.5}),
    ("kpis", {"node": "n", "metric": "m", "ts": "t", "value": 1.0, "region": "eu"}),
    ("feedback", SAID | {"cause": {"family": "f", "node": "n", "subject": None}, "verdict": "confirmed"}),
    ("feedback", SAID | {"kind": "no_fault", "rank": None, "opened": None}),
]
BAD: list[tuple[str, Any]] = [
    ("incident", {key: value for key, value in CONTRACT_INCIDENT.items() if key != "detected_at"}),
    ("incident", CONTRACT_INCIDENT | {"direction": "sideways"}),
    ("system", {"nodes": []}),
    ("system", {"nodes": [{"id": "x", "kind": "robot"}]}),
    ("system", CONTRACT_SYSTEM | {"edges": [{"source": "a", "target": "b"}]}),
    ("change", {"ts": "2026-03-04", "kind": "miracle"}),
    ("predictions", {"amount": 3.5}),
    ("predictions", {"ts": "t", "proba_cat": 1.5}),
    ("predictions", {"ts": "t", "split": "tomorrow"}),
    ("histograms", {"node": "m", "column": "c", "window_start": "t", "window_end": "t", "count": -1}),
    ("spans", {"trace_id": "t", "span_id": "s", "service": "a", "operation": "o", "start": "t", "duration_ms": -1}),
    ("kpis", {"node": "n", "metric": "m", "ts": "t", "value": "high"}),
    ("analysis", {"schema_version": 1}),
    ("feedback", {"reviewer": "ana"}),
    ("feedback", SAID | {"verdict": "maybe"}),
    ("feedback", SAID | {"seconds": -1}),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_valid_and_says_what_it_is(name: str) -> None:
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["$id"] == f"urn:rca-engine:schema:{name}:1"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_what_the_contract_shows_is_accepted(name: str, value: Any) -> None:
    jsonschema.validate(value, json_schema(name))


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_the_contract_forbids_is_refused(name: str, value: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, json_schema(name))


def test_every_printed_answer_satisfies_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(json_schema("analysis"))
    for answer in (analysis(), analysis(causes=[], none_of_these=0.9), analysis(timings_ms={})):
        validator.validate(json.loads(answer.model_dump_json()))


def test_an_answer_of_another_shape_is_refused() -> None:
    wrong = json.loads(analysis().model_dump_json()) | {"surprise": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json_schema("analysis"))
    with pytest.raises(ValueError, match="surprise"):
        Analysis.model_validate(document(surprise=1))


def test_columns_of_the_row_schemas_are_those_of_the_models() -> None:
    assert set(json_schema("predictions")["properties"]) == set(RESERVED_COLUMNS)


def test_written_schemas_read_back(tmp_path: Path) -> None:
    for file in write_schemas(NAMES, tmp_path):
        assert json.loads(file.read_text(encoding="utf-8")) == json_schema(file.name.removesuffix(".schema.json"))
