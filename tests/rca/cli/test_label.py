"""`rca label` and `rca similar` on real databases, with answers made by hand."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rca.cli import main
from rca.cli.labelling import Labelling
from rca.errors import InputError
from rca.review import history, keep_analysis, kept_analysis, listing, record_states, settled
from rca.warehouse import Warehouse
from tests.rca.review.conftest import of_incident, proposed_of, with_system
from tests.samples import analysis

UNTRUSTED = "[bold]x[/] '\"; DROP TABLE feedback; -- \x1b[31m\x07\u202e"
AMOUNT = "data_quality/payments-feed/amount"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a database with the sample's answer for inc-42, and for another incident like it."""
    path = tmp_path / "rca.duckdb"
    with Warehouse(path) as warehouse:
        with_system(warehouse)
        for answer in (analysis(), of_incident("inc-43")):
            keep_analysis(warehouse, answer, proposed_of(answer))
    return path


def label(db: Path, *options: str, incident: str = "inc-42", who: str = "ana") -> int:
    return main(["label", "--db", str(db), "--incident", incident, "--reviewer", who, *options])


def log(db: Path) -> list[Any]:
    with Warehouse(db) as warehouse:
        return list(history(warehouse))


@pytest.mark.parametrize("cause", ["1", AMOUNT])
def test_a_cause_is_named_by_its_number_or_in_full(db: Path, cause: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--verdict", "confirmed", "--seconds", "12.5", "--opened", "--comment", "rolled back", "--gold")
    assert label(db, "--cause", cause, *options) == 0
    (said,) = log(db)
    assert (said.cause.key, said.verdict, said.rank) == (("data_quality", "payments-feed", "amount"), "confirmed", 1)
    assert (said.seconds, said.opened, said.comment, said.gold) == (12.5, True, "rolled back", True)
    shown = capsys.readouterr().out
    assert shown == f"Kept {said.id[:8]}, ana on inc-42: confirmed {AMOUNT} (gold), listed as number 1 (81%)\n"


def test_whether_the_evidence_was_opened_may_be_unknown(db: Path) -> None:
    for options in ((), ("--no-opened",), ("--opened",)):
        label(db, "--cause", "2", "--verdict", "rejected", *options)
    assert [said.opened for said in log(db)] == [None, False, True]


def test_json_is_the_record(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert label(db, "--no-fault", "--json") == 0
    (said,) = log(db)
    assert json.loads(capsys.readouterr().out) == said.model_dump(mode="json")


def test_a_missing_cause_is_named_or_told_in_words(db: Path) -> None:
    assert label(db, "--missing", "config_change/approvals/limit/eu") == 0
    assert label(db, "--missing", "a loose cable", "--comment", "in rack 7") == 0
    named, words = log(db)
    assert named.cause.key == ("config_change", "approvals", "limit/eu")
    assert (words.cause, words.comment) == (None, "a loose cable; in rack 7")


def test_a_dispute_is_settled_by_an_adjudication_and_opened_again_by_taking_it_back(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label(db, "--cause", "1", "--verdict", "confirmed")
    label(db, "--cause", "1", "--verdict", "rejected", who="bo")
    assert [each["state"] for each in printed_history(db, capsys)] == ["disputed", "disputed"]
    assert label(db, "--adjudicate", "--cause", "1", "--verdict", "confirmed", who="cy") == 0
    assert [each["state"] for each in printed_history(db, capsys)] == ["holds", "overruled", "holds"]
    ruling = log(db)[-1]
    assert main(["label", "--db", str(db), "--undo", ruling.id[:8], "--reviewer", "cy"]) == 0
    states = [each["state"] for each in printed_history(db, capsys)]
    assert states == ["disputed", "disputed", "taken_back", "undo"]


def printed_history(db: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["label", "--db", str(db), "--history", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_no_fault_can_be_adjudicated(db: Path) -> None:
    label(db, "--cause", "1", "--verdict", "confirmed")
    assert label(db, "--adjudicate", "--no-fault", who="cy") == 0
    with Warehouse(db) as warehouse:
        (incident,) = settled(warehouse)
    assert incident.no_fault


def test_the_history_of_one_incident_or_of_all_is_a_table(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "--db", str(db), "--history"]) == 0
    assert capsys.readouterr().out == "Nothing was said yet.\n"
    label(db, "--cause", "1", "--verdict", "confirmed", "--comment", "rolled back")
    label(db, "--cause", "1", "--verdict", "cant_tell", incident="inc-43")
    capsys.readouterr()
    assert label(db, "--history") == 0
    shown = capsys.readouterr().out
    assert log(db)[0].id[:8] in shown
    assert "rolled back" in shown
    assert "inc-43" not in shown
    assert main(["label", "--db", str(db), "--history"]) == 0
    assert "inc-43" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "add --cause 1 --verdict confirmed"),
        (("--json",), "add --cause 1 --verdict confirmed"),
        (("--cause", "1"), "add --verdict"),
        (("--verdict", "confirmed"), "add --cause"),
        (("--cause", "1", "--verdict", "maybe"), "maybe"),
        (("--cause", "4", "--verdict", "confirmed"), "there is no cause number 4; give 1 to 3"),
        (("--cause", "0", "--verdict", "confirmed"), "there is no cause number 0"),
        (("--cause", "9" * 5000, "--verdict", "confirmed"), "unknown listed cause"),
        (("--cause", "data_quality/payments-feed/amuont", "--verdict", "confirmed"), f"did you mean '{AMOUNT}'"),
        (("--cause", "1", "--verdict", "confirmed", "--no-fault"), "--cause and --no-fault are different things"),
        (("--missing", "data_quality/"), "cause.node"),
        (("--missing", "data_qualty/payments-feed"), "did you mean 'data_quality'"),
        (("--missing", AMOUNT), "is listed as number 1"),
        (("--missing", " "), "says what it was"),
        (("--adjudicate", "--missing", "x"), "add --cause and --verdict, or --no-fault"),
        (("--adjudicate", "--cause", "1", "--verdict", "cant_tell"), "an adjudication settles"),
        (("--undo", "123456"), "there is no record at all"),
        (("--no-fault", "--seconds", "nan"), "seconds"),
        (("--no-fault", "--analysis", "x"), "unknown analysis"),
        (("--no-fault", "--reviewer", "  "), "a name that can be seen"),
        (("--no-fault", "--comment", "x" * 20_001), "comment"),
    ],
)
def test_what_cannot_be_recorded_is_one_line_with_a_mend(
    db: Path, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["label", "--db", str(db), "--incident", "inc-42", *options]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert log(db) == []


@pytest.mark.parametrize("command", [["label", "--no-fault"], ["label", "--history"], ["similar"]])
def test_an_unknown_incident_or_database_is_said(
    db: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--db", str(db), "--incident", "inc-432"]) == 2
    assert "did you mean 'inc-43'" in capsys.readouterr().err
    assert main([*command, "--db", "nowhere.duckdb", "--incident", "inc-42"]) == 2
    assert "nowhere.duckdb: no such database" in capsys.readouterr().err


def test_an_incident_must_be_named(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "--db", str(db), "--no-fault"]) == 2
    assert "add --incident ID" in capsys.readouterr().err


def test_untrusted_text_is_kept_whole_and_printed_safely(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert label(db, "--cause", "1", "--verdict", "rejected", "--comment", UNTRUSTED + "x" * 10_000, who=UNTRUSTED) == 0
    assert main(["label", "--db", str(db), "--history"]) == 0
    shown = capsys.readouterr().out
    assert log(db)[0].comment == UNTRUSTED + "x" * 10_000
    assert "[bold]" in shown
    assert len(shown) < 3000
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_a_database_that_another_process_holds_is_said(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys; from pathlib import Path; from rca.warehouse import Warehouse\n"
        "with Warehouse(Path(sys.argv[1])): print('open', flush=True); sys.stdin.readline()"
    )
    root = Path(__file__).parents[3]
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(db)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        assert label(db, "--no-fault") == 2
        assert "cannot open the database" in capsys.readouterr().err
        holder.communicate("done\n")
    assert label(db, "--no-fault") == 0


def sitting(db: Path, *lines: str, step: float = 4.0, explore: float = 0.0, incident: str = "inc-42") -> str:
    """Return what is shown when these lines are typed, one every `step` seconds."""
    times = iter(step * n for n in range(1000))
    shown = io.StringIO()
    console = Console(file=shown, markup=False, emoji=False, highlight=False, width=200)
    talk = Labelling.begin(db, incident, None, "ana", console, explore=explore)
    talk.clock = lambda: next(times)
    talk.run(f"{line}\n" for line in lines)
    return shown.getvalue()


def test_a_sitting_shows_the_causes_and_keeps_what_is_said(db: Path) -> None:
    shown = sitting(db, "1 c we rolled the feed back", "2 r", "3 t", "q", "1 r")
    assert "data quality" in shown
    assert shown.rstrip().endswith("3 kept.")
    said = log(db)
    assert [(each.rank, each.verdict) for each in said] == [(1, "confirmed"), (2, "rejected"), (3, "cant_tell")]
    assert said[0].comment == "we rolled the feed back"
    assert all(each.analysis == said[0].analysis is not None for each in said)


def test_each_decision_is_timed_and_the_evidence_that_was_opened_is_known(db: Path) -> None:
    shown = sitting(db, "2 r", "s 1", "1 o", step=7.0)
    assert "The median of amount went from 41.20" in shown
    assert [(each.seconds, each.opened) for each in log(db)] == [(7.0, False), (7.0, True)]


def test_a_sitting_takes_its_own_records_back_one_by_one(db: Path) -> None:
    shown = sitting(db, "1 c", "n", "u", "u", "u", "m a loose cable", "m label_change/fraud-scorer")
    said = log(db)
    states = record_states(said)
    kinds = [(each.kind, states[each.id]) for each in said]
    assert kinds == [
        ("verdict", "taken_back"),
        ("no_fault", "taken_back"),
        ("undo", "undo"),
        ("undo", "undo"),
        ("missing", "holds"),
        ("missing", "holds"),
    ]
    assert "nothing was kept in this sitting" in shown
    assert [said[2].reverts, said[3].reverts] == [said[1].id, said[0].id]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("7 c", "there is no cause number 7"),
        ("9" * 5000 + " c", "q      quit"),
        ("s ²", "give its number: s 1"),
        ("1", "nothing is no verdict"),
        ("1 x", "x is no verdict; give c, o, r or t"),
        ("s", "give its number: s 1"),
        ("m", "says what it was"),
        ("m data_qualty/payments-feed", "did you mean 'data_quality'"),
        ("what", "q      quit"),
        ("", ""),
    ],
)
def test_a_line_that_says_nothing_is_answered_and_the_sitting_goes_on(db: Path, line: str, told: str) -> None:
    shown = sitting(db, line, "1 c")
    assert told in shown
    assert [each.verdict for each in log(db)] == ["confirmed"]


def test_the_database_is_free_while_a_person_thinks(db: Path) -> None:
    free: list[int] = []

    def lines():
        for line in ("1 c\n", "2 r\n"):
            free.append(len(log(db)))
            yield line

    console = Console(file=io.StringIO())
    Labelling.begin(db, "inc-42", None, "ana", console).run(lines())
    assert free == [0, 1]


def test_at_a_terminal_one_is_asked(
    db: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = io.StringIO("1 c\nq\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    assert label(db) == 0
    assert "1 kept." in capsys.readouterr().out
    assert [each.verdict for each in log(db)] == ["confirmed"]


def test_similar_incidents_are_shown_with_what_fixed_them(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["similar", "--db", str(db), "--incident", "inc-42"]) == 0
    assert "inc-43  100% alike\n   not settled what it was" in capsys.readouterr().out
    label(db, "--cause", "1", "--verdict", "confirmed", "--comment", UNTRUSTED, incident="inc-43")
    capsys.readouterr()
    assert main(["similar", "--db", str(db), "--incident", "inc-42"]) == 0
    shown = capsys.readouterr().out
    assert f"confirmed: {AMOUNT}" in shown
    assert "do: Divide amount by 100" in shown
    assert "[bold]x[/]" in shown
    assert "\x1b" not in shown
    assert main(["similar", "--db", str(db), "--incident", "inc-42", "--json"]) == 0
    (past,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (past["incident"], past["findings"][0]["verdict"]) == ("inc-43", "confirmed")


def test_similar_says_when_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.duckdb"
    with Warehouse(path) as warehouse:
        keep_analysis(with_system(warehouse), analysis(), proposed_of(analysis()))
    assert main(["similar", "--db", str(path), "--incident", "inc-42"]) == 0
    assert capsys.readouterr().out == "No other incident was explained with this database.\n"
    assert main(["similar", "--db", str(path), "--incident", "inc-42", "--top", "0"]) == 2


def test_what_is_shown_in_random_order_is_kept_as_it_was_shown(db: Path) -> None:
    """Of the orders of three causes, inc-42 has one that is not the ranker's."""
    with Warehouse(db) as warehouse:
        answer = kept_analysis(warehouse, incident="inc-42")
    shown = listing(answer, 1.0)
    assert [c.key for c in shown.causes] != [c.key for c in answer.causes]
    text = sitting(db, "1 c", "3 r", explore=1.0)
    first, third = log(db)
    assert (first.cause.key, first.rank, first.explored) == (shown.causes[0].key, 1, True)
    assert (third.cause.key, third.rank, third.explored) == (shown.causes[2].key, 3, True)
    assert text.index(str(shown.causes[0].subject)) < text.index(str(shown.causes[1].subject))
    sitting(db, "1 r")
    assert (log(db)[-1].cause.key, log(db)[-1].explored) == (answer.causes[0].key, False)


def test_a_share_that_is_none_is_said(db: Path) -> None:
    with pytest.raises(InputError, match="no share"):
        sitting(db, "1 c", explore=1.5)
