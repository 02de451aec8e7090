"""The routes, one file a resource."""

from api.routes import (
    alerts,
    causes,
    feedback,
    graph,
    health,
    incidents,
    ingest,
    jobs,
    lineage,
    me,
    otlp,
    rankers,
    receipts,
    tokens,
)

ROUTERS = tuple(
    module.router
    for module in (
        ingest,
        otlp,
        lineage,
        alerts,
        incidents,
        causes,
        feedback,
        graph,
        rankers,
        receipts,
        jobs,
        tokens,
        me,
        health,
    )
)
