"""Run a piece of work in a process of its own, and say what it took: wall and CPU seconds, peak memory."""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 3600


def cpu_seconds() -> float:
    """Return the CPU seconds of this process so far, over all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> tuple[int, int]:
    """Return what this process holds now and the most that it held since the peak was forgotten, MB.

    Where the system does not tell both (outside Linux) they are the most since its start.
    """
    try:
        told = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE))
        return int(told["VmRSS"]) // 1024, int(told["VmHWM"]) // 1024
    except (OSError, KeyError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return most, most


def forget_peak() -> None:
    """Let the peak of this process's memory begin anew; a system that cannot do that keeps the old one."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def spent(work: Callable[[], Any]) -> dict[str, Any]:
    """Do the work here; return `wall_s`, `cpu_s`, memory of the process, and what the work returned.

    `held_mb` is what the process held before, `peak_mb` the most that it held meanwhile.
    """
    forget_peak()
    held, _ = memory()
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    _, peak = memory()
    return {"wall_s": round(wall, 4), "cpu_s": round(cpu, 4), "held_mb": held, "peak_mb": peak, "result": result}


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
