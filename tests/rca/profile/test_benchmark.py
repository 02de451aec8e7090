"""The benchmark runs, and says what it measured."""

import importlib.util
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "benchmarks" / "profile.py"


def test_a_small_run_gives_every_figure():
    spec = importlib.util.spec_from_file_location("profile_benchmark", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    figures = module.measure(None, rows=600, columns=10)
    assert figures["cells"] > 600
    assert figures["ratio_cpu"] > 0
    assert {"floor", "profile", "read_columns", "read_rows", "peak_mb"} <= figures.keys()
