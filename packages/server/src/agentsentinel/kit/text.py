"""Types of text fields that clients fill, and the repair and escaping of text."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field


def _refuse_unstorable(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain half a surrogate pair") from None
    return value


Text = Annotated[str, AfterValidator(_refuse_unstorable)]
"""Any text that PostgreSQL can store. It is stored and returned unchanged."""
Name = Annotated[Text, Field(min_length=1, max_length=255)]
Label = Annotated[Text, Field(min_length=1, max_length=128)]

_ESCAPE = re.compile(
    rb"""
    \\u[dD][89abAB][0-9a-fA-F]{2} \\u[dD][c-fC-F][0-9a-fA-F]{2}  # both halves of a surrogate pair
    | (?P<half> \\u[dD][89a-fA-F][0-9a-fA-F]{2} )
    | (?P<nul> \\u0000 )
    | \\.
    """,
    re.VERBOSE | re.DOTALL,
)
_REPLACEMENT = rb"\ufffd"


def repair_json(body: bytes, *, with_nul: bool = False) -> bytes:
    """Replace what is not valid Unicode in JSON by U+FFFD: half a surrogate pair, bytes that are not UTF-8.

    A client that truncates text to a number of UTF-16 units or bytes leaves these where it cuts through an emoji.
    With `with_nul`, NUL is replaced too, which PostgreSQL cannot store.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode(errors="replace").encode()
    if b"\\u" not in body:
        return body
    return _ESCAPE.sub(
        lambda escape: _REPLACEMENT if escape["half"] or (with_nul and escape["nul"]) else escape[0], body
    )


def printable(text: str) -> str:
    """Escape control characters and bidirectional marks, so that text from outside is safe on a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
