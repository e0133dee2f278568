"""The composition: one web application from the office, the routes for terminals and the pages for people."""

import logging
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import VERSION
from server.api import routes as api
from server.api.reading import answer
from server.api.schema import Problem, describe
from server.office.setting import Office
from server.pages import routes as pages
from server.pages.gate import Gate

log = logging.getLogger(__name__)

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")
"""Without a password only pages asked for under these names are answered: a foreign web page in the
operator's browser cannot point its own name at this server and read it."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_NO_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False, exclude=None
)
"""What terminals and people do here is told to nobody else, whatever the environment says."""


def create_app(office: Office, gate: Gate | None = None) -> FastAPI:
    """The whole server as an ASGI application. Without a gate, pages are open and only for this machine."""
    app = FastAPI(
        title="Parking server",
        version=VERSION,
        description="What terminals get and send: books down, reservations, facts up.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages would load scripts from other hosts
        redoc_url=None,
        telemetry=_NO_TELEMETRY,
    )
    app.state.office = office
    app.state.gate = gate
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_middleware(SecurityHeaders)
    if gate is None:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_NAMES))
    _answer_errors(app)
    describe(app)
    return app


class SecurityHeaders:
    """Adds the headers that keep a browser from doing what no page of ours asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _answer_errors(app: FastAPI) -> None:
    """Every error is one sentence under `detail`; none repeats what was sent or kept."""

    @app.exception_handler(RequestValidationError)
    def _unreadable(_request: Request, error: RequestValidationError) -> Response:
        found = [
            f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors()
        ]
        return answer(Problem("; ".join(found)), 422)

    @app.exception_handler(StarletteHTTPException)
    def _refused(request: Request, error: StarletteHTTPException) -> Response:
        if request.url.path.startswith("/api/"):
            response = answer(Problem(str(error.detail)), error.status_code)
        else:
            response = pages.problem_page(request, error.status_code, str(error.detail))
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    @app.exception_handler(PoolTimeoutError)
    @app.exception_handler(OperationalError)
    def _no_database(request: Request, error: Exception) -> Response:
        log.error("the database does not answer: %s", str(error).splitlines()[0])
        sentence = "the database does not answer; nothing was stored, try again"
        return _refused(request, HTTPException(503, sentence, headers={"Retry-After": "5"}))

    @app.exception_handler(Exception)
    def _failed(request: Request, _error: Exception) -> Response:
        sentence = "the server made a mistake, which is in its log; nothing was stored, try again later"
        return _refused(request, HTTPException(500, sentence))
