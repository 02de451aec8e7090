"""The real things: a Prometheus with data of its own, an MLflow registry on SQLite."""

import math
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

START = datetime(2026, 3, 2, tzinfo=UTC)
ONSET = datetime(2026, 3, 4, 12, tzinfo=UTC)
END = datetime(2026, 3, 5, tzinfo=UTC)
STEP = timedelta(minutes=5)
NO_PROMETHEUS = "the Debian package prometheus is not installed (apt-get install prometheus)"


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory):
    """Address of a Prometheus of three days: a scorer that slows at ONSET, a feature store that stays."""
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        pytest.skip(NO_PROMETHEUS)
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text("global: {}\n")
    (folder / "metrics.om").write_text(_open_metrics())
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "metrics.om", "data"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [
                "prometheus",
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address={address}",
            ],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(f"http://{address}/-/ready", folder / "log")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        try:
            opener.open(url, timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    pytest.fail(log.read_text()[-2000:])


def _open_metrics() -> str:
    moments = [START + number * STEP for number in range((END - START) // STEP)]
    lines = ["# TYPE latency_seconds gauge"]
    for instance in ("a", "b"):
        for number, at in enumerate(moments):
            level = 0.05 if at < ONSET else 0.09
            value = level * (1 + 0.04 * math.sin(number * 1.7) + (0.02 if instance == "b" else 0))
            lines.append(f'latency_seconds{{service="scorer",instance="{instance}"}} {value:.6f} {at.timestamp():.0f}')
    lines.append("# TYPE cpu_share gauge")
    for service in ("scorer", "feature-store"):
        for number, at in enumerate(moments):
            value = 0.3 + 0.01 * math.sin(number * 2.3 + len(service))
            lines.append(f'cpu_share{{service="{service}"}} {value:.6f} {at.timestamp():.0f}')
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="session")
def fresh_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a registry that nobody moved anything in yet; not to be changed."""
    folder = tmp_path_factory.mktemp("registry")
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    made = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("make_registry.py")), str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    return folder


@pytest.fixture
def registry(fresh_registry: Path, tmp_path: Path) -> str:
    """Address of a registry of the test's own; the models' files are shared."""
    shutil.copy(fresh_registry / "mlflow.db", tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"
