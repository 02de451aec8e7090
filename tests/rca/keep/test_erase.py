"""After an erasure the database is as if the subject had never been seen, to the bytes of its file."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from rca.cli import main
from rca.errors import InputError, UnknownName
from rca.ingest import ingest_bundle
from rca.keep import Horizon, erase, retain
from rca.profile import update_profile
from rca.warehouse import Warehouse

NOW = datetime(2026, 3, 20, tzinfo=UTC)
SUBJECT, LATE = "subject-7f3a91", "late-55cd02"
SYSTEM = """
nodes:
  - {id: scorer, kind: model, task: binary, segments: [user_id]}
  - {id: web, kind: service}
"""
Captured = pytest.CaptureFixture[str]


def rows(*, without: str) -> list[str]:
    rng = np.random.default_rng(5)
    lines = []
    for i in range(1200):
        user = SUBJECT if i % 50 == 7 else LATE if i > 900 and i % 50 == 9 else f"user-{i % 9}"
        amount = "not a number" if i == 507 else f"{rng.random() * 100:.3f}"
        at = datetime(2026, 3, 1) + timedelta(minutes=10 * i)  # noqa: DTZ001
        split = "train" if i < 300 else "production"
        line = f"{at.isoformat()},{split},{user},{amount},{rng.random():.3f},{i % 2}"
        if user != without:
            lines.append(line)
    return lines


def bundle(folder: Path, *, without: str = "") -> Path:
    (folder / "predictions" / "scorer").mkdir(parents=True)
    (folder / "traces").mkdir()
    (folder / "system.yaml").write_text(SYSTEM)
    text = "\n".join(["ts,split,user_id,amount,prediction,label", *rows(without=without)])
    (folder / "predictions" / "scorer" / "all.csv").write_text(text + "\n")
    spans = [
        {"trace_id": f"t{k}", "span_id": f"s{k}", "service": "web", "operation": "pay", "duration_ms": 5.0,
         "start": "2026-03-01T00:00:00Z", "attributes": {"user_id": SUBJECT if k == 3 else f"user-{k}", "http.x": 1}}
        for k in range(9) if not (without == SUBJECT and k == 3)
    ]  # fmt: skip
    (folder / "traces" / "spans.jsonl").write_text("\n".join(map(json.dumps, spans)) + "\n")
    return folder


def ingested(folder: Path, db: Path | None = None) -> Warehouse:
    warehouse = Warehouse(db)
    ingest_bundle(warehouse, folder)
    update_profile(warehouse)
    return warehouse


def cells(warehouse: Warehouse) -> tuple[list, np.ndarray]:
    found = warehouse.connection.execute(
        "SELECT split, column_name, part, hour, bin, n, n_labelled, sum_value, sum_prediction, sum_loss "
        "FROM profile ORDER BY ALL"
    ).fetchall()
    return [row[:7] for row in found], np.array([row[7:] for row in found], dtype=float)


@pytest.mark.parametrize(("subject", "count", "spans", "aside"), [(SUBJECT, 24, 1, 1), (LATE, 6, 0, 0)])
def test_the_profile_is_that_of_the_others_alone(
    tmp_path: Path, subject: str, count: int, spans: int, aside: int
) -> None:
    """One subject is among the training rows, so that bins change; the other is in a few hours of production only."""
    others = bundle(tmp_path / "without", without=subject)
    with ingested(bundle(tmp_path / "with")) as warehouse, ingested(others) as never:
        would = erase(warehouse, "scorer", "user_id", subject, now=NOW, dry_run=True)
        done = erase(warehouse, "scorer", "user_id", subject, now=NOW, who="ann")
        assert (done.rows, done.spans, done.set_aside, done.rolled_up) == (count, spans, aside, False)
        assert would.rows == done.rows
        (keys, sums), (expected, expected_sums) = cells(warehouse), cells(never)
        bins = [w.connection.execute("FROM bins ORDER BY ALL").fetchall() for w in (warehouse, never)]
        audit = warehouse.connection.execute("SELECT account, method, path, detail FROM audit").fetchall()
    assert keys == expected
    np.testing.assert_allclose(sums, expected_sums, rtol=1e-9)
    assert bins[0] == bins[1]
    told = f'{{"rows": {count}, "spans": {spans}, "set_aside": {aside}}}'
    assert audit == [("ann", "ERASE", "predictions/scorer?column=user_id", told)]


def test_rolled_up_counts_stay_and_that_is_said(tmp_path: Path) -> None:
    with ingested(bundle(tmp_path / "with")) as warehouse:
        retain(warehouse, Horizon(raw_days=12), now=NOW)
        old = "SELECT sum(n) FROM profile WHERE hour < (SELECT min(stop) FROM rollups) AND split = 'production'"
        before = warehouse.connection.execute(old).fetchone()
        assert before[0] > 0
        done = erase(warehouse, "scorer", "user_id", SUBJECT, now=NOW)
        assert done.rolled_up
        assert 0 < done.rows < 24
        assert warehouse.connection.execute(old).fetchone() == before
        named = warehouse.connection.execute("SELECT category FROM bins WHERE column_name = 'user_id'").fetchall()
    assert ("(erased)",) in named
    assert (SUBJECT,) not in named


def test_not_a_byte_of_it_is_left_in_the_file(tmp_path: Path, capsys: Captured) -> None:
    db = tmp_path / "rca.duckdb"
    with ingested(bundle(tmp_path / "with"), db) as warehouse:
        warehouse.connection.execute(
            "INSERT INTO analyses (id, incident, given_at, ranker_kind, ranker_version, document, proposed) "
            "VALUES ('a', 'i', TIMESTAMP '2026-03-01', 'h', '1', ?, '{}')",
            [json.dumps({"text": f"worst for user_id={SUBJECT}"})],
        )
        warehouse.connection.execute(
            "INSERT INTO analyses (id, incident, given_at, ranker_kind, ranker_version, document, proposed, shadow) "
            "VALUES ('b', 'i', TIMESTAMP '2026-03-01', 'h', '1', '{}', '{}', ?)",
            [json.dumps({"causes": [{"summary": f"worst for user_id={SUBJECT}"}]})],
        )
    assert SUBJECT.encode() in b"".join(p.read_bytes() for p in tmp_path.glob("rca.duckdb*"))
    command = ["erase", "--db", str(db), "--node", "scorer", "--column", "user_id", "--value", SUBJECT]
    assert main([*command, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"] == 2
    assert main(command) == 0
    assert "24 rows left, 1 spans" in capsys.readouterr().out
    assert SUBJECT.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("rca.duckdb*"))
    with Warehouse(db) as warehouse:
        ask = warehouse.connection.execute
        (text,) = ask("SELECT document ->> 'text' FROM analyses WHERE id = 'a'").fetchone()
        assert ask("SELECT shadow IS NULL FROM analyses WHERE id = 'a'").fetchone() == (True,)
        (shadow,) = ask("SELECT shadow ->> '$.causes[0].summary' FROM analyses WHERE id = 'b'").fetchone()
        again = erase(warehouse, "scorer", "user_id", SUBJECT, now=NOW)
    assert text == shadow == "worst for user_id=(erased)"
    assert (again.rows, again.spans, again.set_aside, again.answers) == (0, 0, 0, 0)


def test_numbers_and_wrong_names(tmp_path: Path) -> None:
    with ingested(bundle(tmp_path / "with")) as warehouse:
        (amount,) = warehouse.connection.execute("SELECT amount FROM predictions_1 WHERE amount IS NOT NULL").fetchone()
        assert erase(warehouse, "scorer", "amount", f"{amount:.3f}", now=NOW, dry_run=True).rows >= 1
        with pytest.raises(UnknownName, match="did you mean 'user_id'"):
            erase(warehouse, "scorer", "userid", SUBJECT, now=NOW)
        with pytest.raises(UnknownName, match="model with a log"):
            erase(warehouse, "web", "user_id", SUBJECT, now=NOW)
        with pytest.raises(InputError, match="empty value"):
            erase(warehouse, "scorer", "user_id", "", now=NOW)
