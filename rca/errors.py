"""Every error that the engine raises on purpose.

RcaError
├── InputError        a bundle, file, row or option that cannot be used (exit status 2)
│   ├── BundleError   the folder or one of its documents is missing or malformed
│   ├── Absent        what is asked for is not there, or not yet
│   │   └── UnknownName   a node, metric or incident; suggests the nearest
│   └── Conflict      it was changed meanwhile, or its state does not allow this
├── WarehouseError    the database cannot be opened, is newer than the code, or is locked
│   └── LostWrites    it holds less than was acknowledged
└── StorageError      something could not be written, for example because the disk is full
"""

import difflib
from collections.abc import Iterable
from pathlib import Path


class RcaError(Exception):
    """Base of all errors raised on purpose."""


class InputError(RcaError):
    """Unusable input. Says what, where (file, row, column) and how to mend it, in one line."""

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what, self.file, self.row, self.column, self.mend = what, file, row, column, mend
        place = ", ".join(
            text
            for text in (
                str(file) if file is not None else "",
                f"row {row}" if row is not None else "",
                f"column {column!r}" if column is not None else "",
            )
            if text
        )
        message = f"{place}: {what}" if place else what
        super().__init__(" ".join(f"{message}; {mend}".split()) if mend else " ".join(message.split()))


class BundleError(InputError):
    """The bundle's folder or one of its documents is missing or malformed."""


class Immeasurable(InputError):
    """A metric that exists, but that the rows and sums at hand cannot give."""


class Absent(InputError):
    """What is asked for is not there, or not yet."""


class UnknownName(Absent):
    """A name that is not there; the message suggests the nearest ones that are."""

    def __init__(self, what: str, name: str, known: Iterable[str], *, file: str | Path | None = None) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:5]
        hint = f"did you mean {', '.join(repr(n) for n in near)}?" if near else f"there is no {what} at all"
        super().__init__(f"unknown {what} {name!r}", file=file, mend=hint)


class Conflict(InputError):
    """What is to be changed was changed meanwhile, or is in a state that does not allow it."""


class WarehouseError(RcaError):
    """The database cannot be opened, is newer than the code, or is locked by another process."""


class LostWrites(WarehouseError):
    """The database holds less than was acknowledged: a cut log of changes, an old copy, a damaged receipt."""


class StorageError(RcaError):
    """Something could not be written and was not acknowledged; `full` when the disk is full."""

    def __init__(self, what: str, *, full: bool = False) -> None:
        self.full = full
        super().__init__(what)
