"""The reference of the API is made, and tells what is."""

import re

from api.reference import reference, scopes_of_routes
from tests.api.rules import PUBLIC, RULES
from tests.architecture.trees import ROOT


def test_the_reference_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert page == reference(), "make it: uv run python -m api.reference > docs/reference/api.md"


def test_the_scopes_that_it_tells_are_those_that_hold() -> None:
    told = {route: scope or PUBLIC for route, scope in scopes_of_routes().items()}
    assert {route: RULES[route] for route in told} == told
    assert len(told) > 60


def test_every_operation_is_told_of() -> None:
    page = reference()
    assert [route for route in scopes_of_routes() if f"### {route}\n" not in page and " /mcp" not in route] == []


def test_the_threat_model_names_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 30
    missing = [
        (path, test)
        for path, test in named
        if not (ROOT / path).exists() or f"def {test}" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []
