"""The bodies and the table of the script that measures load."""

import json

from api.decode.otlp import PROTOBUF
from api.decode.otlp_traces import read_spans
from api.decode.rows import decode_rows
from benchmarks.service import bodies, load


def test_every_request_has_spans_of_its_own() -> None:
    sent = [body for client in (0, 1) for *_, body, _ in bodies.make("spans", client, 2)]
    ids = [read_spans(body, PROTOBUF)["span_id"].to_pylist() for body in sent]
    assert len({one for some in ids for one in some}) == 4 * bodies.SPANS


def test_arrow_and_json_hold_the_same_rows() -> None:
    (*_, arrow, count), (*_, lines, _) = (bodies.make(kind, 0, 1)[0] for kind in ("arrow", "json"))
    table = decode_rows(arrow, "application/vnd.apache.arrow.stream", count, 10**8)
    rows = decode_rows(lines, "application/jsonl", count, 10**8)
    assert table.num_rows == count == len(rows.rows)
    assert json.loads(rows.rows[7])["f3"] == table["f3"][7].as_py()


def test_the_table_has_a_line_for_each_load() -> None:
    one = {
        "rows_per_s": 12345,
        "get_p95_ms": 7.0,
        "analysis_p95_s": 1.5,
        "cores": {"service": 1.0, "decoders": 0.5, "clients": 0.1},
    }
    found = {"idle": {"get_p95_ms": 5.0, "analysis_p95_s": 1.0}, "spans": one, "peers": {"protobuf parses": 1}}
    assert "| spans, OTLP/protobuf | 12,345 | 7.0 ms | 1.5 s | 1.0, 0.5, 0.1 |" in load.table(found)
