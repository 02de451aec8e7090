"""The routes, one file a resource."""

from api import mcp
from api.routes import (
    actions,
    alerts,
    cases,
    causes,
    data,
    exports,
    feedback,
    graph,
    health,
    hooks,
    incidents,
    ingest,
    jobs,
    lineage,
    me,
    otlp,
    procedures,
    rankers,
    receipts,
    reviews,
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
        exports,
        feedback,
        cases,
        procedures,
        reviews,
        actions,
        graph,
        rankers,
        receipts,
        jobs,
        tokens,
        me,
        data,
        hooks,
        mcp,
        health,
    )
)
