import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from rca import __version__
from rca.cli import main
from rca.cli.app import COMMANDS, build_app
from rca.errors import InputError
from tests.samples import analysis


def failing(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail


def run(fake: Callable[..., None], error: BaseException, *options: str) -> int:
    fake("rca.analyse", analyse_bundle=failing(error), analyse_database=failing(error))
    return main(["analyze", "bundle", *options])


def test_unusable_input_names_the_place_and_the_remedy_in_one_line(
    fake: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    error = InputError("'abc' is no number", file="kpis.csv", row=3, column="value", mend="write 1.5, say")
    assert run(fake, error) == 2
    assert capsys.readouterr().err == "rca: kpis.csv, row 3, column 'value': 'abc' is no number; write 1.5, say\n"


def test_a_hostile_message_cannot_reach_the_terminal(
    fake: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, InputError("\x1b[2Jgone", file="a\nb")) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert len(said.splitlines()) == 1


def test_a_file_that_cannot_be_read_is_unusable_input(
    fake: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, PermissionError(13, "Permission denied", "/secret")) == 2
    assert capsys.readouterr().err == "rca: /secret: Permission denied\n"


def test_a_fault_of_the_program_is_no_fault_of_the_input(
    fake: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, ZeroDivisionError("division by zero")) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "--debug" in said
    assert "Traceback" not in said


def test_interruption_is_130(fake: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fake, KeyboardInterrupt()) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_the_traceback(fake: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError):
        run(fake, InputError("no"), "--debug")
    monkeypatch.setenv("RCA_DEBUG", "1")
    with pytest.raises(InputError):
        run(fake, InputError("no"))


def test_an_unknown_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analzye"]) == 2
    assert 'Did you mean "analyze"?' in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert COMMANDS[command].line in " ".join(text.split())
    assert f"rca {command}" in text.partition("Examples:")[2]


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f" {command} " in text for command in COMMANDS)
    assert "--install-completion" in text


def test_completion_scripts_know_the_commands() -> None:
    script = build_app("1").generate_completion(shell="bash")  # noqa: S604 - the name of a shell, nothing is run
    assert all(command in script for command in COMMANDS)


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys; from rca.cli.app import build_app; build_app('1'); import rca.cli.entry;"
        "print([m for m in ('duckdb', 'numpy', 'pandas', 'pydantic', 'networkx', 'scipy', 'lightgbm', 'pyarrow')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_is_there_at_once() -> None:
    """By processor time, for the wall's clock measures what else the machine does."""
    command = [sys.executable, "-c", "import sys; from rca.cli import main; sys.exit(main(['--help']))"]
    took = []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        took.append(sum(after[2:4]) - sum(before[2:4]))
    assert min(took) < 0.4  # 0.14 s on the machine that it was written on


def test_a_reader_that_leaves_early_is_no_error() -> None:
    code = "import sys; from rca.cli import main; sys.exit(main(['schema', 'all']))"
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stdout:
        done = subprocess.run([sys.executable, "-c", code], stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_json_is_ascii_where_the_output_is(
    monkeypatch: pytest.MonkeyPatch, fake: Callable[..., None], tmp_path: Path
) -> None:
    answer = [analysis(warnings=["naïve 東京"])]
    fake("rca.analyse", analyse_bundle=lambda *_, **__: answer, analyse_database=lambda *_, **__: answer)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["analyze", str(tmp_path), "--json"]) == 0
    assert json.loads(raw.getvalue())["warnings"] == ["naïve 東京"]


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert f"rca {__version__} " in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__
