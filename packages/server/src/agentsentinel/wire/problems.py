"""Answers to errors: RFC 9457 problem documents with a readable `detail`.

Handlers turn the errors of services, and everything that FastAPI raises, into problem documents. A document never
repeats what the client sent: input may be hostile, huge or not even encodable.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from agentsentinel.errors import NOT_JSON, ServiceError, Unavailable
from agentsentinel.kit.database import UNAVAILABLE
from agentsentinel.kit.database_errors import is_database_unavailable

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20


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
