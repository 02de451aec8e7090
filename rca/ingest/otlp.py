"""OTLP/JSON: one ExportTraceServiceRequest a line, unpacked by the database's JSON functions.

The format: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding (ids are hex; 64-bit integers may
be text; keys are camelCase, and snake_case is met in the wild).
"""

from pathlib import Path

from rca.ingest.jsonlines import stage_lines
from rca.ingest.session import Session
from rca.ingest.text import Reject, first_bytes


def looks_like_otlp(path: Path) -> bool:
    """Return whether a JSON file holds trace export requests rather than flat spans."""
    head = first_bytes(path)
    return b'"resourceSpans"' in head or b'"resource_spans"' in head


def stage_otlp(session: Session, path: Path, staged: str) -> tuple[Reject, ...]:
    """Unpack the spans of a file into the temporary table `staged`; return the lines that are not JSON.

    `row_index` is the line's: quarantine names the line in which a bad span was sent.
    """
    lines, rejects = stage_lines(session, path)
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE {staged} AS
            WITH resources AS (  -- a row is one resource of one line
                SELECT row_index, unnest({_list("line", "resourceSpans", "resource_spans")}) AS resource FROM {lines}
            ), scopes AS (  -- a row is one scope of one resource
                SELECT row_index, {_attribute("resource", "service.name")} AS service,
                       unnest({_list("resource", "scopeSpans", "scope_spans", "instrumentationLibrarySpans")}) AS scope
                FROM resources
            ), spans AS (  -- a row is one span
                SELECT row_index, service, unnest({_list("scope", "spans")}) AS span FROM scopes
            ), fields AS (
                SELECT row_index, service, {_text("traceId", "trace_id")} AS trace_id,
                       {_text("spanId", "span_id")} AS span_id,
                       {_text("parentSpanId", "parent_span_id")} AS parent_span_id,
                       {_text("name")} AS operation,
                       {_text("startTimeUnixNano", "start_time_unix_nano")} AS raw_start,
                       TRY_CAST({_text("endTimeUnixNano", "end_time_unix_nano")} AS BIGINT) AS end_ns,
                       json_extract_string(span, '$.status.code') AS code,
                       {_list("span", "attributes")} AS pairs
                FROM spans
            )
            SELECT row_index, nullif(lower(trace_id), '') AS trace_id, nullif(lower(span_id), '') AS span_id,
                   nullif(lower(parent_span_id), '') AS parent_span_id, nullif(service, '') AS service, operation,
                   nullif(TRY_CAST(raw_start AS BIGINT), 0) AS start_ns,
                   (end_ns - TRY_CAST(raw_start AS BIGINT)) / 1e6 AS duration_ms,
                   CASE WHEN code IN ('2', 'STATUS_CODE_ERROR') THEN 'error' ELSE 'ok' END AS status,
                   {_flattened("pairs")} AS attributes, raw_start
            FROM fields"""
    )
    session.run(f"DROP TABLE {lines}")
    return rejects


def _text(*keys: str) -> str:
    found = ", ".join(f"json_extract_string(span, '$.{key}')" for key in keys)
    return f"coalesce({found})"


def _list(document: str, *keys: str) -> str:
    found = ", ".join(f"nullif(json_extract({document}, '$.{key}[*]'), [])" for key in keys)
    return f"coalesce({found}, [])"


def _value(pair: str) -> str:
    """Return SQL for an attribute's value as JSON; 64-bit integers may come as text."""
    integer = f"coalesce({pair}->'$.value.intValue', {pair}->'$.value.int_value')"
    kinds = ("string", "double", "bool", "array", "kvlist", "bytes")
    names = [f"{pair}->'$.value.{kind}{suffix}'" for kind in kinds for suffix in ("Value", "_value")]
    return f"coalesce({', '.join(names)}, to_json(TRY_CAST({integer}->>'$' AS BIGINT)))"


def _attribute(resource: str, key: str) -> str:
    pairs = f"json_extract({resource}, '$.resource.attributes[*]')"
    same = f"list_filter({pairs}, lambda pair: pair->>'$.key' = '{key}')"
    return f"({_value(f'({same})[1]')})->>'$'"


def _flattened(pairs: str) -> str:
    """Return SQL for a list of key-value pairs as one JSON object; NULL when there are none."""
    keys = f"list_transform({pairs}, lambda pair: pair->>'$.key')"
    values = f"list_transform({pairs}, lambda pair: {_value('pair')})"
    entries = f"list_distinct({keys})"
    return (
        f"CASE WHEN len({pairs}) > 0 AND len({entries}) = len({pairs}) "
        f"THEN CAST(to_json(map({keys}, {values})) AS JSON) END"
    )
