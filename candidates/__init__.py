"""One file per family of causes, found by name: adding a family is adding a file.

Each module of this package (sub-packages aside) has `generate(evidence) -> Findings`.
"""

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module

from schemas.candidate import Findings
from schemas.evidence import Evidence

Generator = Callable[[Evidence], Findings]


@cache
def families() -> dict[str, Generator]:
    """Return every family's generator by name, in alphabetical order."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg and not m.name.startswith("_"))
    return {name: import_module(f"candidates.{name}").generate for name in names}
