"""Other drift monitors over the same files, each in an environment of its own that `uv` makes."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.speed.data import DRIFTED
from benchmarks.speed.measure import LIMIT_SECONDS

PACKAGES = {
    "scipy": ("scipy", "pandas", "pyarrow"),
    "frouros": ("frouros", "pandas", "pyarrow"),
    "deepchecks": ("deepchecks", "pandas<3", "pyarrow<22", "numpy<2", "scikit-learn>=1.6,<1.8", "setuptools<81"),
    "alibi-detect": ("alibi-detect", "pandas<3", "pyarrow<22"),
    "nannyml": ("nannyml", "pandas", "pyarrow", "statsmodels"),
    "whylogs": ("whylogs[viz]", "pandas<3", "pyarrow<22", "ipython"),
    "evidently": ("evidently", "pandas<3", "pyarrow"),
}
"""With what their releases of November 2026 leave open and need."""

RUNNER = Path(__file__).with_name("peer_runner.py")


def environment(folder: Path, name: str) -> Path:
    """Make a peer's environment, or use the one that is there; return its interpreter.

    Raises
    ------
    RuntimeError
        When it cannot be installed here; the message says why.
    """
    python = folder / name / "bin" / "python"
    if python.exists():
        return python
    uv = shutil.which("uv")
    if uv is None:
        raise RuntimeError("uv is not here to make its environment")
    _run([uv, "venv", "--quiet", "--python", "3.11", str(folder / name)])
    try:
        _run([uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES[name]])
    except RuntimeError:
        shutil.rmtree(folder / name)
        raise
    return python


def measure(environments: Path, data: Path, names: tuple[str, ...] = tuple(PACKAGES)) -> dict[str, dict[str, Any]]:
    """Return what each peer took and found; `error` where it cannot be had or fails here."""
    figures: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            python = environment(environments, name)
            done = _run([str(python), str(RUNNER), name, str(data)])
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            figures[name] = {"error": str(error).splitlines()[-1] if str(error) else "failed"}
            continue
        told = json.loads(done.splitlines()[-1])
        found = set(told["result"].pop("found"))
        told["result"] |= {"found": sorted(found & set(DRIFTED)), "false": sorted(found - set(DRIFTED))}
        figures[name] = told
    return figures


def _run(command: list[str]) -> str:
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3"}
    quiet = {key: value for key, value in quiet.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(  # noqa: S603 - ours
        command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS, env=quiet
    )
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-500:] or f"{command[0]} failed")
    return done.stdout.strip()
