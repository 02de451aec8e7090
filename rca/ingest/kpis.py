"""Business and component metrics: node, metric, ts, value; every other column is a dimension."""

from rca.ingest.files import SourceFile
from rca.ingest.landing import Bad, land_files, of_table, set_aside_where
from rca.ingest.relation import Relation
from rca.ingest.session import Session
from rca.ingest.types import as_number, as_text, as_time
from rca.warehouse.store import literal

COLUMNS = ("node", "metric", "ts", "value")
CHECKS = (
    Bad("node IS NULL OR metric IS NULL", "coalesce(node, metric)", "names no node or no metric", "node"),
    Bad("ts IS NULL", "raw_ts", "has no usable time; write ISO 8601 or seconds since 1970", "ts"),
    Bad("value IS NULL AND raw_value IS NOT NULL", "raw_value", "has a value that is not a number", "value"),
)


def ingest_kpis(session: Session) -> None:
    """Land all new metric files."""
    land_files(session, "kpis", land_kpis)


def _land(session: Session, file_id: int, file: SourceFile, relation: Relation) -> str:
    node, metric, ts, value = relation.need(*COLUMNS)
    dimensions = [column for column in relation.columns if column.name not in COLUMNS]
    pairs = ", ".join(f"{literal(c.name)}, {as_text(c.ref, c.type)}" for c in dimensions)
    staged = f"kpis_{file_id}"
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE {staged} AS
            SELECT row_index, {as_text(node.ref, node.type)} AS node, {as_text(metric.ref, metric.type)} AS metric,
                   {as_time(ts.ref, ts.type)} AS ts, {as_number(value.ref, value.type)} AS value,
                   {as_text(ts.ref, ts.type)} AS raw_ts, {as_text(value.ref, value.type)} AS raw_value,
                   {_dimensions(pairs)} AS dimensions
            FROM {relation.sql}"""
    )
    good = set_aside_where(session, file_id, file, staged, CHECKS)
    session.run(
        f"""INSERT INTO kpis SELECT {file_id}, node, metric, ts, value, dimensions FROM {staged}
            WHERE {good} ORDER BY row_index"""
    )
    session.run(f"DROP TABLE {staged}")
    return f"SELECT count(*), min(ts), max(ts) FROM kpis WHERE file_id = {file_id}"


def _dimensions(pairs: str) -> str:
    """Return SQL for the dimensions that a row has: the same whatever other rows it was sent with."""
    return f"nullif(json_merge_patch('{{}}', json_object({pairs})), '{{}}')" if pairs else "NULL"


land_kpis = of_table(_land)
"""Lands one file."""
