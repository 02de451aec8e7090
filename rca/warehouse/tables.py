"""The tables of the warehouse. Times are `TIMESTAMP` in UTC.

Each model has its own wide prediction table `predictions_<k>`, made as its columns become known;
`prediction_tables` and `prediction_columns` are the registry.
"""

SCHEMA_VERSION = 3
"""2 added `analyses`, `feedback` and `rankers`; 3 what a running service keeps (from `deliveries` on). An older
database gains what it lacks when it is opened."""

TABLES = """
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

-- a row is the time from which a system was in force; rows are only ever added
CREATE TABLE IF NOT EXISTS system_times (digest VARCHAR NOT NULL, since TIMESTAMP NOT NULL);

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

-- a row is a column of which no raw value is stored, see rca/ingest/sensitive.py
CREATE TABLE IF NOT EXISTS sensitive_columns (
    node VARCHAR NOT NULL, column_name VARCHAR NOT NULL, PRIMARY KEY (node, column_name)
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

-- a row is the reference that the bins of a model's log were made from; a log whose bins were made otherwise (by an
-- earlier version, or imported) has none, and keeps its bins
CREATE TABLE IF NOT EXISTS profile_references (
    node VARCHAR PRIMARY KEY, condition VARCHAR NOT NULL, rows BIGINT NOT NULL
);

-- a row is a part that was empty in that reference: its bins are of the batch with the first value
CREATE TABLE IF NOT EXISTS late_parts (
    node VARCHAR NOT NULL, column_name VARCHAR NOT NULL, part VARCHAR NOT NULL,
    digest VARCHAR NOT NULL, first_ts TIMESTAMP NOT NULL
);

-- a row is a stretch of whole hours, `stop` excluded, whose production rows were removed: its cells are all there is
CREATE TABLE IF NOT EXISTS rollups (
    node VARCHAR NOT NULL, start TIMESTAMP NOT NULL, stop TIMESTAMP NOT NULL,
    rows BIGINT NOT NULL, noted_at TIMESTAMP NOT NULL
);

-- a row is how many of an hour's removed rows had this prediction and label, each to a few digits: metrics need them
CREATE TABLE IF NOT EXISTS rolled_outcomes (
    node VARCHAR NOT NULL, hour TIMESTAMP NOT NULL, model_version VARCHAR NOT NULL,
    prediction VARCHAR, label VARCHAR, rows BIGINT NOT NULL
);

-- a row is one answer, by the digest of what it says: the same answer again only moves `given_at`
CREATE TABLE IF NOT EXISTS analyses (
    id VARCHAR PRIMARY KEY, incident VARCHAR NOT NULL,
    given_at TIMESTAMP NOT NULL,        -- when it was last given
    ranker_kind VARCHAR NOT NULL, ranker_version VARCHAR NOT NULL,
    document JSON NOT NULL,             -- the whole answer
    proposed JSON NOT NULL,             -- what the ranker saw: candidates, blame, p-value
    shadow JSON                         -- what another ranker would have said
);

-- a row is one thing a reviewer said; rows are only ever added, and `place` is their order
CREATE SEQUENCE IF NOT EXISTS feedback_places;
CREATE TABLE IF NOT EXISTS feedback (
    place BIGINT PRIMARY KEY DEFAULT nextval('feedback_places'),
    id VARCHAR NOT NULL UNIQUE, incident VARCHAR NOT NULL, document JSON NOT NULL
);

-- a row is one ranker that was learned here
CREATE TABLE IF NOT EXISTS rankers (
    version VARCHAR PRIMARY KEY, learned_at TIMESTAMP NOT NULL,
    parent VARCHAR NOT NULL,            -- pretrained: learned together with its lessons; else heuristic
    state VARCHAR NOT NULL,             -- current | candidate | retired | refused
    document VARCHAR NOT NULL, sha256 VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,            -- why it has this state
    training_hash VARCHAR NOT NULL,
    incidents VARCHAR[] NOT NULL,       -- those it learned from
    figures JSON NOT NULL,              -- its own, on labels that it had not seen
    comparison JSON                     -- with the ranker that was current then
);

-- a row is one thing that happened to a ranker, the built-in ones included; rows are only ever added
CREATE SEQUENCE IF NOT EXISTS ranker_event_places;
CREATE TABLE IF NOT EXISTS ranker_events (
    place BIGINT PRIMARY KEY DEFAULT nextval('ranker_event_places'),
    version VARCHAR NOT NULL, noted_at TIMESTAMP NOT NULL,
    what VARCHAR NOT NULL,              -- kept | promoted | rolled_back | refused
    who VARCHAR NOT NULL, reason VARCHAR NOT NULL
);

-- a row is what the ranker that answered and a challenger that had not learned from it held of one labelled incident:
-- the evidence for and against replacing it; rows are only ever added, one for each pair and incident
CREATE TABLE IF NOT EXISTS ranker_forecasts (
    current VARCHAR NOT NULL,           -- version that answered
    challenger VARCHAR NOT NULL,        -- heuristic, or learned: whatever training gave at the time
    incident VARCHAR NOT NULL,
    since BIGINT NOT NULL,              -- place of the event since which `current` answered; 0: from the start
    document JSON NOT NULL,             -- each cause's probability by both rankers and by `current`, calibrated anew
    PRIMARY KEY (current, challenger, incident)
);

-- a row is one request body that was acknowledged; `batch` is the commit that it came with
CREATE TABLE IF NOT EXISTS deliveries (
    id VARCHAR PRIMARY KEY, key VARCHAR NOT NULL UNIQUE, -- the sender's idempotency key, or the content's digest
    digest VARCHAR NOT NULL, source VARCHAR NOT NULL, node VARCHAR,
    received_at TIMESTAMP NOT NULL, batch BIGINT NOT NULL,
    rows BIGINT NOT NULL, quarantined BIGINT NOT NULL,
    reasons VARCHAR[] NOT NULL          -- why rows were set aside, each reason once
);

-- a row is one thing that happened to an incident; rows are only ever added, and an incident is what they add up to
CREATE SEQUENCE IF NOT EXISTS incident_event_places;
CREATE TABLE IF NOT EXISTS incident_events (
    place BIGINT PRIMARY KEY DEFAULT nextval('incident_event_places'),
    incident VARCHAR NOT NULL, noted_at TIMESTAMP NOT NULL,
    what VARCHAR NOT NULL,  -- opened | edited | alert | merged | split | closed | reopened | verified | note
    who VARCHAR NOT NULL, detail JSON NOT NULL
);

-- a row is what lists and the weekly review ask of one incident: worked out from its document, its latest answer, the
-- log of feedback and its events, again whenever one of them has grown; it can be emptied at any time
CREATE TABLE IF NOT EXISTS incident_overview (
    incident VARCHAR PRIMARY KEY,
    source UBIGINT,                     -- hash of the document that it was made from
    analysis VARCHAR,                   -- id of the latest answer
    last_record BIGINT NOT NULL,        -- place of its last feedback; 0 without
    version BIGINT NOT NULL,            -- place of its last event; 0 without
    node VARCHAR NOT NULL, metric VARCHAR NOT NULL, title VARCHAR, severity VARCHAR,
    detected_at TIMESTAMP NOT NULL, onset TIMESTAMP, ended_at TIMESTAMP,
    state VARCHAR NOT NULL,             -- open | closed | merged
    merged_into VARCHAR, assigned VARCHAR, closed_at TIMESTAMP,
    family VARCHAR, cause_node VARCHAR, cause_subject VARCHAR, -- the most probable cause of the latest answer
    confidence DOUBLE, none_of_these DOUBLE, causes INTEGER,
    outcome VARCHAR,                    -- cause | no_fault; null: not settled
    right_family VARCHAR, right_node VARCHAR, right_subject VARCHAR, -- the settled cause
    right_at TIMESTAMP,                 -- when it was first said
    right_rank INTEGER,                 -- where it was shown; null: it was not listed
    judged_confidence DOUBLE,           -- of the first cause of the answer that was judged
    judged_right BOOLEAN,               -- whether that cause is settled as right
    records INTEGER NOT NULL, disputed BOOLEAN NOT NULL,
    people VARCHAR[] NOT NULL,          -- accounts that own, opened, changed or judged it
    text VARCHAR NOT NULL               -- what is searched, in small letters
);

-- a row is an account's last word on one cause of an incident; made with the overview
CREATE TABLE IF NOT EXISTS standing_verdicts (
    incident VARCHAR NOT NULL, who VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,             -- family/node/subject; '' no fault
    agrees BOOLEAN NOT NULL,            -- says that the cause was right, at least in part
    noted_at TIMESTAMP NOT NULL
);

-- a row is one coordinate of the signature of an incident's latest answer, at length 1; made with the overview
CREATE TABLE IF NOT EXISTS incident_signatures (
    incident VARCHAR NOT NULL, coordinate VARCHAR NOT NULL, value FLOAT NOT NULL
);

-- a row is one token; only the SHA-256 of its secret is kept
CREATE TABLE IF NOT EXISTS tokens (
    id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, account VARCHAR NOT NULL, sha256 VARCHAR NOT NULL UNIQUE,
    scopes VARCHAR[] NOT NULL,          -- ingest | read | review | train | admin
    made_at TIMESTAMP NOT NULL, expires_at TIMESTAMP, revoked_at TIMESTAMP
);

-- a row is somebody who is logged in with a browser; only the SHA-256 of the cookie is kept
CREATE TABLE IF NOT EXISTS sessions (
    sha256 VARCHAR PRIMARY KEY,
    token VARCHAR,                      -- it ends with this token; null: another service said who it is
    account VARCHAR NOT NULL, scopes VARCHAR[] NOT NULL,
    made_at TIMESTAMP NOT NULL, expires_at TIMESTAMP NOT NULL
);

-- a row is one request that changed something, or was refused; rows are only ever added
CREATE SEQUENCE IF NOT EXISTS audit_places;
CREATE TABLE IF NOT EXISTS audit (
    place BIGINT PRIMARY KEY DEFAULT nextval('audit_places'),
    noted_at TIMESTAMP NOT NULL, account VARCHAR NOT NULL, token VARCHAR,
    method VARCHAR NOT NULL, path VARCHAR NOT NULL,
    status INTEGER NOT NULL, detail VARCHAR
);

-- a row is one revision of a week's review, frozen as it was made
CREATE TABLE IF NOT EXISTS reviews (
    week VARCHAR NOT NULL,              -- 2026-W47
    revision INTEGER NOT NULL, made_at TIMESTAMP NOT NULL, who VARCHAR NOT NULL, document JSON NOT NULL,
    PRIMARY KEY (week, revision)
);

-- a row is one thing that happened to an action item; rows are only ever added
CREATE SEQUENCE IF NOT EXISTS action_event_places;
CREATE TABLE IF NOT EXISTS action_events (
    place BIGINT PRIMARY KEY DEFAULT nextval('action_event_places'),
    action VARCHAR NOT NULL, noted_at TIMESTAMP NOT NULL,
    what VARCHAR NOT NULL,              -- added | edited | done | verified | dropped | reopened
    who VARCHAR NOT NULL, detail JSON NOT NULL
);

-- a row is a site's own version of a standard operating procedure; the shipped ones are files
CREATE TABLE IF NOT EXISTS procedures (
    family VARCHAR NOT NULL, version INTEGER NOT NULL, written_at TIMESTAMP NOT NULL, who VARCHAR NOT NULL,
    title VARCHAR NOT NULL, owner VARCHAR NOT NULL, review_by DATE NOT NULL, body VARCHAR NOT NULL,
    PRIMARY KEY (family, version)
);

-- a row is an answer that was given under an idempotency key: the same request again gets the same answer
CREATE TABLE IF NOT EXISTS answered (
    key VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL, status INTEGER NOT NULL, headers JSON NOT NULL,
    body VARCHAR NOT NULL, noted_at TIMESTAMP NOT NULL
);

-- a row is one piece of long work; what was queued or running when the service ended is done again at its next start
CREATE TABLE IF NOT EXISTS jobs (
    id VARCHAR PRIMARY KEY, kind VARCHAR NOT NULL, account VARCHAR NOT NULL, parameters JSON NOT NULL,
    state VARCHAR NOT NULL,             -- queued | running | done | failed
    made_at TIMESTAMP NOT NULL, ended_at TIMESTAMP,
    result JSON, error VARCHAR
);

-- a row is where notifications go
CREATE TABLE IF NOT EXISTS hooks (
    id VARCHAR PRIMARY KEY, url VARCHAR NOT NULL, secret VARCHAR NOT NULL, events VARCHAR[] NOT NULL,
    made_at TIMESTAMP NOT NULL, made_by VARCHAR NOT NULL
);

-- a row is a secret that a hook was signed with before, and until when it still is
CREATE TABLE IF NOT EXISTS hook_secrets (hook VARCHAR NOT NULL, secret VARCHAR NOT NULL, ends_at TIMESTAMP NOT NULL);

-- a row is one notification to one hook; it is tried again until it is taken or given up
CREATE TABLE IF NOT EXISTS hook_messages (
    id VARCHAR NOT NULL, hook VARCHAR NOT NULL, event VARCHAR NOT NULL, body VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL,
    state VARCHAR NOT NULL,             -- waiting | delivered | given_up
    tries INTEGER NOT NULL,
    next_at TIMESTAMP,                  -- when it is tried next; null: not any more
    status INTEGER, error VARCHAR,      -- of the last try
    tried_at TIMESTAMP
);
"""

NULL, NAN, MINUS_INF, PLUS_INF, BELOW, ABOVE, OTHER, UNSEEN = -1, -2, -3, -4, -5, -6, -7, -8
SPECIAL_BINS = {
    NULL: "null",
    NAN: "nan",
    MINUS_INF: "minus_inf",
    PLUS_INF: "plus_inf",
    BELOW: "below",
    ABOVE: "above",
    OTHER: "other",
    UNSEEN: "unseen",
}
