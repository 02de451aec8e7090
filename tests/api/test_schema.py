"""Whatever the OpenAPI document allows, and what it forbids, is answered as the document says.

`RCA_SCHEMA_EXAMPLES=500 pytest -n 0 tests/api/test_schema.py` looks longer.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from benchmarks.service.served import served
from tests.api.conftest import fill, serving

EXAMPLES = int(os.environ.get("RCA_SCHEMA_EXAMPLES", "2"))
ROWS = ("/v1/predictions", "/v1/histograms", "/v1/kpis", "/v1/changes", "/api/v1/lineage")
"""Rows that cannot be used are set aside and told in the receipt; the others are kept."""


@pytest.fixture(scope="module")
def documented(tmp_path_factory):
    """The document, and the headers of a token that allows everything."""
    db = tmp_path_factory.mktemp("schema") / "rca.duckdb"
    with serving(db) as client:
        fill(client)
        assert client.post("/v1/incidents/inc-42:analyze", headers={"Prefer": "wait=60"}).status_code == 200
        token = client.post("/v1/tokens", json={"name": "t", "account": "ada", "scopes": ["admin"]}).json()
    with served(db) as server:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/v1/openapi.json")
        yield schema, {"Authorization": f"Bearer {token['bearer']}"}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_every_operation_answers_as_documented(documented, mode):
    schema, headers = documented
    faults, answers = [], []
    for result in schema.get_all_operations():
        operation = result.ok()
        look = looking(headers, excluded_checks(operation), answers)
        try:
            by_seed(look, operation.as_strategy(generation_mode=mode))()
        except Unsatisfiable:  # an operation without parameters cannot be called wrongly
            assert mode is GenerationMode.NEGATIVE
        except BaseExceptionGroup as group:
            faults += [f"{operation.label}: {error}" for error in group.exceptions]
    assert not faults, "\n\n".join(faults)[:20_000]
    assert len(answers) > 100


def looking(headers, excluded, answers):
    def look(case):
        answers.append(case.call(headers=headers))
        case.validate_response(answers[-1], excluded_checks=excluded)

    return look


def excluded_checks(operation):
    """What is well-formed may still name what is not there, or clash with what is; unknown filters are ignored."""
    lenient = operation.path in ROWS or operation.method == "get"
    return [positive_data_acceptance, *((negative_data_rejection,) if lenient else ())]


def by_seed(look, strategy):
    quick = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return seed(5)(quick(given(strategy)(look)))
