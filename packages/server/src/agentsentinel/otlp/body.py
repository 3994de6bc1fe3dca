"""The body of an export request: bounded on its way in, and bounded again while it is inflated."""

import asyncio
import zlib
from collections.abc import AsyncIterator

from starlette.types import Receive

from agentsentinel.errors import BadRequest, ServiceError

MAX_BYTES = 8 * 1024 * 1024
"""Of a body, as it comes and inflated. An exporter sends 512 spans at once and cannot send fewer when it is told that
they are too many; with the prompts in them, as some frameworks have it, those are megabytes."""
BODY_SECONDS = 30.0
GZIP = 16 + zlib.MAX_WBITS
PIECE_BYTES = 256 * 1024


class TooLarge(ServiceError):  # noqa: N818 - named after what is answered
    """The body is over the limit, or would be when inflated."""

    status = 413

    def __init__(self) -> None:
        super().__init__(
            f"The body may hold {MAX_BYTES} bytes at most, compressed or not: set OTEL_BSP_MAX_EXPORT_BATCH_SIZE lower"
        )


class TooSlow(ServiceError):  # noqa: N818
    """The body did not arrive in time."""

    status = 408

    def __init__(self) -> None:
        super().__init__(f"The body did not arrive within {BODY_SECONDS:.0f} s")


class ClientGone(Exception):  # noqa: N818 - nobody is left to answer
    """The client closed the connection before its body was complete."""


async def read_body(receive: Receive) -> bytes:
    """All of the body. Raises TooLarge, TooSlow, ClientGone."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in _parts(receive):
                size += len(part)
                if size > MAX_BYTES:
                    raise TooLarge
                parts.append(part)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(parts)


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def inflate(body: bytes) -> bytes:
    """What a gzip body holds. Raises TooLarge as soon as it is too much, and BadRequest when it is cut or damaged."""
    out: list[bytes] = []
    size = 0
    rest = body
    try:
        while rest:
            inflater = zlib.decompressobj(GZIP)
            while not inflater.eof:
                piece = inflater.decompress(rest, PIECE_BYTES)
                rest = inflater.unconsumed_tail
                size += len(piece)
                if size > MAX_BYTES:
                    raise TooLarge
                out.append(piece)
                if not piece and not rest and not inflater.eof:
                    raise BadRequest("The body ends in the middle of its gzip")
            rest = inflater.unused_data  # a gzip body may be several, one after another
    except zlib.error:
        raise BadRequest("The body is said to be gzip, and is not") from None
    return b"".join(out)
