"""JSON's own types say which types of a text are worth trying; the outcome is the same as of trying all."""

import json
from pathlib import Path

import pytest

from rca.ingest import jsonlines
from rca.ingest.session import Session
from rca.ingest.text import ALL_TYPES
from rca.live.landing import NOBODY
from rca.warehouse import Warehouse

COLUMNS = {
    "integers": [1, 2, -3, 4, 5],
    "exponents": [1e300, 2.5, 3, 4, 5e-7],
    "large": [2**63, 1, 2, 3, 4],
    "truths": [True, False, True, None, True],
    "numbers in quotes": ["1", "2", "3", "4", "5"],
    "days": ["2026-03-01", "2026-03-02T10:00:00Z", "2026-03-03 10:00:00+01:00", "2026-03-04", "2026-03-05"],
    "mostly days": ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "soon"],
    "seldom days": ["2026-03-01", "soon", "later", "never", "2026-03-05"],
    "words": ["true", "false", "true", "true", "false"],
    "mostly numbers": [1, 2, 3, 4, "five"],
    "half numbers": [1, 2, "3", "4", "five"],
    "seconds": [1772359200, 1772359201, 1772359202, 1772359203, "2026-03-05"],
    "vectors": [[1, 2], [3.5, 4], [5, 6], [7, 8], [9, 10]],
    "vectors in quotes": ["[1, 2]", "[3, 4]", "[5, 6]", "[7, 8]", "[9, 10]"],
    "objects": [{"a": 1}, {"a": 2}, {}, None, {"b": [1]}],
    "nothing": [None] * 5,
}


def staged(folder: Path) -> tuple[object, list[object]]:
    with Warehouse() as warehouse:
        session = Session(warehouse.connection, folder, NOBODY, enclosed=True)
        found = jsonlines.stage_json(session, folder / "rows.jsonl")
        cells = ", ".join(sql for _, sql, *_ in found.columns)
        rows = warehouse.connection.execute(f"SELECT {cells} FROM {found.sql} ORDER BY row_index").fetchall()
        return found.columns, rows


def test_fewer_tries_tell_the_same_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = list(COLUMNS)
    lines = [json.dumps({key: COLUMNS[key][row] for key in (keys if row % 2 else keys[::-1])}) for row in range(5)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    few = staged(tmp_path)
    monkeypatch.setattr(jsonlines, "_possible", lambda _: ALL_TYPES)
    assert few == staged(tmp_path)
    told = {name: observed for name, _, _, observed, _ in few[0]}
    assert told.keys() == COLUMNS.keys()
    assert (told["days"], told["mostly days"], told["seldom days"]) == ("TIMESTAMP", "TIMESTAMP", "VARCHAR")
    assert (told["integers"], told["numbers in quotes"], told["truths"]) == ("BIGINT", "VARCHAR", "BOOLEAN")
