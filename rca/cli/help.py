"""What the help says of a command."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What the help says of one command: a line, more, and examples as (command, what it does).

    A group of commands has `parts`: each one's name and line.
    """

    line: str
    more: str
    examples: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def help(self) -> str:
        """Return the text above the parameters."""
        return f"{self.line}\n\n{self.more}" if self.more else self.line

    @property
    def epilogue(self) -> str:
        """Return the examples, each under a line that says what it does."""
        return "\n".join(("Examples:", *(f"\n  # {what}\n  {command}" for command, what in self.examples)))
