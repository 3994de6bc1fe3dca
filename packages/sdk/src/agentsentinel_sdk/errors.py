"""Everything the SDK raises, as one tree.

    SentinelError
    ├── InvalidArgument        refused here, before anything was sent
    ├── ConnectionFailed       no answer came: refused, name not found, TLS, too slow
    ├── UnexpectedAnswer       an answer came, but not one of the AgentSentinel API
    ├── ScoreUnavailable       an agent's Trust Score was asked for and cannot be had now
    └── ApiError               the server refused, and said why
        ├── AuthenticationError    401
        ├── PermissionDenied       403
        ├── NotFound               404
        ├── Conflict               409
        ├── InvalidRequest         400, 422, and any other 4xx
        │   └── PayloadTooLarge    413
        ├── Overloaded             429
        └── Unavailable            5xx

No message ever holds an API key, a request body or terminal control characters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

LONGEST_DETAIL = 500
"""Characters of the server's text that reach a message: a proxy's error page may be megabytes."""

SHOWN_ERRORS = 3
"""Field errors the message adds to the detail; `ApiError.errors` holds all of them."""


class SentinelError(Exception):
    """Base of all errors of this package: catch it to let an agent go on whatever its monitoring does."""


class InvalidArgument(SentinelError, ValueError):
    """An argument cannot be right (an unusable key, URL or id), so nothing was sent."""


class ConnectionFailed(SentinelError):
    """No answer came within the deadline; the request may or may not have reached the server."""


class UnexpectedAnswer(SentinelError):
    """The answer is not one of the AgentSentinel API: another service, a redirect, or another version."""


class ScoreUnavailable(SentinelError):
    """The agent's Trust Score cannot be had: the server is away, does not accept the key, or has none yet."""


class ApiError(SentinelError):
    """The server refused the request.

    Attributes:
        detail: the server's explanation, one readable line.
        status: the HTTP status, 400..599.
        title: the short name of the problem, the same for all of its kind.
        errors: what is wrong with which field, as the server put it; empty when it named none.
        retry_after: seconds the server asked to wait, or None.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int = 0,
        title: str = "",
        errors: tuple[Mapping[str, Any], ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.title = title
        self.errors = errors
        self.retry_after = retry_after

    def __str__(self) -> str:
        news = [error for error in map(_in_words, self.errors) if error.rpartition(": ")[2] not in self.detail]
        problems = "; ".join(news[:SHOWN_ERRORS])
        more = len(news) - SHOWN_ERRORS
        tail = f" ({problems}{f'; and {more} more' if more > 0 else ''})" if problems else ""
        return f"{self.detail}{tail} [{self.status}]"


class AuthenticationError(ApiError):
    """401: the key is missing, unknown or revoked. Trying again with the same key cannot help."""


class PermissionDenied(ApiError):
    """403: the key is good, but its scope or its agent does not allow this."""


class NotFound(ApiError):
    """404: no such agent, finding or key."""


class Conflict(ApiError):
    """409: contradicts what the server already holds, such as an event id reused for another event."""


class InvalidRequest(ApiError):
    """400 or 422: a value is missing or out of range; `errors` names the fields."""


class PayloadTooLarge(InvalidRequest):
    """413: the body is over the server's limit (1 MiB by default)."""


class Overloaded(ApiError):
    """429: too many requests, still so after the retries; `retry_after` says when to come back."""


class Unavailable(ApiError):
    """5xx: the server cannot answer now, still so after the retries where those make sense."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    413: PayloadTooLarge,
    429: Overloaded,
}


def from_answer(status: int, body: bytes, *, retry_after: float | None = None) -> ApiError:
    """Build the error for an answer of status 400 or more.

    `body` is an RFC 9457 problem document when AgentSentinel wrote it; a proxy in between may send anything, so
    whatever cannot be read falls back on the words of the status.
    """
    problem = _problem(body)
    title = _text(problem.get("title")) or _phrase(status)
    detail = problem.get("detail")
    errors = problem.get("errors", detail)  # a bare FastAPI server puts its list of errors into `detail`
    return error_class(status)(
        _text(detail) or title,
        status=status,
        title=title,
        errors=tuple(error for error in errors if isinstance(error, dict)) if isinstance(errors, list) else (),
        retry_after=retry_after,
    )


def error_class(status: int) -> type[ApiError]:
    """Which class stands for an HTTP status of 400 or more."""
    return _BY_STATUS.get(status) or (Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else InvalidRequest)


def one_line(text: str) -> str:
    """Make foreign text fit for a terminal and a log: no control characters, at most `LONGEST_DETAIL` long."""
    line = "".join(character if character.isprintable() else " " for character in text[: LONGEST_DETAIL + 1])
    return " ".join(line.split()) if len(text) <= LONGEST_DETAIL else f"{line[:LONGEST_DETAIL].rstrip()}…"


def _problem(body: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _in_words(error: Mapping[str, Any]) -> str:
    """`{"loc": ["body", "tool_name"], "msg": "too short"}` becomes `body.tool_name: too short`."""
    where = error.get("loc") or error.get("field") or error.get("pointer") or ""
    place = ".".join(str(part) for part in where) if isinstance(where, list) else str(where)
    what = error.get("msg") or error.get("message") or error.get("detail") or ""
    return one_line(f"{place}: {what}" if place and what else place or str(what))
