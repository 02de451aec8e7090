"""Which scope each route needs. A route that is not here fails the tests: whoever adds one says who may use it."""

PUBLIC = "public"
"""No token is needed."""

_INGEST = """
POST /api/v1/lineage
POST /v1/alerts/alertmanager
POST /v1/changes
POST /v1/histograms
POST /v1/kpis
POST /v1/metrics
POST /v1/predictions
POST /v1/traces
"""

_READ = """
GET /actions
GET /cases
GET /cases/{incident}
GET /incidents
GET /incidents/rows
GET /incidents/{incident}
GET /incidents/{incident}/charts/{analysis}/{chart}.svg
GET /incidents/{incident}/compare
GET /incidents/{incident}/contrast
GET /incidents/{incident}/postmortem.html
GET /incidents/{incident}/postmortem.md
GET /incidents/{incident}/similar
GET /metrics
GET /procedures
GET /procedures/{family}
GET /ranker
GET /ranker/charts/{chart}.svg
GET /reviews
GET /reviews/{week}
GET /reviews/{week}/charts/{chart}.svg
GET /system
GET /v1/actions
GET /v1/actions/{action}
GET /v1/cases
GET /v1/cases/{incident}
GET /v1/feedback
GET /v1/feedback/{record}
GET /v1/graph
GET /v1/graph/path
GET /v1/incidents
GET /v1/incidents/{incident}
GET /v1/incidents/{incident}/analyses
GET /v1/incidents/{incident}/analysis
GET /v1/incidents/{incident}/causes
GET /v1/incidents/{incident}/causes/{rank}
GET /v1/incidents/{incident}/causes/{rank}/evidence
GET /v1/incidents/{incident}/export
GET /v1/incidents/{incident}/ruled-out
GET /v1/incidents/{incident}/similar
GET /v1/incidents/{incident}/timeline
GET /v1/incidents/{incident}/why-not
GET /v1/incidents:facets
GET /v1/jobs
GET /v1/jobs/{job}
GET /v1/me
GET /v1/procedures
GET /v1/procedures/{family}
GET /v1/procedures/{family}/versions
GET /v1/rankers
GET /v1/receipts
GET /v1/receipts/{receipt}
GET /v1/receipts/{receipt}/quarantine
GET /v1/reviews
GET /v1/reviews/{week}
GET /v1/system
POST /mcp
POST /name
"""

_REVIEW = """
GET /procedures/{family}/edit
PATCH /v1/actions/{action}
PATCH /v1/incidents/{incident}
POST /actions
POST /actions/{key}/{step}
POST /incidents/{incident}/check
POST /incidents/{incident}/edit
POST /incidents/{incident}/explain
POST /incidents/{incident}/missing
POST /incidents/{incident}/no-fault
POST /incidents/{incident}/note
POST /incidents/{incident}/state
POST /incidents/{incident}/undo
POST /incidents/{incident}/verdict
POST /procedures/{family}
POST /reviews/{week}/freeze
POST /v1/actions
POST /v1/actions/{action}:done
POST /v1/actions/{action}:drop
POST /v1/actions/{action}:reopen
POST /v1/actions/{action}:verify
POST /v1/feedback
POST /v1/feedback/{record}:revert
POST /v1/incidents
POST /v1/incidents/{incident}/checks
POST /v1/incidents/{incident}/notes
POST /v1/incidents/{incident}:analyze
POST /v1/incidents/{incident}:close
POST /v1/incidents/{incident}:merge
POST /v1/incidents/{incident}:reopen
POST /v1/incidents/{incident}:split
POST /v1/incidents/{incident}:split_off
POST /v1/reviews/{week}:freeze
PUT /v1/procedures/{family}
"""

_TRAIN = """
GET /ranker/promote
GET /ranker/rollback
POST /incidents/{incident}/ruling
POST /ranker/promote
POST /ranker/rollback
POST /v1/feedback:adjudicate
POST /v1/rankers/{version}:promote
POST /v1/rankers:rollback
POST /v1/rankers:train
"""

_ADMIN = """
DELETE /v1/hooks/{hook}
DELETE /v1/tokens/{token}
GET /v1/audit
GET /v1/data/backups
GET /v1/hooks
GET /v1/hooks/{hook}/deliveries
GET /v1/tokens
POST /v1/data:backup
POST /v1/data:erase
POST /v1/data:retain
POST /v1/hooks
POST /v1/hooks/{hook}:rotate
POST /v1/hooks/{hook}:test
POST /v1/tokens
PUT /v1/system
"""

_PUBLIC = """
GET /
GET /healthz
GET /login
GET /login/oidc
GET /login/oidc/callback
GET /readyz
GET /static/{digest}/{name}
GET /v1/openapi.json
POST /login
POST /logout
"""

RULES = {
    route: scope
    for scope, listed in (
        ("ingest", _INGEST),
        ("read", _READ),
        ("review", _REVIEW),
        ("train", _TRAIN),
        ("admin", _ADMIN),
        (PUBLIC, _PUBLIC),
    )
    for route in listed.split("\n")
    if route
}
