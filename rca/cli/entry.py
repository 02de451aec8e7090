"""Run one command and turn every failure into one line on stderr and an exit status.

0    the command did its work (for `analyze`: an analysis was made, whatever it found)
1    a fault of the program itself; `--debug` shows the traceback
2    bad arguments or unusable input; the line says which file, row and column, and how to mend it
130  interrupted
"""

import os
import sys
from collections.abc import Sequence

from cyclopts import CycloptsError

from rca import __version__
from rca.cli.app import build_app
from rca.errors import RcaError

OK, FAULT, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Parameters
    ----------
    argv
        The arguments after the program's name; None for those of the process.
    """
    arguments, debug = _split_debug(list(sys.argv[1:] if argv is None else argv))
    _tolerate_narrow_encodings()
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        return _explain(error)
    return status


def _run(arguments: list[str]) -> int:
    result = build_app(__version__)(
        arguments, exit_on_error=False, print_error=False, verbose=False, result_action="return_value"
    )
    return result if isinstance(result, int) else OK


def _split_debug(arguments: list[str]) -> tuple[list[str], bool]:
    wanted = "--debug" in arguments or os.environ.get("RCA_DEBUG", "") not in {"", "0"}
    return [argument for argument in arguments if argument != "--debug"], wanted


def _tolerate_narrow_encodings() -> None:
    """Print what the terminal cannot encode as an escape, rather than fail half-way through an answer."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _explain(error: Exception) -> int:
    if isinstance(error, CycloptsError):
        return _say(f"{error} See `{_command(error)} --help`.", UNUSABLE)
    if isinstance(error, RcaError):
        return _say(str(error), UNUSABLE)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"{place}{error.strerror}", UNUSABLE)
    return _say(
        f"{type(error).__name__}: {error} - a fault of this program, please report it; "
        "the same command with --debug shows where",
        FAULT,
    )


def _command(error: CycloptsError) -> str:
    return " ".join(("rca", *(error.command_chain or ())))


def _say(message: str, status: int) -> int:
    from rca.report.words import clean

    print(f"rca: {clean(message)}", file=sys.stderr)
    return status


def _reader_left() -> int:
    """Stop quietly when the reader of a pipe (`head`, say) has gone, also at the flush on exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK
