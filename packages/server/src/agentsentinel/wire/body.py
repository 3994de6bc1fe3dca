"""Limits on the size of request bodies and on the time that they take to arrive.

`bound_body` is applied before every route, so that no route can be without a limit.
"""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from agentsentinel.errors import ServiceError
from agentsentinel.wire.head import read_length

MIB = 1024 * 1024
MAX_BODY_BYTES = MIB
MAX_MANIFEST_BYTES = 8 * MIB
"""Size limit of a manifest, which is everything that an MCP server offers and cannot be sent in parts."""
OTHER_LIMITS: Mapping[str, int] = {"/v1/traces": 8 * MIB, "/api/v1/session": MIB // 64}
"""Size limits by path, where they differ from `MAX_BODY_BYTES`.

OTLP exporters send 512 spans at once and cannot split them after a 413; with the prompts that some frameworks put in
spans, those are megabytes. The body of a sign-in is only a key, and is read without authentication.
"""
BODY_SECONDS = 30.0


class ClientGone(Exception):  # there is no client left to answer
    """The client closed the connection before its body was complete."""


class TooLarge(ServiceError, HTTPException):  # named after what is answered
    """The body is over the size limit of its path.

    Derives from HTTPException too, since FastAPI answers 400 to any other exception raised while it reads a body.
    """

    status = 413
    headers: Mapping[str, str] = {}

    def __init__(self, limit: int, advice: str = "send less at once") -> None:
        HTTPException.__init__(self, self.status, f"The body may hold {limit} bytes at most: {advice}", {})


class TooSlow(ServiceError):
    """The body did not arrive within `BODY_SECONDS`."""

    status = 408

    def __init__(self) -> None:
        super().__init__(f"The body did not arrive within {BODY_SECONDS:.0f} s")


def body_limit(path: str) -> int:
    """Return how many bytes the body of a request to this path may have."""
    if path.endswith("/manifests"):
        return MAX_MANIFEST_BYTES
    return OTHER_LIMITS.get(path, MAX_BODY_BYTES)


def limit_in_words(path: str) -> str:
    """Return the size limit of bodies on this path as text for people, such as `8 MiB`."""
    limit = body_limit(path)
    return f"{limit // MIB} MiB" if limit >= MIB else f"{limit // 1024} KiB"


def bound_body(scope: Scope, receive: Receive) -> Receive:
    """Wrap `receive` to raise TooLarge as soon as the body, or its Content-Length, is over the limit of its path."""
    limit = body_limit(scope["path"])
    is_announced = _announced_length(scope) > limit
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        if is_announced:
            raise TooLarge(limit)
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise TooLarge(limit)
        return message

    return receive_bounded


def _announced_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return read_length(value) or 0
    return 0


async def read_body(receive: Receive) -> bytes:
    """Read the whole body. Raises TooLarge, TooSlow and ClientGone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_parts(message, receive)
    except TimeoutError:
        raise TooSlow from None


async def _read_parts(message: Message, receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        if message["type"] != "http.request":
            raise ClientGone
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
