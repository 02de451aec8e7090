"""Ready-made histograms, when the raw rows stay elsewhere: landed as the profile's own cells and bins."""

from rca.ingest.files import SourceFile
from rca.ingest.landing import Bad, land_files, of_table, set_aside_where
from rca.ingest.relation import Relation
from rca.ingest.sensitive import note_sensitive, token
from rca.ingest.session import Session
from rca.ingest.types import as_number, as_text, as_time
from rca.warehouse.store import literal
from rca.warehouse.tables import ABOVE, BELOW, NULL, SPECIAL_BINS, UNSEEN

TEXTS = ("model_version", "split", "category", "special")
SUMS = (
    *("sum_prediction", "sum_label", "n_labelled", "sum_loss", "sum_loss_sq"),
    *("sum_value", "sum_value_sq", "sum_prediction_sq", "sum_label_sq"),
)
SPECIALS = {name: code for code, name in SPECIAL_BINS.items() if code != NULL}
"""What `rca profile` says of a bin that has neither edges nor a category of its own."""
CHECKS = (
    Bad("node IS NULL OR column_name IS NULL", "coalesce(node, column_name)", "names no node or no column", "node"),
    Bad("window_start IS NULL", "raw_start", "has no usable window_start; write ISO 8601", "window_start"),
    Bad("n IS NULL OR NOT isfinite(n) OR n < 0 OR n <> floor(n)", "raw_count", "has no count of rows >= 0", "count"),
    Bad("raw_left IS NOT NULL AND (bin_left IS NULL OR isnan(bin_left))", "raw_left", "has no usable edge", "bin_left"),
    Bad(
        "raw_right IS NOT NULL AND (bin_right IS NULL OR isnan(bin_right))",
        "raw_right",
        "has no usable edge",
        "bin_right",
    ),
    Bad(
        "bin_left >= bin_right", "concat(bin_left, ' >= ', bin_right)", "has its edges the wrong way round", "bin_left"
    ),
    Bad(
        "category IS NOT NULL AND (bin_left IS NOT NULL OR bin_right IS NOT NULL)",
        "category",
        "has both a category and edges; a bin is one or the other",
        "category",
    ),
    Bad(
        f"special IS NOT NULL AND special NOT IN ({', '.join(map(literal, SPECIALS))})",
        "special",
        f"is no special bin; one of {', '.join(SPECIALS)}",
        "special",
    ),
)


def ingest_histograms(session: Session) -> None:
    """Land all new histogram files."""
    land_files(session, "histograms", land_histograms)


def _land(session: Session, file_id: int, file: SourceFile, relation: Relation) -> str:
    staged = f"histograms_{file_id}"
    _stage(session, relation, staged)
    good = set_aside_where(session, file_id, file, staged, CHECKS)
    session.run(f"DELETE FROM {staged} WHERE NOT coalesce({good}, FALSE)")
    _add_bins(session, staged)
    _add_cells(session, staged)
    counted = session.run(f"SELECT count(*), min(window_start), max(window_end) FROM {staged}").fetchone()
    session.run(f"DROP TABLE {staged}")
    rows, first, last = counted or (0, None, None)
    return f"SELECT {rows}, {_moment(first)}, {_moment(last)}"


def _moment(value: object) -> str:
    return f"TIMESTAMP '{value}'" if value is not None else "NULL"


def _stage(session: Session, relation: Relation, staged: str) -> None:
    node, column, start, count = relation.need("node", "column", "window_start", "count")
    end, left, right = (relation.find(name) for name in ("window_end", "bin_left", "bin_right"))
    texts = []
    for name in TEXTS:
        found = relation.find(name)
        text = found.as_written if found else "NULL::VARCHAR"
        if name == "category" and found:
            text = _hidden(
                session, as_text(found.ref, found.type), as_text(node.ref, node.type), as_text(column.ref, column.type)
            )
        texts.append(f"{text} AS {name}")
    sums = []
    for name in SUMS:
        found = relation.find(name)
        sums.append(f"{as_number(found.ref, found.type) if found else 'NULL::DOUBLE'} AS {name}")
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE {staged} AS
            SELECT row_index, {as_text(node.ref, node.type)} AS node, {as_text(column.ref, column.type)} AS column_name,
                   {as_time(start.ref, start.type)} AS window_start, {as_text(start.ref, start.type)} AS raw_start,
                   {as_time(end.ref, end.type) if end else "NULL::TIMESTAMP"} AS window_end,
                   {as_number(count.ref, count.type)} AS n, {as_text(count.ref, count.type)} AS raw_count,
                   {as_number(left.ref, left.type) if left else "NULL::DOUBLE"} AS bin_left,
                   {as_text(left.ref, left.type) if left else "NULL::VARCHAR"} AS raw_left,
                   {as_number(right.ref, right.type) if right else "NULL::DOUBLE"} AS bin_right,
                   {as_text(right.ref, right.type) if right else "NULL::VARCHAR"} AS raw_right,
                   {", ".join(texts)}, {", ".join(sums)}
            FROM {relation.sql}"""
    )


def _hidden(session: Session, category: str, node: str, column: str) -> str:
    """Return SQL of a category; of a sensitive column its token."""
    pairs = [(one.id, name) for one in session.system.nodes for name in one.sensitive]
    if not pairs:
        return category
    for one in session.system.nodes:
        note_sensitive(session.connection, one.id, one.sensitive)
    listed = ", ".join(f"({literal(one)}, {literal(name)})" for one, name in pairs)
    return f"CASE WHEN ({node}, {column}) IN ({listed}) THEN {token(session.connection, category)} ELSE {category} END"


def _add_bins(session: Session, staged: str) -> None:
    """Give a code to every bin that the column has not yet; bins of the same edges or category are reused."""
    session.run(
        f"""INSERT INTO bins
            WITH seen AS (  -- a row is one distinct bounded range or category
                SELECT DISTINCT node, column_name, bin_left, bin_right, category FROM {staged}
                WHERE special IS NULL AND (category IS NOT NULL OR (bin_left IS NOT NULL AND bin_right IS NOT NULL))
            ), fresh AS (
                SELECT * FROM seen ANTI JOIN (SELECT * FROM bins WHERE part = '' AND bin >= 0) AS kept
                ON seen.node = kept.node AND seen.column_name = kept.column_name
                   AND seen.bin_left IS NOT DISTINCT FROM kept.bin_left
                   AND seen.bin_right IS NOT DISTINCT FROM kept.bin_right
                   AND seen.category IS NOT DISTINCT FROM kept.category
            ), used AS (
                SELECT node, column_name, max(bin) AS last FROM bins
                WHERE part = '' AND bin >= 0 GROUP BY node, column_name
            )
            SELECT node, column_name, '', CASE WHEN category IS NULL THEN 'numeric' ELSE 'category' END,
                   coalesce(last, -1) + row_number() OVER (
                       PARTITION BY node, column_name ORDER BY bin_left, bin_right, category),
                   CASE WHEN category IS NULL THEN 'range' ELSE 'category' END, bin_left, bin_right, category
            FROM fresh LEFT JOIN used USING (node, column_name)"""
    )
    session.run(
        f"""INSERT INTO bins
            WITH columns_ AS (  -- every column has a bin of nulls
                SELECT node, column_name, bool_or(bin_left IS NOT NULL OR bin_right IS NOT NULL) AS ranged
                FROM {staged} GROUP BY node, column_name
            )
            SELECT node, column_name, '', CASE WHEN ranged THEN 'numeric' ELSE 'category' END, {NULL}, 'null',
                   NULL, NULL, NULL
            FROM columns_ ANTI JOIN (SELECT * FROM bins WHERE part = '' AND bin = {NULL}) AS kept
                 USING (node, column_name)"""
    )

    session.run(
        f"""INSERT INTO bins
            -- a row is a column whose whole vocabulary is known
            SELECT DISTINCT node, column_name, '', 'category', {UNSEEN}, '{SPECIAL_BINS[UNSEEN]}',
                   CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS VARCHAR)
            FROM {staged} ANTI JOIN (SELECT * FROM bins WHERE part = '' AND bin = {UNSEEN}) AS kept
                 USING (node, column_name)
            WHERE special = '{SPECIAL_BINS[UNSEEN]}'"""
    )


def _add_cells(session: Session, staged: str) -> None:
    """Add the counts; without their sums a range's values are taken to lie at its middle, as in grouped data."""
    special = " ".join(f"WHEN h.special = '{name}' THEN {code}" for name, code in SPECIALS.items())
    session.run(
        f"""INSERT INTO profile
            WITH coded AS (  -- a row is one histogram bin with its code
                SELECT h.*, (h.bin_left + h.bin_right) / 2 AS middle, CASE
                    {special}
                    WHEN h.category IS NULL AND h.bin_left IS NULL AND h.bin_right IS NULL THEN {NULL}
                    WHEN h.category IS NULL AND h.bin_left IS NULL THEN {BELOW}
                    WHEN h.category IS NULL AND h.bin_right IS NULL THEN {ABOVE}
                    ELSE kept.bin END AS code
                FROM {staged} AS h LEFT JOIN (SELECT * FROM bins WHERE part = '' AND bin >= 0) AS kept
                ON h.node = kept.node AND h.column_name = kept.column_name
                   AND h.bin_left IS NOT DISTINCT FROM kept.bin_left
                   AND h.bin_right IS NOT DISTINCT FROM kept.bin_right
                   AND h.category IS NOT DISTINCT FROM kept.category
            )
            SELECT node, coalesce(model_version, ''),
                   CASE WHEN split IN ('train', 'validation') THEN split ELSE 'production' END,
                   column_name, '', date_trunc('hour', window_start) AS hour, code,
                   sum(n), coalesce(sum(n_labelled), 0),
                   sum(coalesce(sum_value, n * middle)), sum(coalesce(sum_value_sq, n * middle * middle)),
                   sum(sum_prediction), sum(sum_prediction_sq), sum(sum_label), sum(sum_label_sq),
                   sum(sum_loss), sum(sum_loss_sq)
            FROM coded WHERE n > 0 GROUP BY ALL"""
    )


land_histograms = of_table(_land)
"""Lands one file."""
