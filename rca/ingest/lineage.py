"""OpenLineage run events: which job read and wrote which datasets.

The events' format: https://openlineage.io/spec/ (RunEvent).
"""

from rca.ingest.files import SourceFile
from rca.ingest.jsonlines import stage_lines
from rca.ingest.landing import Bad, land_files, set_aside_where
from rca.ingest.session import Session
from rca.ingest.types import as_time

CHECKS = (
    Bad("ts IS NULL", "line", "is an event without a usable eventTime", "eventTime"),
    Bad("job IS NULL", "line", "is an event that names no job", "job"),
)


def ingest_lineage(session: Session) -> None:
    """Land all new files of run events."""
    land_files(session, "lineage", land_lineage)


def land_lineage(session: Session, file_id: int, file: SourceFile) -> str:
    """Land one file; return SQL giving one row: rows landed, first ts, last ts."""
    lines, rejects = stage_lines(session, file.path)
    session.set_aside_rejects(file_id, file.name, rejects)
    staged = f"lineage_{file_id}"
    time = "json_extract_string(line, '$.eventTime')"
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE {staged} AS
            SELECT row_index, line, {as_time(time, "VARCHAR")} AS ts,
                   json_extract_string(line, '$.eventType') AS event_type,
                   json_extract_string(line, '$.run.runId') AS run_id,
                   json_extract_string(line, '$.job.namespace') AS namespace,
                   json_extract_string(line, '$.job.name') AS job,
                   {_names("inputs")} AS inputs, {_names("outputs")} AS outputs
            FROM {lines}"""
    )
    good = set_aside_where(session, file_id, file, staged, CHECKS)
    session.run(
        f"""INSERT INTO lineage
            SELECT {file_id}, ts, event_type, run_id, concat_ws('.', nullif(namespace, ''), job), inputs, outputs, line
            FROM {staged} WHERE {good} ORDER BY ts, row_index"""
    )
    session.run(f"DROP TABLE {staged}")
    return f"SELECT count(*), min(ts), max(ts) FROM lineage WHERE file_id = {file_id}"


def _names(side: str) -> str:
    return f"coalesce(list_filter(json_extract_string(line, '$.{side}[*].name'), lambda name: name IS NOT NULL), [])"
