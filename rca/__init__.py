"""The engine: from the files of an incident to its ranked causes.

The project's folders are plain top-level packages (`schemas`, `candidates`, `rankers`, `rca`), names
that another installed package may claim. Importing this package checks that its siblings are the
ones beside it, for the failure without the check is an obscure one far away.
"""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

__version__ = "0.1.0"

_SIBLINGS = ("schemas", "candidates", "rankers")


def _place(spec: ModuleSpec | None) -> str:
    if spec is None:
        return "nowhere"
    if spec.origin and spec.origin != "namespace":
        return spec.origin
    return ", ".join(spec.submodule_search_locations or ()) or spec.name


def _check_siblings() -> None:
    """Raise ImportError when a sibling is missing or shadowed; finds packages without importing them."""
    home = Path(__file__).resolve().parent.parent
    for name in _SIBLINGS:
        spec = find_spec(name)
        found = spec and spec.origin and Path(spec.origin).resolve()
        if found != home / name / "__init__.py":
            raise ImportError(
                f"rca needs the package {name!r} beside it in {home}, but Python finds {_place(spec)}; another "
                f"package of that name comes first on sys.path: install rca in an environment of its own "
                f"(`uv tool install rca-engine`) or run it from another folder"
            )


_check_siblings()
