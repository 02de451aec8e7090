"""Ask NannyML itself for its alert count ranking; it lives in an environment of its own.

    uv venv /path/nannyml && uv pip install -p /path/nannyml/bin/python nannyml statsmodels
    rca bench incidents --nannyml-python /path/nannyml/bin/python

One process of it is kept per worker, because it takes seconds to start.
"""

import json
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.incidents.baselines.samples import COLUMN_FAMILIES, NUMBER, ranking
from benchmarks.incidents.baselines.windows import windows
from benchmarks.incidents.files import Files, quoted

FAMILIES = COLUMN_FAMILIES
RUNNER = Path(__file__).with_name("nannyml_runner.py")


@lru_cache(maxsize=1)
def process(python: str) -> "subprocess.Popen[str]":
    """Return the running NannyML; it ends when this process closes its input."""
    command = [python, "-I", "-W", "ignore", str(RUNNER)]
    return subprocess.Popen(  # noqa: S603 - the user named the interpreter
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def ask(python: str, question: dict[str, Any]) -> dict[str, int]:
    """Return column -> number of alerts."""
    running = process(python)
    assert running.stdin is not None  # noqa: S101 - opened above
    assert running.stdout is not None  # noqa: S101 - opened above
    running.stdin.write(json.dumps(question) + "\n")
    running.stdin.flush()
    line = running.stdout.readline()
    if not line:
        raise RuntimeError(f"NannyML ended; does `{python} -c 'import nannyml'` work?")
    found: dict[str, int] = json.loads(line)
    return found


def alert_counts(files: Files, node: str, python: str) -> dict[str, int]:
    """Return a model's columns and on how many days since the onset each alerted."""
    window, inputs = windows(files, node), files.inputs(node)
    numeric = [name for name, kind in inputs.items() if any(part in kind for part in NUMBER)]
    listed = ", ".join(
        f"TRY_CAST({quoted(n)} AS {'DOUBLE' if n in numeric else 'VARCHAR'}) AS {quoted(n)}" for n in inputs
    )
    with tempfile.TemporaryDirectory() as scratch:
        paths = {}
        for name, where in (("reference", window.before), ("analysis", window.after)):
            paths[name] = f"{scratch}/{name}.parquet"
            query = f"SELECT ts, {listed} FROM {files.logs(node)} WHERE {where} ORDER BY ts"
            files.connection.execute(f"COPY ({query}) TO '{paths[name]}' (FORMAT parquet)")
        return ask(python, {**paths, "columns": [*inputs], "numeric": numeric})


def answer(files: Files, python: str) -> list[dict[str, object]]:
    """Return the columns, the one with most alerts first; equal counts in alphabetical order, as NannyML has them."""
    scores: dict[tuple[str, str], float] = {}
    for node in files.models:
        for column, count in alert_counts(files, node, python).items():
            key = (files.producer(node, column), column)
            scores[key] = max(float(count), scores.get(key, 0.0))
    return ranking(scores)
