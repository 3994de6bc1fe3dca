"""Errors of services and their answers: RFC 9457 problem documents with a readable `detail`.

Services raise the errors below; handlers turn them, and everything that FastAPI raises, into problem documents. A
document never repeats what the client sent: input may be hostile, huge or not even encodable.
"""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from agentsentinel.kit.database import UNAVAILABLE

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1
SERIALIZATION_CLASS = "40"
UNAVAILABLE_CLASSES = ("08", "53", "57", "58")
"""SQLSTATE classes: connection, insufficient resources, operator intervention, system error."""
MAX_ERRORS = 20
NOT_JSON = "The body is not valid JSON"
NO_KEY = "A valid API key is required in the X-API-Key header"
TWO_KEYS = "Send one X-API-Key header, not two"


class ServiceError(Exception):
    """Base of the errors that services raise. `detail` says what happened and what to do."""

    status: ClassVar[int] = 500
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(ServiceError):  # named after what is answered
    """The object named in the path or body does not exist."""

    status = 404


class Forbidden(ServiceError):
    """The key is valid but may not do this."""

    status = 403


class Unauthenticated(ServiceError):
    """The request has no valid credentials: no key, a wrong, expired or revoked key, or an ended session."""

    status = 401
    headers: Mapping[str, str] = {"WWW-Authenticate": 'ApiKey realm="agentsentinel"'}

    def __init__(self, detail: str = "Wrong, expired or revoked key") -> None:
        super().__init__(detail)


class TooManyFailures(Unauthenticated):
    """The client's address has sent too many requests without a valid key. A live key is never throttled."""

    status = 429

    def __init__(self, seconds: float) -> None:
        ServiceError.__init__(self, "Too many requests without a valid key from this address: wait, and check the key")
        self.headers = {"Retry-After": str(max(1, math.ceil(seconds)))}


class Overloaded(ServiceError):
    """One sender has used up its share of the server; other senders are still served."""

    status = 429

    def __init__(self, detail: str, seconds: int = 1) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class UnsupportedEncoding(ServiceError):
    """The body has a Content-Encoding, which this endpoint does not support."""

    status = 415


class Conflict(ServiceError):
    """The request conflicts with the current state."""

    status = 409


class Invalid(ServiceError):
    """A value is well-formed but not acceptable."""

    status = 422


class BadRequest(ServiceError):
    """The request as a whole cannot be processed."""

    status = 400


class Unavailable(ServiceError):
    """The database cannot be reached, or the queue is full. The request can be retried."""

    status = 503
    headers: Mapping[str, str] = {"Retry-After": str(RETRY_SECONDS)}


def problem(status: int, detail: str, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Build the members of a problem document."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors[:MAX_ERRORS]
    return document


def problem_response(
    status: int, detail: str, errors: list[dict[str, Any]] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Build a response with a problem document."""
    return JSONResponse(problem(status, detail, errors), status, headers, media_type=MEDIA_TYPE)


def is_database_unavailable(error: BaseException) -> bool:
    """Tell whether an error means that the database is unavailable, and not that the request is wrong."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or state.startswith((*UNAVAILABLE_CLASSES, SERIALIZATION_CLASS))
    return isinstance(error, UNAVAILABLE)


def is_deadlock(error: BaseException) -> bool:
    """Tell whether PostgreSQL cancelled this transaction to resolve a deadlock; it can be retried."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "40P01"


def install(app: FastAPI) -> None:
    """Install handlers that answer every error with a problem document."""

    @app.exception_handler(ServiceError)
    async def on_service_error(_: Request, error: ServiceError) -> JSONResponse:
        return problem_response(error.status, error.detail, headers=error.headers)

    @app.exception_handler(HTTPException)
    async def on_http_error(_: Request, error: HTTPException) -> JSONResponse:
        return problem_response(error.status_code, str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return problem_response(422, *describe_validation(error))

    async def on_failure(request: Request, error: Exception) -> JSONResponse:
        if is_database_unavailable(error):
            return problem_response(503, "The database cannot be reached; try again", headers=Unavailable.headers)
        log.error("request_failed", path=request.url.path, exc_info=error)
        return problem_response(500, "Something failed in the server; its log says what")

    # Starlette raises errors again that only the handler of Exception answered: uvicorn would then log a traceback for
    # every request of an outage, and close the client's connection.
    for kind in (Exception, DBAPIError, PoolTimeoutError, *UNAVAILABLE):
        app.add_exception_handler(kind, on_failure)


def describe_validation(error: RequestValidationError) -> tuple[str, list[dict[str, Any]]]:
    """Describe a validation error: a sentence, and one entry per invalid field, without the input."""
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return NOT_JSON, []
    errors = [{"loc": [_safe(part) for part in one["loc"]], "msg": _safe(one["msg"])} for one in error.errors()]
    first = errors[0] if errors else {"loc": [], "msg": "invalid"}
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return f"{where}: {first['msg']}", errors


def _safe(part: Any) -> Any:
    return part if isinstance(part, int) else str(part).encode("utf-8", "replace").decode()[:200]
