"""Let slow clients hold connections open, and time how fast the service says meanwhile that it lives.

Usage: python -m benchmarks.service.slow [--clients 500] [--seconds 20] [--json]

A third of the clients send their headers a byte at a time, a third their body, a third nothing at all.
"""

import argparse
import json
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.service.running import SYSTEM
from benchmarks.service.served import Server, served

HEADERS = (
    b"POST /v1/kpis HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
)
A_BYTE_EVERY_S = 0.5


@contextmanager
def slow_clients(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Hold so many connections open and trickle through them until the block ends."""
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    for number, client in enumerate(clients):
        client.setblocking(False)
        if number % 3 == 1:
            client.send(HEADERS)
    stop = threading.Event()
    trickle = threading.Thread(target=_trickle, args=(clients, stop), daemon=True)
    trickle.start()
    try:
        yield clients
    finally:
        stop.set()
        trickle.join(10)
        for client in clients:
            client.close()


def _trickle(clients: list[socket.socket], stop: threading.Event) -> None:
    sent = 0
    while not stop.wait(A_BYTE_EVERY_S):
        for number, client in enumerate(clients):
            byte = HEADERS[sent % 40 : sent % 40 + 1] if number % 3 == 0 else b"x" if number % 3 == 1 else b""
            try:
                client.send(byte)
            except OSError:
                continue  # the service had enough of it
        sent += 1


def health_seconds(server: Server, seconds: float, every: float = 0.02) -> list[float]:
    """Return how long each question after its health took."""
    until, taken = time.monotonic() + seconds, []
    while time.monotonic() < until:
        began = time.perf_counter()
        if server.send("GET", "/healthz").status != 200:  # noqa: PLR2004
            raise RuntimeError("the service is not healthy")
        taken.append(time.perf_counter() - began)
        time.sleep(every)
    return taken


def closed_by_the_service(clients: list[socket.socket]) -> int:
    """Return how many connections the service has ended."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        return len(selector.select(0))


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "rca.duckdb") as server:
        server.send_json("PUT", "/v1/system", SYSTEM)
        before = server.memory()
        with slow_clients(server.port, given.clients) as clients:
            taken = health_seconds(server, given.seconds)
            closed = closed_by_the_service(clients)
        grown = server.memory() - before
    cuts = statistics.quantiles(taken, n=100)
    told = {
        "clients": given.clients,
        "asked": len(taken),
        "p50_ms": round(1000 * cuts[49], 1),
        "p99_ms": round(1000 * cuts[98], 1),
        "closed": closed,
        "grown_mb": round(grown / 1e6, 1),
    }
    print(json.dumps(told) if given.json else "  ".join(f"{name} {value}" for name, value in told.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
