"""Runs where RCAEval is installed: a question a line on stdin, a ranking and its seconds on stdout.

Needs nothing of this project. A question names a CSV file with a column `time`, the time of the fault and a method.
"""

import contextlib
import json
import sys
import time
import warnings
from importlib import import_module
from typing import Any

warnings.simplefilter("ignore")

import pandas as pd  # noqa: E402


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Return the columns in order; an error is told, never a ranking that is none."""
    method = getattr(import_module(f"RCAEval.e2e.{question['method']}"), question["method"])
    # its decorator answers an error with the columns in table order: the function behind it tells the error
    if method.__name__ == "wrapper" and method.__closure__:
        method = method.__closure__[0].cell_contents
    started = time.perf_counter()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            found = method(pd.read_csv(question["file"]), question["time"], dataset=None)
    except Exception as error:  # noqa: BLE001 -- a peer's failure is its answer
        return {"error": f"{type(error).__name__}: {error}", "ranks": [], "seconds": time.perf_counter() - started}
    return {"ranks": [str(one) for one in found["ranks"]], "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
