"""One request from its first attempt to its last: time limits, retries, and what an answer means.

A request has one deadline for everything. Within it, an attempt that the server could not serve is repeated after a
pause that doubles each time, is capped, and is random in its upper half so that many agents do not come back at once
(the "equal jitter" of M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). A `Retry-After` of
the server replaces the pause; when it points beyond the deadline, the caller learns so at once instead of waiting.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import math
import random
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx2

from agentsentinel_sdk._decode import parse_json
from agentsentinel_sdk.errors import ConnectionFailed, SentinelError, UnexpectedAnswer, from_answer, one_line

codecs.lookup("idna")
# `socket` needs it for host names and would load it with the first request: see `hashing` on forks.

MOST_ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
"""No answer of the API comes near it; a wrong address may stream for ever."""

_NOT_TAKEN = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
"""The server says that it did not take the request: repeating is always right."""

_PERHAPS_TAKEN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
"""A proxy lost sight of the request: repeating is right only where twice is the same as once."""

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True)
class Call:
    """What to ask."""

    method: str
    path: str
    """Below the base URL, with a leading slash; ids in it are already UUIDs."""
    body: object = None
    """What becomes JSON, JSON already written as bytes, or None for no body."""
    query: Mapping[str, str | int] | None = None
    repeatable: bool = True
    """Whether doing it twice leaves the server as doing it once does."""
    is_page: bool = False
    """Whether the answer is a page of a list that goes on behind a cursor; it is given as a `Page` then."""


class Page(NamedTuple):
    """One page of a list."""

    items: object
    """JSON."""
    next_cursor: str | None
    """Where the next one begins; None at the end."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: httpx2.Headers
    body: bytes


class _Again(Exception):  # a wish, not an error
    """This attempt failed in a way that another may not; `error` is what the caller gets if none is left."""

    def __init__(self, error: SentinelError, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds


class Sender:
    """Sends `Call`s over one connection pool. Safe to share between threads."""

    def __init__(
        self,
        http: httpx2.Client,
        deadline_seconds: float,
        *,
        most_attempts: int = MOST_ATTEMPTS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._deadline_seconds = deadline_seconds
        self._most_attempts = most_attempts
        self._clock = clock
        self._sleep = sleep

    def send(self, call: Call) -> object:
        """Return the JSON of a successful answer.

        Raises `ConnectionFailed`, `UnexpectedAnswer`, or the `ApiError` of the status; nothing of httpx2 gets out.
        """
        deadline = self._clock() + self._deadline_seconds
        for attempt in range(self._most_attempts):
            try:
                return _meaning(self._attempt(call, deadline), call)
            except _Again as again:  # noqa: PERF203 - a network call per round
                pause = pause_seconds(attempt) if again.wait_seconds is None else again.wait_seconds
                if attempt + 1 == self._most_attempts or self._clock() + pause >= deadline:
                    raise again.error from again.__cause__
                self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, call: Call, deadline: float) -> _Answer:
        try:
            return self._exchange(call, deadline)
        except httpx2.TransportError as error:
            failure = ConnectionFailed(f"{self._http.base_url} does not answer: {_reason(error)}")
            if call.repeatable or isinstance(error, _NEVER_SENT):
                raise _Again(failure) from error
            raise failure from error
        except httpx2.DecodingError as error:
            raise UnexpectedAnswer("the answer is compressed in a way that cannot be undone") from error

    def _exchange(self, call: Call, deadline: float) -> _Answer:
        token = _TIME_LEFT.set(lambda: deadline - self._clock())
        try:
            with self._http.stream(
                call.method,
                call.path,
                params=call.query,
                content=_content(call.body),
                headers=None if call.body is None else {"Content-Type": "application/json"},
                timeout=max(deadline - self._clock(), 0.001),
                extensions={"trace": _bound_reading},
            ) as response:
                return _Answer(response.status_code, response.headers, self._read(response, deadline))
        finally:
            _TIME_LEFT.reset(token)

    def _read(self, response: httpx2.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER_BYTES:
                raise UnexpectedAnswer(f"the answer is over {LARGEST_ANSWER_BYTES} bytes")
            if self._clock() > deadline:
                raise ConnectionFailed(f"{self._http.base_url} took too long to send its answer")
        return bytes(body)


_TIME_LEFT: ContextVar[Callable[[], float]] = ContextVar("agentsentinel_time_left", default=lambda: math.inf)
"""Seconds until the deadline of the request that this thread waits for."""


def _bound_reading(event: str, info: Mapping[str, Any]) -> None:
    """Have each new connection keep to the deadline of whatever request it serves.

    httpx2 limits the silence between two bytes and not the whole, so a server that sends the head of its answer a byte
    at a time would hold its caller for hours. httpx2 announces new connections through its `trace` extension.
    """
    if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
        return
    stream = info["return_value"]
    read = stream.read

    def read_in_time(max_bytes: int, timeout: float | None = None) -> Any:
        left = max(_TIME_LEFT.get()(), 0.001)
        return read(max_bytes, timeout=left if timeout is None else min(timeout, left))

    stream.read = read_in_time


class AsyncSender:
    """`Sender`, for coroutines."""

    def __init__(self, http: httpx2.AsyncClient, deadline_seconds: float, most_attempts: int = MOST_ATTEMPTS) -> None:
        self._http = http
        self._deadline_seconds = deadline_seconds
        self._most_attempts = most_attempts

    async def send(self, call: Call) -> object:
        """Send one request and return its answer; see `Sender.send`."""
        deadline = time.monotonic() + self._deadline_seconds
        for attempt in range(self._most_attempts):
            try:
                return _meaning(await self._attempt(call, deadline), call)
            except _Again as again:  # noqa: PERF203 - a network call per round
                pause = pause_seconds(attempt) if again.wait_seconds is None else again.wait_seconds
                if attempt + 1 == self._most_attempts or time.monotonic() + pause >= deadline:
                    raise again.error from again.__cause__
                await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, call: Call, deadline: float) -> _Answer:
        try:
            return await asyncio.wait_for(self._exchange(call), max(deadline - time.monotonic(), 0.001))
        except (httpx2.TransportError, asyncio.TimeoutError) as error:
            failure = ConnectionFailed(f"{self._http.base_url} does not answer: {_reason(error)}")
            if call.repeatable or isinstance(error, _NEVER_SENT):
                raise _Again(failure) from error
            raise failure from error
        except httpx2.DecodingError as error:
            raise UnexpectedAnswer("the answer is compressed in a way that cannot be undone") from error

    async def _exchange(self, call: Call) -> _Answer:
        body = bytearray()
        async with self._http.stream(
            call.method,
            call.path,
            params=call.query,
            content=_content(call.body),
            headers=None if call.body is None else {"Content-Type": "application/json"},
            timeout=self._deadline_seconds,
        ) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise UnexpectedAnswer(f"the answer is over {LARGEST_ANSWER_BYTES} bytes")
        return _Answer(response.status_code, response.headers, bytes(body))


def _meaning(answer: _Answer, call: Call) -> object:
    if answer.status == HTTPStatus.NO_CONTENT:
        return None
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Page(parse_json(answer.body), _next_cursor(answer.headers)) if call.is_page else parse_json(answer.body)
    if answer.status < HTTPStatus.BAD_REQUEST:
        where = one_line(answer.headers.get("Location", "elsewhere"))
        raise UnexpectedAnswer(f"the server redirects to {where}; redirects are not followed, so check the base URL")
    error = from_answer(answer.status, answer.body, retry_after=_retry_after(answer.headers))
    if answer.status in _NOT_TAKEN or (answer.status in _PERHAPS_TAKEN and call.repeatable):
        raise _Again(error, error.retry_after)
    raise error


def _content(body: object) -> bytes | None:
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


def pause_seconds(attempt: int) -> float:
    """How long to wait after so many attempts (from 0) that failed."""
    ceiling = min(FIRST_PAUSE_SECONDS * 2.0 ** min(attempt, 10), LONGEST_PAUSE_SECONDS)
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, guards nothing


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds from a `Retry-After` header (RFC 9110, 10.2.3: seconds or a date); None when absent or nonsense."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])  # over 30 years is for ever
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    return max((aware - datetime.now(timezone.utc)).total_seconds(), 0.0)


def _next_cursor(headers: httpx2.Headers) -> str | None:
    """From `Link: </api/v1/events?cursor=...>; rel="next"` (RFC 8288)."""
    match = re.search(r'<([^>]*)>;\s*rel="next"', headers.get("Link", ""))
    try:
        return httpx2.URL(match[1]).params.get("cursor") if match else None
    except httpx2.InvalidURL:
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, (httpx2.TimeoutException, asyncio.TimeoutError)):
        return "timed out"
    reason = one_line(str(error)) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        reason += "; if the certificate is your own, name its PEM file in SENTINEL_CA_FILE"
    return reason
