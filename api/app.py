"""The application: every route of one project, and what surrounds them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from api import problems
from api.asgi import Hosts, Measured, Rates, SafeHeaders, Unread
from api.crossorigin import CrossOrigin
from api.openapi import describe
from api.pages import PAGES
from api.pages.route import absent
from api.routes import ROUTERS
from api.service import Service


def create_app(service: Service, *, title: str = "rca") -> FastAPI:
    """Return the application of one project.

    Parameters
    ----------
    service
        Its store and settings; the application closes it when it ends.
    """
    registry = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(title=title, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    app.state.service, app.state.registry = service, registry
    problems.install(app)
    app.add_exception_handler(HTTPException, absent)
    for router in (*ROUTERS, *PAGES):
        app.include_router(router)
    describe(app)
    # the last one added is the outermost
    app.add_middleware(CrossOrigin)
    app.add_middleware(Rates, per_minute=service.settings.limits.requests)
    app.add_middleware(Hosts, names=service.settings.hosts)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Measured, registry=registry)
    app.add_middleware(Unread)
    return app
