"""A standalone Spark cluster on loopback, from the pyspark package: a master, workers, and a Spark Connect server."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE_SECONDS = 300
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java that starts quickly and never gets fast: for tests."""


class ClusterFailed(Exception):
    """A part of the cluster did not come up; the message holds the end of its log."""


def missing() -> str | None:
    """Return why no cluster can be started here, or None."""
    if shutil.which("java") is None:
        return "there is no Java here (Debian: apt-get install openjdk-17-jre-headless)"
    spec = find_spec("pyspark")
    if spec is None or not spec.origin or not (Path(spec.origin).parent / "jars").is_dir():
        return "the pyspark package is not installed: uv sync"
    return None


@contextmanager
def cluster(
    folder: Path, workers: int = 2, memory_mb: int = 1024, *, quick: bool = False, pinned: bool = False
) -> Iterator[str]:
    """Start a cluster; yield the address of its Spark Connect server.

    Parameters
    ----------
    folder
        For logs and the workers' files.
    workers
        Each has one core.
    memory_mb
        Of each worker's executor.
    quick
        Prefer starting quickly to running fast.
    pinned
        Hold each worker to one core, as if its machine had no more (by `taskset`); the last shares the first core with
        the driver where there are only as many cores as workers. Otherwise the threads of Java beside the one that
        counts (compiler, garbage collection) take what is free.
    """
    master, connect = _free_port(), _free_port()
    processes: list[subprocess.Popen[bytes]] = []
    try:
        url = f"spark://{HOST}:{master}"
        start = _starter(folder, processes, quick=quick)
        cores = os.cpu_count() or 1
        start("master", "org.apache.spark.deploy.master.Master", "--host", HOST, "--port", str(master), *_no_pages())
        _wait(master, processes, folder)
        for k in range(workers):
            work = ("--cores", "1", "--memory", f"{memory_mb + 512}m", "--work-dir", str(folder / f"worker-{k}"))
            core = (k + 1) % cores if pinned else None
            worker = ("org.apache.spark.deploy.worker.Worker", "--host", HOST, *work, *_no_pages(), url)
            start(f"worker-{k}", *worker, core=core)
        submitted = _connect(url, connect, memory_mb, folder, quick=quick)
        start("connect", "org.apache.spark.deploy.SparkSubmit", *submitted, core=0 if pinned else None)
        _wait(connect, processes, folder)
        yield f"sc://{HOST}:{connect}"
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()


def _no_pages() -> tuple[str, ...]:
    return ("--webui-port", str(_free_port()))


def _connect(url: str, port: int, memory_mb: int, folder: Path, *, quick: bool) -> list[str]:
    settings = {
        "spark.connect.grpc.binding.address": HOST,
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.memory": "1g",
        "spark.executor.memory": f"{memory_mb}m",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.ui.enabled": "false",
        **({"spark.executor.extraJavaOptions": QUICK} if quick else {}),
    }
    conf = [text for key, value in settings.items() for text in ("--conf", f"{key}={value}")]
    server = "org.apache.spark.sql.connect.service.SparkConnectServer"
    return ["--master", url, "--class", server, *conf, "spark-internal"]


def _starter(folder: Path, processes: list[subprocess.Popen[bytes]], *, quick: bool):  # noqa: ANN202
    home = Path(find_spec("pyspark").origin).parent  # type: ignore[union-attr,arg-type]
    ours = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST}
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_"))}, **ours}
    if quick:
        environment |= {"SPARK_DAEMON_JAVA_OPTS": QUICK, "SPARK_SUBMIT_OPTS": QUICK}

    def start(name: str, *arguments: str, core: int | None = None) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            held = ["taskset", "--cpu-list", str(core)] if core is not None else []
            command = [*held, str(home / "bin" / "spark-class"), *arguments]
            memory = {"SPARK_DAEMON_MEMORY": "1g" if name == "connect" else "256m"}
            processes.append(
                subprocess.Popen(command, env=environment | memory, cwd=folder, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603 - ours
            )

    return start


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(port: int, processes: list[subprocess.Popen[bytes]], folder: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and all(process.poll() is None for process in processes):
        with suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.1)
    logs = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)
    raise ClusterFailed(logs[-1].read_text(errors="replace")[-2000:] if logs else "nothing was started")
