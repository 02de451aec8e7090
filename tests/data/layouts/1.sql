-- The layout of version 1, as it was.
-- one row: the layout's version
CREATE TABLE IF NOT EXISTS meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

-- a row is one ingested file; re-ingesting the same content is a no-op
CREATE SEQUENCE IF NOT EXISTS file_ids;
CREATE TABLE IF NOT EXISTS files (
    file_id INTEGER PRIMARY KEY DEFAULT nextval('file_ids'),
    source VARCHAR NOT NULL,            -- predictions | histograms | traces | kpis | changes | lineage
    node VARCHAR,                       -- predictions only
    path VARCHAR NOT NULL,              -- relative to the bundle
    digest VARCHAR NOT NULL,            -- of the content (and node)
    rows BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,        -- rows or values set aside
    first_ts TIMESTAMP, last_ts TIMESTAMP,
    profiled BOOLEAN NOT NULL DEFAULT FALSE
);

-- a row is one value or row that could not be used; `row` counts from 1 within the file's data rows
CREATE TABLE IF NOT EXISTS quarantine (
    file_id INTEGER NOT NULL, path VARCHAR NOT NULL, "row" BIGINT, column_name VARCHAR,
    raw VARCHAR, reason VARCHAR NOT NULL
);

-- a row is the system.yaml that was in force from one ingest on, as JSON; the latest wins
CREATE TABLE IF NOT EXISTS systems (digest VARCHAR PRIMARY KEY, ingest INTEGER NOT NULL, document JSON NOT NULL);

CREATE TABLE IF NOT EXISTS incidents (id VARCHAR PRIMARY KEY, document JSON NOT NULL);

-- a row is one model's wide table: predictions_1, predictions_2, ...
-- its fixed columns: _file INTEGER, _row BIGINT (from 1), ts TIMESTAMP, request_id, trace_id, model_version,
-- query_id, split VARCHAR (never null), prediction, label (DOUBLE; VARCHAR for multiclass), label_ts TIMESTAMP;
-- the reserved ones carry these names whatever the files call them; features and segments follow
CREATE TABLE IF NOT EXISTS prediction_tables (
    node VARCHAR PRIMARY KEY, table_name VARCHAR NOT NULL UNIQUE,
    task VARCHAR NOT NULL               -- declared, or inferred from the first batches
);

-- a row is one column of such a table
CREATE TABLE IF NOT EXISTS prediction_columns (
    node VARCHAR NOT NULL, column_name VARCHAR NOT NULL,
    physical VARCHAR NOT NULL,          -- its name in the table (differs when two names differ only in case)
    role VARCHAR NOT NULL,              -- reserved | feature | segment | attribution | probability
    kind VARCHAR NOT NULL,              -- numeric | boolean | category | timestamp | vector
    type VARCHAR NOT NULL,              -- DuckDB type kept
    PRIMARY KEY (node, column_name)
);

-- a row is what one batch looked like for one column
CREATE TABLE IF NOT EXISTS schema_observations (
    file_id INTEGER NOT NULL, node VARCHAR NOT NULL, column_name VARCHAR NOT NULL, position INTEGER NOT NULL,
    type VARCHAR NOT NULL, kind VARCHAR NOT NULL, rows BIGINT NOT NULL, nulls BIGINT NOT NULL,
    uncast BIGINT NOT NULL, first_ts TIMESTAMP, last_ts TIMESTAMP
);

CREATE TABLE IF NOT EXISTS kpis (
    file_id INTEGER NOT NULL, node VARCHAR NOT NULL, metric VARCHAR NOT NULL, ts TIMESTAMP NOT NULL,
    value DOUBLE, dimensions JSON
);

CREATE TABLE IF NOT EXISTS changes (
    file_id INTEGER NOT NULL, ts TIMESTAMP NOT NULL, node VARCHAR, kind VARCHAR NOT NULL, title VARCHAR,
    before JSON, after JSON, url VARCHAR, author VARCHAR
);

-- a row is one OpenLineage RunEvent
CREATE TABLE IF NOT EXISTS lineage (
    file_id INTEGER NOT NULL, ts TIMESTAMP NOT NULL, event_type VARCHAR, run_id VARCHAR, job VARCHAR NOT NULL,
    inputs VARCHAR[], outputs VARCHAR[], document JSON
);

-- a row is one span; (trace_id, span_id) is unique, a re-sent span is dropped
CREATE TABLE IF NOT EXISTS spans (
    file_id INTEGER NOT NULL, trace_id VARCHAR NOT NULL, span_id VARCHAR NOT NULL, parent_span_id VARCHAR,
    service VARCHAR NOT NULL, operation VARCHAR NOT NULL, start TIMESTAMP NOT NULL, start_ns BIGINT NOT NULL,
    duration_ms DOUBLE NOT NULL, status VARCHAR NOT NULL, attributes JSON
);

-- a row is one kept bin of one column; part is '' except for vectors (norm, p0, p1, ...).
-- bins >= 0 are ranges [bin_left, bin_right) or categories; the special bins are fixed:
-- -1 null, -2 NaN, -3 -inf, -4 +inf, -5 below the reference's range, -6 above it,
-- -7 other (a known but rare category), -8 unseen (a category absent from the reference)
-- a column always keeps its null bin; it keeps bin -8 when its whole vocabulary is known, so that unseen can be told
CREATE TABLE IF NOT EXISTS bins (
    node VARCHAR NOT NULL, column_name VARCHAR NOT NULL, part VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    bin INTEGER NOT NULL, role VARCHAR NOT NULL, bin_left DOUBLE, bin_right DOUBLE, category VARCHAR
);

-- a row is a category of the reference too rare for a bin of its own: it counts as `other`, not as unseen
CREATE TABLE IF NOT EXISTS rare_categories (node VARCHAR NOT NULL, column_name VARCHAR NOT NULL, category VARCHAR);

-- a row is the length that the vectors of a column had in the reference
CREATE TABLE IF NOT EXISTS vector_lengths (node VARCHAR NOT NULL, column_name VARCHAR NOT NULL, length INTEGER);

-- a row is one cell of the mergeable reduction: adding two cells of the same key gives the union's cell
CREATE TABLE IF NOT EXISTS profile (
    node VARCHAR NOT NULL, model_version VARCHAR NOT NULL, split VARCHAR NOT NULL, column_name VARCHAR NOT NULL,
    part VARCHAR NOT NULL, hour TIMESTAMP NOT NULL, bin INTEGER NOT NULL,
    n BIGINT NOT NULL, n_labelled BIGINT NOT NULL,
    sum_value DOUBLE, sum_value_sq DOUBLE,
    sum_prediction DOUBLE, sum_prediction_sq DOUBLE, sum_label DOUBLE, sum_label_sq DOUBLE,
    sum_loss DOUBLE, sum_loss_sq DOUBLE
);
INSERT INTO meta VALUES ('schema_version', '1');
