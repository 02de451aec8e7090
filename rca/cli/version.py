"""`rca version`."""

import platform
from importlib.metadata import version as installed

from rca import __version__


def version() -> None:
    """Print the version of rca, and of Python and DuckDB below it."""
    print(f"rca {__version__} (Python {platform.python_version()}, DuckDB {installed('duckdb')})")
