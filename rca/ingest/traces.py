"""Spans, from OTLP/JSON lines or from a flat table; a span sent again is dropped."""

from rca.ingest.files import SourceFile, format_of
from rca.ingest.landing import Bad, land_files, set_aside_where
from rca.ingest.otlp import looks_like_otlp, stage_otlp
from rca.ingest.relation import Relation, open_file
from rca.ingest.session import Session
from rca.ingest.types import as_number, as_text, as_time, is_number

FLAT = ("trace_id", "span_id", "service", "operation", "start", "duration_ms")
CHECKS = (
    Bad("trace_id IS NULL OR span_id IS NULL", "coalesce(trace_id, span_id)", "has no trace or span id", "trace_id"),
    Bad("service IS NULL", "operation", "names no service (resource attribute service.name)", "service"),
    Bad("start_ns IS NULL", "raw_start", "has no usable start time", "start"),
    Bad(
        "duration_ms IS NULL OR NOT isfinite(duration_ms) OR duration_ms < 0",
        "CAST(duration_ms AS VARCHAR)",
        "has no usable duration: it is missing or negative (its end is before its start)",
        "duration_ms",
    ),
)


def ingest_traces(session: Session) -> None:
    """Land all new trace files."""
    land_files(session, "traces", land_traces)


def land_traces(session: Session, file_id: int, file: SourceFile) -> str:
    """Land one file; return SQL giving one row: rows landed, first ts, last ts."""
    staged = f"spans_{file_id}"
    if format_of(file.path) == "json" and looks_like_otlp(file.path):
        rejects = stage_otlp(session, file.path, staged)
    else:
        relation = open_file(session, file.path)
        rejects = relation.rejects[0]
        _stage_flat(session, relation, staged)
    session.set_aside_rejects(file_id, file.name, rejects)
    good = set_aside_where(session, file_id, file, staged, CHECKS)
    first, last = session.run(f"SELECT min(start_ns), max(start_ns) FROM {staged} WHERE {good}").fetchone() or (0, 0)
    session.run(
        f"""INSERT INTO spans
            WITH sent AS (  -- a row is one span, the first time it is sent
                SELECT * FROM {staged} WHERE {good}
                QUALIFY row_number() OVER (PARTITION BY trace_id, span_id ORDER BY row_index) = 1
            ), known AS (  -- a row is a stored span of the same time: one that is sent again has the same start
                SELECT trace_id, span_id FROM spans WHERE start_ns BETWEEN $first AND $last
            )
            SELECT {file_id}, trace_id, span_id, nullif(parent_span_id, ''), service, coalesce(operation, ''),
                   make_timestamp(start_ns // 1000), start_ns, duration_ms, status, attributes
            FROM sent ANTI JOIN known USING (trace_id, span_id) ORDER BY start_ns, span_id""",
        {"first": first, "last": last},
    )
    session.run(f"DROP TABLE {staged}")
    return f"SELECT count(*), min(start), max(start) FROM spans WHERE file_id = {file_id}"


def _stage_flat(session: Session, relation: Relation, staged: str) -> None:
    trace, span, service, operation, start, duration = relation.need(*FLAT)
    status = relation.find("status")
    attributes = relation.find("attributes")
    parent = relation.find("parent_span_id")
    failed = f"upper({as_text(status.ref, status.type)}) IN ('ERROR', 'STATUS_CODE_ERROR', '2')" if status else "FALSE"
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE {staged} AS
            SELECT row_index, nullif({trace.as_written}, '') AS trace_id,
                   nullif({span.as_written}, '') AS span_id,
                   {parent.as_written if parent else "NULL::VARCHAR"} AS parent_span_id,
                   nullif({as_text(service.ref, service.type)}, '') AS service,
                   {as_text(operation.ref, operation.type)} AS operation,
                   {_nanoseconds(start.ref, start.type)} AS start_ns,
                   {as_number(duration.ref, duration.type)} AS duration_ms,
                   CASE WHEN {failed} THEN 'error' ELSE 'ok' END AS status,
                   {_attributes(attributes.ref, attributes.type) if attributes else "NULL::JSON"} AS attributes,
                   {as_text(start.ref, start.type)} AS raw_start
            FROM {relation.sql}"""
    )


def _nanoseconds(ref: str, type_: str) -> str:
    """Return SQL for a start as nanoseconds since 1970: exact where the file is."""
    if type_ in {"TIMESTAMP_NS", "TIMESTAMPTZ_NS"}:
        return f"epoch_ns({ref})"
    if is_number(type_):
        whole = f"TRY_CAST({ref} AS BIGINT)"
        return f"CASE WHEN abs({whole}) >= 100000000000000000 THEN {whole} ELSE epoch_ns({as_time(ref, type_)}) END"
    return f"epoch_ns({as_time(ref, type_)})"


def _attributes(ref: str, type_: str) -> str:
    if type_.startswith(("STRUCT", "MAP")):
        return f"to_json({ref})"
    text = as_text(ref, type_)
    return f"CASE WHEN json_valid({text}) THEN CAST({text} AS JSON) END"
