"""Decompress gzip bodies, with a limit on the decompressed size."""

import zlib

from agentsentinel.errors import BadRequest
from agentsentinel.otlp.bounds import MAX_BYTES, TooManySpans

GZIP = 16 + zlib.MAX_WBITS
PIECE_BYTES = 256 * 1024


def inflate(body: bytes) -> bytes:
    """Decompress a gzip body.

    Raises TooManySpans as soon as the output is over the limit, and BadRequest when the body is truncated or damaged.
    """
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
                    raise TooManySpans
                out.append(piece)
                if not piece and not rest and not inflater.eof:
                    raise BadRequest("The body ends in the middle of its gzip")
            rest = inflater.unused_data  # a gzip body may have several members, one after another
    except zlib.error:
        raise BadRequest("The body is said to be gzip, and is not") from None
    return b"".join(out)
