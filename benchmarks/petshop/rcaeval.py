"""Ask RCAEval's own methods; it lives in an environment of its own.

    uv venv /path/rcaeval
    uv pip install -p /path/rcaeval/bin/python RCAEval numpy pandas scikit-learn networkx causal-learn matplotlib
    rca bench petshop --rcaeval-python /path/rcaeval/bin/python

Pham et al., "RCAEval: A Benchmark for Root Cause Analysis of Microservice Systems with Telemetry Data", WWW 2025. Its
wrapper answers an error with the columns in table order as if they were a ranking; here an error is an empty answer.
"""

import csv
import json
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.petshop.bundle import moved
from benchmarks.petshop.cases import Issue

METHODS = ("baro", "circa", "rcd")
RUNNER = Path(__file__).with_name("rcaeval_runner.py")


@lru_cache(maxsize=1)
def process(python: str) -> "subprocess.Popen[str]":
    """Return the running RCAEval; it ends when this process closes its input."""
    command = [python, "-W", "ignore", str(RUNNER)]
    return subprocess.Popen(  # noqa: S603 - the user named the interpreter
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def ask(python: str, question: dict[str, Any]) -> dict[str, Any]:
    """Return its answer.

    Raises
    ------
    RuntimeError
        When the process ended.
    """
    running = process(python)
    if running.stdin is None or running.stdout is None:
        raise RuntimeError("RCAEval was started without pipes")
    running.stdin.write(json.dumps(question) + "\n")
    running.stdin.flush()
    line = running.stdout.readline()
    if not line:
        raise RuntimeError(f"RCAEval ended; does `{python} -c 'import RCAEval.e2e.baro'` work?")
    found: dict[str, Any] = json.loads(line)
    return found


def rank(issue: Issue, method: str, python: str) -> tuple[list[str], float]:
    """Return the nodes in order and the seconds of the method: over the target's metric of every node, harm upwards."""
    normal, sign = moved(issue), -1.0 if issue.target[1] == "availability" else 1.0
    keys = [(node, *issue.target[1:]) for node in issue.nodes]
    keys = [key for key in keys if key in normal.value and key in issue.abnormal.value]
    table = np.column_stack(
        [
            np.concatenate([normal.ts, issue.abnormal.ts]).astype(np.float64),
            *(sign * _filled(np.concatenate([normal.value[key], issue.abnormal.value[key]])) for key in keys),
        ]
    )
    with tempfile.TemporaryDirectory(prefix="rca-rcaeval-") as scratch:
        file = Path(scratch) / "rows.csv"
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([["time", *(f"n{i}" for i in range(len(keys)))], *table.tolist()])
        found = ask(python, {"file": str(file), "time": int(issue.abnormal.ts[0]), "method": method})
    return [keys[int(name[1:])][0] for name in found["ranks"] if name[1:].isdigit()], float(found["seconds"])


def _filled(value: np.ndarray) -> np.ndarray:
    """Return values with gaps filled by the last before, as its own loaders do; 0 before the first."""
    known = np.maximum.accumulate(np.where(np.isfinite(value), np.arange(value.size), -1))
    return np.where(known >= 0, value[np.maximum(known, 0)], 0.0)
