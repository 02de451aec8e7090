"""`rca …`: the command line. Commands are thin; nothing heavy is imported before one runs."""

from rca.cli.entry import main

__all__ = ["main"]
