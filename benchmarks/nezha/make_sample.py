"""Copy a few recorded cases in little space: `python -m benchmarks.nezha.make_sample DATA OUT CASE ...`.

Ids of traces and spans are shortened, times are cut to the microsecond; nothing else changes.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.nezha.cases import TRUTH

_SPANS = """
COPY (
    SELECT left(md5(trace_id), 10) AS trace_id, left(md5(trace_id || span_id), 10) AS span_id,
           left(md5(trace_id || parent_span_id), 10) AS parent_span_id, service, operation,
           start::TIMESTAMPTZ AS start, round(duration_ms, 3)::FLOAT AS duration_ms, status
    FROM read_parquet($file) ORDER BY start, span_id
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)
"""


def copy_case(source: Path, target: Path) -> None:
    """Write a compact copy of one bundle."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "traces").mkdir(parents=True)
    for name in ("system.yaml", "incident.json", "kpis.parquet"):
        shutil.copyfile(source / name, target / name)
    path = str(target / "traces" / "spans.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(_SPANS.format(path=path), {"file": str(source / "traces" / "spans.parquet")})


def make_sample(data: Path, out: Path, names: Sequence[str]) -> None:
    """Copy some cases with their labels."""
    truth = [one for one in json.loads((data / TRUTH).read_text()) if one["id"] in set(names)]
    out.mkdir(parents=True, exist_ok=True)
    for one in truth:
        copy_case(data / one["id"], out / one["id"])
    (out / TRUTH).write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    make_sample(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
