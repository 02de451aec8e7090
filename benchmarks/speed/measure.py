"""Run a piece of work in a process of its own, and say what it took: wall and CPU seconds, peak memory."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 3600


def cpu_seconds() -> float:
    """Return the CPU seconds of this process so far, over all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def spent(work: Callable[[], Any]) -> dict[str, Any]:
    """Do the work here; return `wall_s`, `cpu_s`, the process's `peak_mb` so far, and what the work returned."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall_s": round(wall, 4), "cpu_s": round(cpu, 4), "peak_mb": round(peak), "result": result}


def in_process(module: str, *arguments: object, python: str = sys.executable) -> dict[str, Any]:
    """Run `python -m module arguments…` and return the JSON object in its last line.

    Raises
    ------
    RuntimeError
        When it fails; the message holds the end of what it said.
    """
    done = subprocess.run(  # noqa: S603 - ours
        [python, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=LIMIT_SECONDS,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
    )
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-800:])
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def medians(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of several runs; `result` is that of the last."""
    names = [name for name, value in runs[-1].items() if isinstance(value, int | float)]
    return {**runs[-1], **{name: round(statistics.median(run[name] for run in runs), 4) for name in names}}
