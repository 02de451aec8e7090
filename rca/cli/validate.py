"""`rca validate`: all that is wrong with a bundle."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import out, print_json, shown_progress, to_json

STYLES = {"error": "bold red", "warning": "yellow"}
UNUSABLE = 2


def validate(bundle: Path, /, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Check a bundle.

    Parameters
    ----------
    bundle
        Folder with the files of an incident.
    json
        Print the entries as JSON.
    """
    from rca.validate import validate_bundle

    with shown_progress():
        report = validate_bundle(bundle)
    broken = any(entry.severity == "error" for entry in report.entries)
    if json:
        entries = [{"severity": entry.severity, "text": entry.text} for entry in report.entries]
        print_json(to_json({"usable": not broken, "entries": entries}))
    else:
        _show(bundle, [(entry.severity, entry.text) for entry in report.entries], broken=broken)
    return UNUSABLE if broken else 0


def _show(bundle: Path, entries: list[tuple[str, str]], *, broken: bool) -> None:
    from rich.text import Text

    from rca.report.words import clean

    console = out()
    for severity, text in entries:
        line = Text.assemble((f"{clean(severity)}: ", STYLES.get(severity, "dim")), clean(text))
        console.print(line, soft_wrap=True)
    finding = "cannot be analysed until the errors above are mended" if broken else "can be analysed"
    console.print(f"{clean(bundle)} {finding}.", soft_wrap=True)
