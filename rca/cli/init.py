"""`rca init`: draft a system.yaml."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import out
from rca.errors import InputError


def init(
    folder: Path,
    /,
    *,
    out_file: Annotated[Path | None, Parameter(name="--out")] = None,
    force: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Draft a system.yaml.

    Parameters
    ----------
    folder
        Folder with prediction logs, histograms, traces or kpis.
    out_file
        Where to write the draft; default: system.yaml in the folder.
    force
        Replace a file that is already there.
    """
    target = out_file or folder / "system.yaml"
    if target.exists() and not force:
        raise InputError("is already there", file=target, mend="use --force to replace it, or --out to write elsewhere")
    from rca.draft import draft_system
    from rca.report.words import clean

    text = draft_system(folder)
    target.write_text(text, encoding="utf-8")
    message = f"Wrote {target}. Read the lines marked `confirm` and correct them, then: rca validate {folder}"
    out().print(clean(message), soft_wrap=True)
