"""The command line's reference page, made from the commands themselves.

`uv run python -m rca.cli.reference > docs/reference/cli.md` writes it.
"""

from rca.cli.app import COMMANDS, PROLOGUE, build_app

HEAD = f"""# Command line

{PROLOGUE} This page is made by `uv run python -m rca.cli.reference > docs/reference/cli.md`.

## Exit status

| status | meaning |
|---|---|
| 0 | done; for `rca analyze`: an analysis was made, whatever it found |
| 1 | a fault of rca itself; `--debug` (or `RCA_DEBUG=1`) shows the traceback |
| 2 | bad arguments or unusable input; one line on stderr says which file, row and column, and how to mend it |
| 130 | interrupted |

Answers go to stdout; progress and errors go to stderr, progress only when a person is watching.

"""


def reference() -> str:
    """Return the page: one section for each command, with its parameters and examples."""
    pages = build_app("").generate_docs()
    body = pages[pages.index("## rca ") :]
    for name, entry in COMMANDS.items():
        shown = "\n\n".join(f"# {what}\n{command}" for command, what in entry.examples)
        head, separator, rest = body.partition(f"## rca {name}\n")
        section, following, tail = rest.partition("\n## ")
        example = f"\n**Examples**:\n\n```console\n{shown}\n```\n"
        body = head + separator + section.rstrip() + "\n" + example + following + tail
    return HEAD + body.rstrip() + "\n"


if __name__ == "__main__":
    print(reference(), end="")
