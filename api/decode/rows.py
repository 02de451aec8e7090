"""Bodies of rows: a JSON object or array, JSON Lines, an Arrow stream or file, a Parquet file."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from api.decode import json_rows
from api.problems import Problem
from api.strict_json import MalformedJson, loads
from rca.live.delivery import Lines

JSON = ("application/json",)
JSON_LINES = ("application/jsonl", "application/x-ndjson", "application/ndjson", "application/x-jsonlines")
ARROW = ("application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file")
PARQUET = ("application/vnd.apache.parquet", "application/x-parquet", "application/parquet")
MEDIA_TYPES = (*JSON, *JSON_LINES, *ARROW, *PARQUET)


def decode_rows(body: bytes, media_type: str, most: int, most_bytes: int) -> Lines | pa.Table:
    """Return the rows of a body.

    Parameters
    ----------
    most, most_bytes
        So many rows are accepted in one body, of so many bytes in memory.

    Raises
    ------
    Problem
        400 when the body is not what its type says, 413 when it holds too much, 415 for another type.
    MalformedJson
        When a JSON body is not JSON; for JSON Lines the text names the line.
    """
    if media_type in JSON or media_type in JSON_LINES:
        return _read_json(body, media_type, most)
    if media_type in ARROW:
        return _checked(body, _read_arrow, media_type, most, most_bytes)
    if media_type in PARQUET:
        return _checked(body, _read_parquet, media_type, most, most_bytes)
    raise Problem(
        415, "media-type", f"content-type {media_type[:60]!r} is not known; send one of {', '.join(MEDIA_TYPES)}"
    )


def _read_json(body: bytes, media_type: str, most: int) -> Lines:
    array = media_type in JSON
    fast = json_rows.read_array(body) if array else json_rows.read_lines(body)
    lines, shape = fast or _read_strictly(body, array=array)
    _refuse_many(len(lines), most)
    return Lines(lines, shape)


def _read_strictly(body: bytes, *, array: bool) -> tuple[Sequence[bytes], json_rows.Shape]:
    rows = _rows(loads(body)) if array else _split(body)
    if not rows:
        raise Problem(400, "empty", "the body holds no row")
    return encoded(rows).rows, json_rows.shape_of(rows)


def _rows(value: Any) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else [value]
    for place, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise Problem(400, "malformed-json", f"row {place} is not an object; send objects, or an array of them")
    return rows


def _split(body: bytes) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = loads(line)
        except MalformedJson as error:
            raise MalformedJson(f"{error} in line {number}; correct the line and send all of it again") from error
        if not isinstance(row, dict):
            raise MalformedJson(f"holds no object in line {number}; write one object a line")
        rows.append(row)
    return rows


def encoded(rows: Sequence[dict[str, Any]]) -> Lines:
    """Return rows as JSON Lines."""
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    return Lines([encode(row).encode() for row in rows])


def _checked(body: bytes, read: Any, media_type: str, most: int, most_bytes: int) -> pa.Table:
    try:
        table = read(body, most, most_bytes)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise Problem(
            400, "malformed-table", f"the body is no {media_type}: {str(error).splitlines()[0][:200]}"
        ) from error
    if not table.num_rows or not table.num_columns:
        raise Problem(400, "empty", "the body holds no row")
    names = table.column_names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem(400, "malformed-table", f"the column {twice[:60]!r} is there twice; rename one of them")
    return table


def _read_parquet(body: bytes, most: int, most_bytes: int) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(body))
    _refuse_many(file.metadata.num_rows, most)
    inflated = sum(file.metadata.row_group(place).total_byte_size for place in range(file.num_row_groups))
    if inflated > most_bytes:
        raise Problem(413, "too-large", f"the table takes more than {most_bytes} bytes; send less at a time")
    return _whole(file.iter_batches(batch_size=65_536), file.schema_arrow, most, most_bytes)


def _read_arrow(body: bytes, most: int, most_bytes: int) -> pa.Table:
    buffer = pa.BufferReader(body)
    if body.startswith(b"ARROW1"):
        file = pa.ipc.open_file(buffer)
        batches = (file.get_batch(place) for place in range(file.num_record_batches))
        return _whole(batches, file.schema, most, most_bytes)
    stream = pa.ipc.open_stream(buffer)
    return _whole(stream, stream.schema, most, most_bytes)


def _whole(batches: Any, schema: pa.Schema, most: int, most_bytes: int) -> pa.Table:
    """Return the batches as one table, read only as far as they are within bounds."""
    kept, rows, size = [], 0, 0
    for batch in batches:
        rows, size = rows + batch.num_rows, size + batch.nbytes
        _refuse_many(rows, most)
        if size > most_bytes:
            raise Problem(413, "too-large", f"the table takes more than {most_bytes} bytes; send less at a time")
        kept.append(batch)
    return pa.Table.from_batches(kept, schema)


def _refuse_many(rows: int, most: int) -> None:
    if rows > most:
        raise Problem(413, "too-many-rows", f"the body holds more than {most} rows; send less at a time")
