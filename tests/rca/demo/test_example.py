"""The example bundle is what its script makes, small, and follows the contract."""

import json
import runpy
from pathlib import Path

import yaml

from schemas.incident import Change, Incident
from schemas.system import System

EXAMPLES = Path(__file__).parents[3] / "examples"
BUNDLE = EXAMPLES / "card-fraud"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_script_makes_the_example(tmp_path) -> None:
    runpy.run_path(str(EXAMPLES / "make_card_fraud.py"))["make"](tmp_path)
    assert files(tmp_path) == files(BUNDLE)


def test_the_example_is_small_and_has_every_kind_of_file() -> None:
    found = files(BUNDLE)
    assert sum(map(len, found.values())) < 100_000
    kinds = {Path(name).parts[0] for name in found}
    assert kinds == {
        "system.yaml", "incident.json", "predictions", "histograms", "traces", "kpis.csv", "changes.jsonl",
        "lineage.jsonl",
    }  # fmt: skip


def test_its_documents_are_valid() -> None:
    system = System.model_validate(yaml.safe_load((BUNDLE / "system.yaml").read_text()))
    incident = Incident.model_validate_json((BUNDLE / "incident.json").read_text())
    assert system.by_id[incident.node].column("label") == "is_fraud"
    for line in (BUNDLE / "changes.jsonl").read_text().splitlines():
        assert Change.model_validate(json.loads(line)).node in system.by_id
