"""The benchmarks still run, on little data; their figures are made by hand on a quiet machine."""

import json
import subprocess
import sys

import pytest

SHORT = {
    "answer": ["benchmarks/answer.py", "--rows", "3000", "--columns", "12", "--spans", "400", "--repeats", "1"],
    "ingest": ["benchmarks/ingest.py", "--rows", "3000", "--columns", "8"],
    "profile": ["benchmarks/profile.py", "--short"],
}


@pytest.mark.parametrize("name", SHORT)
def test_a_benchmark_runs_and_answers_in_json(name):
    done = subprocess.run([sys.executable, *SHORT[name], "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
