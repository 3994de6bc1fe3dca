"""The gzip of a body: bounded again while it is inflated."""

import zlib

from agentsentinel.errors import BadRequest
from agentsentinel.ingest.body import TooLarge

MAX_BYTES = 8 * 1024 * 1024
"""Of a body, as it comes and inflated. An exporter sends 512 spans at once and cannot send fewer when it is told that
they are too many; with the prompts in them, as some frameworks have it, those are megabytes."""
TOO_LARGE = f"The body may hold {MAX_BYTES} bytes at most, compressed or not: set OTEL_BSP_MAX_EXPORT_BATCH_SIZE lower"
GZIP = 16 + zlib.MAX_WBITS
PIECE_BYTES = 256 * 1024


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
                    raise TooLarge(TOO_LARGE)
                out.append(piece)
                if not piece and not rest and not inflater.eof:
                    raise BadRequest("The body ends in the middle of its gzip")
            rest = inflater.unused_data  # a gzip body may be several, one after another
    except zlib.error:
        raise BadRequest("The body is said to be gzip, and is not") from None
    return b"".join(out)
