"""`rca review`, `actions`, `cases`, `sop` and `postmortem` from end to end."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from rca.cli import main
from rca.warehouse import Warehouse
from tests.rca.weekly.site import SYSTEM, happen

LAST_WEEK = datetime.now(UTC) - timedelta(weeks=1)
DUE = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "rca.duckdb"
    with Warehouse(path) as warehouse:
        warehouse.connection.execute("INSERT INTO systems VALUES ('0', 1, ?)", [json.dumps(SYSTEM)])
        happen(warehouse, "a", LAST_WEEK, cause="amount", closed=4)
        happen(warehouse, "b", LAST_WEEK)
    return path


def run(capsys, *words):
    status = main([str(word) for word in words])
    done = capsys.readouterr()
    return status, done.out, done.err


def test_a_review_is_printed_written_and_frozen(db, tmp_path, capsys):
    status, out, _ = run(capsys, "review", "--db", db)
    assert (status, out.startswith("# Weekly review ")) == (0, True)
    for name, start in (("r.html", "<!doctype html>"), ("r.md", "# Weekly review")):
        status, out, _ = run(capsys, "review", "--db", db, "--out", tmp_path / name)
        assert status == 0
        assert "Written to" in out
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    found = json.loads(run(capsys, "review", "--db", db, "--again", "--json", "--who", "ana")[1])
    assert (found["revision"], found["made_by"], found["this"]["incidents"]) == (2, "ana", 2)
    assert json.loads(run(capsys, "review", "--db", db, "--revision", 1, "--json")[1])["revision"] == 1


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--week", "2026-47"], "is not a week"),
        (["--out", "review.pdf"], "neither HTML nor Markdown"),
        (["--revision", "9"], "has no revision 9"),
        (["--out", "/nowhere/review.md"], "cannot be written"),
    ],
)
def test_a_review_that_cannot_be_made_says_why(db, capsys, words, what):
    status, _, err = run(capsys, "review", "--db", db, *words)
    assert (status, what in err) == (2, True)


def test_actions_from_end_to_end(db, capsys):
    words = ["actions", "add", "--db", db, "--title", "Check the range of amount", "--owner", "payments", "--due", DUE]
    made = json.loads(
        run(capsys, *words, "--incident", "a", "--cause", "data_quality/payments-feed/amount", "--json")[1]
    )
    assert (made["id"], made["cause"]["subject"]) == ("act-1", "amount")
    assert "Check the range" in run(capsys, "actions", "list", "--db", db)[1]
    assert run(capsys, "actions", "verify", "act-1", "--db", db, "--comment", "x")[0] == 2
    assert run(capsys, "actions", "done", "act-1", "--db", db)[0] == 0
    assert "verified effective" in " ".join(
        run(capsys, "actions", "verify", "act-1", "--db", db, "--comment", "replayed")[1].split()
    )
    assert run(capsys, "actions", "reopen", "act-1", "--db", db)[0] == 0
    assert json.loads(run(capsys, "actions", "drop", "act-1", "--db", db, "--comment", "old", "--json")[1])[
        "state"
    ] == ("dropped")
    assert "No action items." in run(capsys, "actions", "list", "--db", db, "--state", "open")[1]


@pytest.mark.parametrize(("option", "value"), [("--due", "soon"), ("--cause", "amount"), ("--incident", "zzz")])
def test_an_action_that_cannot_be_added_says_why(db, capsys, option, value):
    words = {"--title": "Check the range of amount", "--owner": "payments", "--due": DUE} | {option: value}
    status, _, err = run(capsys, "actions", "add", "--db", db, *(part for each in words.items() for part in each))
    assert (status, value in err) == (2, True)


def test_cases_are_searched_and_shown(db, capsys):
    assert "data_quality/payments-feed/amount" in run(capsys, "cases", "search", "amount", "--db", db)[1].replace(
        "\n", ""
    )
    assert json.loads(run(capsys, "cases", "search", "--db", db, "--json")[1])["incident"] == "a"
    assert "No settled case fits." in run(capsys, "cases", "search", "zzz", "--db", db)[1]
    assert "## What told it apart" in run(capsys, "cases", "show", "a", "--db", db)[1]
    assert json.loads(run(capsys, "cases", "show", "a", "--db", db, "--json")[1])["incident"] == "a"
    status, _, err = run(capsys, "cases", "show", "b", "--db", db)
    assert (status, "not settled" in err) == (2, True)


def test_procedures_are_listed_shown_and_edited(db, tmp_path, capsys):
    assert "outliers" in run(capsys, "sop", "list")[1]
    assert len(run(capsys, "sop", "list", "--json", "--db", db)[1].splitlines()) == 15
    text = run(capsys, "sop", "show", "model_change")[1]
    assert "replay buffer" in text
    mine = tmp_path / "mine.md"
    mine.write_text(text.replace("replay buffer", "rehearsal"), encoding="utf-8")
    words = ["sop", "edit", "model_change", "--db", db, "--from", mine, "--review-by", DUE, "--owner", "ana"]
    assert "version 2" in run(capsys, *words)[1]
    found = json.loads(run(capsys, "sop", "show", "model_change", "--db", db, "--json")[1])
    assert (found["version"], found["owner"], "rehearsal" in found["body"]) == (2, "ana", True)
    assert (
        json.loads(run(capsys, "sop", "show", "model_change", "--db", db, "--version", 1, "--json")[1])["version"] == 1
    )
    assert run(capsys, "sop", "show", "nothing")[0] == 2
    assert run(capsys, *words[:5], tmp_path / "none.md", "--review-by", DUE)[0] == 2


def test_a_postmortem_is_printed_and_written(db, tmp_path, capsys):
    assert run(capsys, "postmortem", "--db", db, "--incident", "a")[1].startswith("# Postmortem a")
    assert run(capsys, "postmortem", "--db", db, "--incident", "a", "--out", tmp_path / "a.html")[0] == 0
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run(capsys, "postmortem", "--db", db, "--incident", "zzz")[0] == 2
