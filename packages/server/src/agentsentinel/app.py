"""The web application: the FastAPI endpoints, with the two reporting routes and OTLP in front of them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from agentsentinel import __version__, health
from agentsentinel.api import api
from agentsentinel.auth.public_address import PublicAddress
from agentsentinel.composition import Platform
from agentsentinel.dashboard.api_docs import DOCUMENT, serve_api_docs
from agentsentinel.dashboard.endpoints import or_the_page
from agentsentinel.dashboard.endpoints import router as dashboard
from agentsentinel.dashboard.files import read_files
from agentsentinel.errors import Unavailable
from agentsentinel.ingest.openapi import describe_ingest
from agentsentinel.ingest.route import IngestRoute
from agentsentinel.kit.tasks import stop
from agentsentinel.otlp.openapi import describe_otlp
from agentsentinel.otlp.route import TracesRoute
from agentsentinel.sign_in.openapi import describe_sign_in
from agentsentinel.wire import problems
from agentsentinel.wire.answers import CommonAnswers
from agentsentinel.wire.body import bound_body
from agentsentinel.wire.problems import problem_response
from agentsentinel.wire.request_id import RequestId

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.0
RETRY = Unavailable.headers


def create_app(platform: Platform) -> FastAPI:
    """Build the FastAPI application of a platform; its lifespan runs the platform's background tasks."""
    app = FastAPI(
        title="AgentSentinel",
        version=__version__,
        summary="Posture, behaviour and one Trust Score for every AI agent",
        openapi_url=f"/{DOCUMENT}" if platform.settings.show_docs else None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    if platform.settings.show_docs:
        serve_api_docs(app)
    app.state.platform = platform
    if platform.role.takes_events:
        app.include_router(api)
    app.include_router(health.router)
    if not platform.role.takes_events:
        problems.install(app)
        return app
    app.state.dashboard = read_files()
    app.include_router(dashboard)
    app.router.default = or_the_page(app.router.default)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    problems.install(app)
    return app


def create_asgi(platform: Platform) -> ASGIApp:
    """Build the ASGI application that the HTTP server runs: CORS, the reporting routes, then FastAPI."""
    if not platform.role.takes_events:
        return CommonAnswers(create_app(platform))
    hash_key = platform.settings.otlp_hash_key
    traces = TracesRoute(
        CommonAnswers(create_app(platform)),
        platform.database,
        platform.authenticator,
        platform.admission,
        platform.acceptance,
        platform.pipeline,
        platform.event_counts,
        hash_key.get_secret_value().encode() if hash_key is not None else None,
    )
    ingest = IngestRoute(
        traces,
        platform.authenticator,
        platform.admission,
        platform.acceptance,
        platform.pipeline,
        platform.event_counts,
    )
    settings = platform.settings
    door = FrontDoor(ingest, settings.cors_origins, PublicAddress(settings.public_url, settings.trusted_proxies))
    return door if platform.tracing is None else platform.tracing.wrap(door)


class FrontDoor:
    """Outermost ASGI layer: restores what proxies changed, limits bodies, and applies CORS to requests of browsers.

    The CORS middleware costs as much as scoring an event, so requests of agents, which send no Origin, bypass it.
    """

    def __init__(self, ingest: IngestRoute, origins: Sequence[str], public: PublicAddress) -> None:
        self._public = public
        self._ingest = RequestId(ingest)
        self._from_browsers = CORSMiddleware(
            self._ingest,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["X-API-Key", "Content-Type"],
            expose_headers=["Link", "Retry-After", "X-Request-ID"],
        )
        self.fast_handler = ingest.fast_handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request, or the lifespan."""
        has_origin = b"origin" in dict(scope.get("headers", ()))
        if scope["type"] == "http":
            scope = self._public.restore(scope)
            receive = bound_body(scope, receive)
        try:
            await (self._from_browsers if has_origin else self._ingest)(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops while a slow client is still sending: answer 503 with Retry-After, and log nothing.
            with suppress(Exception):
                await problem_response(503, "The server is stopping; try again", headers=RETRY)(scope, receive, send)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    platform: Platform = app.state.platform
    main = [asyncio.create_task(each) for each in _main_loops(platform)]
    chores = [asyncio.create_task(each) for each in _chores(platform)]
    log.info("platform_started", version=__version__, role=platform.role.value)
    try:
        yield
    finally:
        platform.pipeline.close()
        platform.scoring.close()
        await asyncio.wait(main, timeout=DRAIN_SECONDS)
        if platform.replicas is not None:
            await platform.replicas.stream.flush()
        for task in (*main, *chores):
            await stop(task)
        await platform.housekeeping.finish()
        platform.counters.close()
        await platform.database.close()
        if platform.tracing is not None:
            await asyncio.to_thread(platform.tracing.close)
        log.info("platform_stopped")


def _main_loops(platform: Platform) -> Iterator[Coroutine[None, None, None]]:
    """Yield what has to come to its end before the process ends."""
    yield platform.pipeline.run()
    if platform.role.scores:
        yield platform.scoring.run()


def _chores(platform: Platform) -> Iterator[Coroutine[None, None, None]]:
    yield platform.housekeeping.run(is_worker=platform.role.scores)
    if platform.role.takes_events:
        yield platform.enforcement_watch.run()
    if platform.replicas is not None:
        yield platform.replicas.stream.run()
        yield platform.replicas.watch(platform.database, platform.counters)
    if platform.failure_news is not None:
        yield platform.failure_news.run()
    if platform.scoring_group is not None:
        yield platform.scoring_group.run()


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        describe_ingest(document)
        describe_otlp(document)
        describe_sign_in(document)
        app.openapi_schema = document
    return app.openapi_schema
