"""The facts of a request's headers that decide how it is handled, before a body is read."""

from collections.abc import Sequence
from typing import NamedTuple

from agentsentinel.errors import Unauthenticated

TWO_KEYS = "Send one X-API-Key header, not two"
TWO_TOKENS = "Send one Authorization header, not two"

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values, as ASGI gives them."""


class Head(NamedTuple):
    """What a request's headers say about its caller and its body."""

    key: bytes | None = None
    """API key of the X-API-Key header."""
    authorizations: Sequence[bytes] = ()
    """Values of the Authorization headers."""
    length: int | None = None
    """Announced size of the body in bytes; None when it is not announced or not a number."""
    media_type: bytes = b""
    """Content type without parameters, in lower case."""
    content_encoding: bytes = b""
    """Content-Encoding in lower case, such as `gzip`; empty without one."""
    has_origin: bool = False
    """Whether a browser sent it, so that the answer needs CORS headers."""

    @property
    def is_json(self) -> bool:
        """Whether the body is announced as JSON."""
        return self.media_type == b"application/json" or self.media_type.endswith(b"+json")

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed or encoded otherwise."""
        return self.content_encoding not in {b"", b"identity"}


def read_head(headers: Headers) -> Head:
    """Read all headers in one pass, since this runs for each report. Raises Unauthenticated for two keys."""
    key: bytes | None = None
    authorizations: list[bytes] = []
    length: int | None = None
    media_type = content_encoding = b""
    has_origin = False
    for name, value in headers:
        if name == b"x-api-key":
            if key is not None:
                raise Unauthenticated(TWO_KEYS)
            key = value.strip(b" \t")  # RFC 9110, 5.5: blanks around a value are not part of it
        elif name == b"content-type":
            media_type = media_type or value.partition(b";")[0].strip().lower()
        elif name == b"content-length":
            length = read_length(value)
        elif name == b"content-encoding":
            content_encoding = value.strip().lower()
        elif name == b"authorization":
            authorizations.append(value)
        elif name == b"origin":
            has_origin = True
    return Head(key, authorizations, length, media_type, content_encoding, has_origin)


def read_length(value: bytes) -> int | None:
    """Parse a Content-Length; of one with more digits than any limit has, the first twenty say enough."""
    return int(value[:20]) if value.isdigit() else None


def bearer_token(head: Head) -> bytes | None:
    """Return the token of `Authorization: Bearer`, or None. Raises Unauthenticated when another header follows it."""
    token: bytes | None = None
    for value in head.authorizations:
        if token is not None:
            raise Unauthenticated(TWO_TOKENS)
        scheme, _, rest = value.partition(b" ")
        token = rest.strip() if scheme.lower() == b"bearer" else None
    return token
