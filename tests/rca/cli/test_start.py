"""Commands start at once: nothing heavy is imported before one runs."""

import subprocess
import sys

import pytest

HEAVY = (
    "duckdb",
    "numpy",
    "pandas",
    "scipy",
    "pyarrow",
    "lightgbm",
    "networkx",
    "fastapi",
    "rich",
    "sqlglot",
    "pyspark",
)


@pytest.mark.parametrize("code", ["import rca", "import rca.cli", "import rca.cli; rca.cli.main(['--version'])"])
def test_nothing_heavy_is_imported_at_start(code):
    heavy = HEAVY if "main" not in code else tuple(name for name in HEAVY if name != "rich")  # which prints the answer
    told = f"{code}\nimport sys\nprint('heavy:', [name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"
