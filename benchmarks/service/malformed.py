"""Send malformed requests to every operation of the service: each must be answered, and none with a fault (5xx).

Usage: python -m benchmarks.service.malformed [--count 10000] [--seed 1] [--json]

A request is an operation of the OpenAPI document with its own example, of which something is broken: its body (values
that no JSON holds, keys twice, wrong types, bits turned, cut off, another encoding or compression than is said), its
address or its headers. The same seed gives the same requests.
"""

import argparse
import collections
import http
import http.client
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.service.broken import requests
from benchmarks.service.running import SYSTEM
from benchmarks.service.served import Answer, Server, served


def fault_of(answer: Answer) -> str | None:
    """Return what is wrong with an answer to a malformed request; None when nothing is."""
    if answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{answer.status} {answer.content[:300]!r}"
    kind = answer.headers.get("content-type", "")
    told = ("application/problem+json", "application/json", "application/x-protobuf")  # the last two: OTLP's own form
    if answer.status >= http.HTTPStatus.BAD_REQUEST and not kind.startswith(told) and kind != TRANSPORT:
        return f"{answer.status} as {kind}"
    return None


TRANSPORT = "text/plain; charset=utf-8"
"""What the HTTP parser itself answers where there is no request at all."""


def send_all(server: Server, document: Mapping[str, Any], count: int, seed: int) -> tuple[dict[int, int], list[str]]:
    """Send so many requests, with a token that allows everything; return status -> how many, and the faults."""
    statuses, faults = collections.Counter[int](), list[str]()
    admin = {"name": "malformed", "account": "malformed", "scopes": ["admin"]}
    bearer = {"authorization": "Bearer " + server.send_json("POST", "/v1/tokens", admin).json()["bearer"]}
    for request in requests(document, count, seed):
        try:
            answer = server.send(request.method, request.target, request.body, bearer | dict(request.headers))
        except (OSError, http.client.HTTPException) as error:
            faults.append(f"no answer ({error!r}): {request}")
            continue
        statuses[answer.status] += 1
        fault = fault_of(answer)
        if fault:
            faults.append(f"{fault}: {request}"[:2000])
    return dict(sorted(statuses.items())), faults


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "rca.duckdb") as server:
        server.send_json("PUT", "/v1/system", SYSTEM)
        incident = {"id": "inc-42", "node": "scorer", "metric": "auc", "detected_at": "2026-03-04T10:00:00Z"}
        server.send_json("POST", "/v1/incidents", incident)
        document = server.send("GET", "/v1/openapi.json").json()
        statuses, faults = send_all(server, document, given.count, given.seed)
    if given.json:
        print(json.dumps({"sent": given.count, "statuses": statuses, "faults": faults}))
    else:
        print(f"{given.count} malformed requests: {statuses}")
        print("\n".join(faults) or "none was answered with a fault")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
