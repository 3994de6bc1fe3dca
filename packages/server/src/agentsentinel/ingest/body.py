"""The body of a request, bounded in size and time on its way in."""

import asyncio

from starlette.types import Message, Receive

from agentsentinel.errors import ServiceError

BODY_SECONDS = 30.0


class ClientGone(Exception):  # noqa: N818 - nobody is left to answer
    """The client closed the connection before its body was complete."""


class TooLarge(ServiceError):  # noqa: N818 - named after what is answered
    """The body is over the limit."""

    status = 413


class TooSlow(ServiceError):  # noqa: N818
    """The body did not arrive in time."""

    status = 408

    def __init__(self) -> None:
        super().__init__(f"The body did not arrive within {BODY_SECONDS:.0f} s")


async def read_body(receive: Receive, max_bytes: int, too_large: str) -> bytes:
    """All of the body. Raises TooLarge, with the words of `too_large`, TooSlow and ClientGone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > max_bytes:
            raise TooLarge(too_large)
        return body
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_parts(message, receive, max_bytes, too_large)
    except TimeoutError:
        raise TooSlow from None


async def _read_parts(message: Message, receive: Receive, max_bytes: int, too_large: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > max_bytes:
            raise TooLarge(too_large)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
