import ast
import statistics
import subprocess
import sys

import pytest

from tests.architecture.trees import ROOT, functions, imported_at_start, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
USUAL_FILE = 150

SLOW_TO_IMPORT = ("pandas", "lightgbm", "scipy.stats", "scipy.optimize", "sklearn", "pyarrow.dataset", "fastapi")
MAY_BE_SLOW = ("rca/demo/",)  # trains models, which takes longer than any import


def test_files_are_short() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("schemas", "candidates", "rankers", "rca", "api", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
    assert statistics.median(lengths.values()) < USUAL_FILE


def test_functions_are_short() -> None:
    lengths = {
        f"{path}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path, tree in sources().items()
        for function in functions(tree)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_only_the_warehouse_opens_duckdb() -> None:
    openers = {
        path
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) == "duckdb.connect")
        or (isinstance(node, ast.ImportFrom) and node.module == "duckdb" and "connect" in {a.name for a in node.names})
    }
    assert openers
    assert {path for path in openers if not path.startswith("rca/warehouse/")} == set()


def test_nothing_slow_is_imported_at_start() -> None:
    slow = {
        f"{path} imports {name}"
        for path, tree in sources().items()
        if not path.startswith((*MAY_BE_SLOW, "api/"))
        for name in imported_at_start(tree)
        if any(name == heavy or name.startswith(f"{heavy}.") for heavy in SLOW_TO_IMPORT)
    }
    assert slow == set()


@pytest.mark.skipif(not (ROOT / "rca" / "analyse.py").exists(), reason="the composition root is not written yet")
def test_the_engine_loads_nothing_slow() -> None:
    code = f"import sys, rca.analyse; print([m for m in {SLOW_TO_IMPORT} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
