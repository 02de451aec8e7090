"""The bundles in examples/ satisfy the published schemas: documents whole, tables by their first rows."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import yaml

from rca.export import json_schema

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BUNDLES = sorted(path.parent for path in EXAMPLES.glob("*/system.yaml"))
ROWS = 20
READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".jsonl": "read_json", ".ndjson": "read_json"}

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="there is no examples/ folder yet")


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema(name))


def check(name: str, value: Any) -> None:
    validator(name).validate(value)


def lines(path: Path) -> Iterator[Any]:
    yield from (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the first rows of a tabular file as JSON would carry them."""
    name = str(path).replace("'", "''")
    found = duckdb.sql(f"SELECT to_json(r) FROM (FROM {READERS[path.suffix]}('{name}') LIMIT {ROWS}) AS r").fetchall()
    yield from (json.loads(text) for (text,) in found)


def tables(bundle: Path, pattern: str) -> list[Path]:
    return sorted(path for path in bundle.glob(pattern) if path.suffix in READERS)


def is_otlp(path: Path) -> bool:
    return path.suffix == ".jsonl" and "resourceSpans" in path.read_text(encoding="utf-8")[:200]


def test_there_is_an_example() -> None:
    assert BUNDLES


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_documents_satisfy_their_schemas(bundle: Path) -> None:
    check("system", yaml.safe_load((bundle / "system.yaml").read_text(encoding="utf-8")))
    incidents = [json.loads(path.read_text(encoding="utf-8")) for path in bundle.glob("incident.json")]
    incidents += [incident for path in bundle.glob("incidents.jsonl") for incident in lines(path)]
    assert incidents
    for incident in incidents:
        check("incident", incident)
    for path in bundle.glob("changes.jsonl"):
        for change in lines(path):
            check("change", change)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_rows_satisfy_their_schemas(bundle: Path) -> None:
    system = yaml.safe_load((bundle / "system.yaml").read_text(encoding="utf-8"))
    names = {node["id"]: {file: own for own, file in node.get("columns", {}).items()} for node in system["nodes"]}
    checked = 0
    for path in tables(bundle, "predictions/*/*"):
        own = names.get(path.parent.name, {})
        for row in rows(path):
            check("predictions", {own.get(name, name): value for name, value in row.items()})
            checked += 1
    for name, pattern in (("histograms", "histograms/*"), ("spans", "traces/*"), ("kpis", "kpis.*")):
        for path in tables(bundle, pattern):
            for row in () if is_otlp(path) else rows(path):
                check(name, row)
                checked += 1
    assert checked
