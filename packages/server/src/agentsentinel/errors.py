"""Errors that services raise; `wire/problems.py` turns them into answers."""

import math
from collections.abc import Mapping

RETRY_SECONDS = 1
NOT_JSON = "The body is not valid JSON"
NO_KEY = "A valid API key is required in the X-API-Key header"


class ServiceError(Exception):
    """Base of the errors that services raise. `detail` says what happened and what to do."""

    status: int = 500
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


class UnsupportedMedia(ServiceError):
    """The Content-Type or Content-Encoding of the body is not supported."""

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
